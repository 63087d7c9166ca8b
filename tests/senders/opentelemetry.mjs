// Delivers with OpenTelemetry's exporter, which opentelemetry-client.mjs makes: docs/senders/opentelemetry.md has
// that file.
//   node opentelemetry.mjs PATH...   the sample files
// Prints a JSON line for each request that was taken: the body as it went out, and its ResourceLogs.
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { batches } from './samples.mjs'

let sent = []
const request = https.request
https.request = (...words) => {
  const out = request(...words)
  const write = out.write.bind(out)
  sent = []
  out.write = (chunk, ...more) => { sent.push(Buffer.from(chunk)); return write(chunk, ...more) }
  return out
}
syncBuiltinESMExports()
const { exporter, provider } = await import('./opentelemetry-client.mjs')

const send = exporter.export.bind(exporter)
exporter.export = (records, done) => send(records, result => {
  if (result.code !== 0) throw result.error
  const body = Buffer.concat(sent).toString()
  const events = JSON.parse(body).resourceLogs.map(logs => ({ event: JSON.stringify(logs) }))
  console.log(JSON.stringify({ body, events }))
  done(result)
})

const logger = provider.getLogger('ehr', '1.0')
for (const messages of batches(process.argv.slice(2))) {
  for (const body of messages) logger.emit({ body, severityText: 'INFO', attributes: { ward: 7 } })
  await provider.forceFlush()
}
await provider.shutdown()
