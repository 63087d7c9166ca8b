// Delivers with @logdna/logger, which mezmo-client.mjs makes: docs/senders/mezmo.md has that file.
//   node mezmo.mjs PATH...   the sample files
// Prints a JSON line for each request that was taken: the body as the client sent it, and its lines as the client
// made them.
import { batches } from './samples.mjs'
import { logger } from './mezmo-client.mjs'

let sent = ''
const payload = logger._getSendPayload.bind(logger)
logger._getSendPayload = (data, done) => { sent = data; payload(data, done) }

logger.on('send', () => {
  const events = JSON.parse(sent).ls.map(line => ({ event: JSON.stringify(line) }))
  console.log(JSON.stringify({ body: sent, events }))
})
logger.on('error', error => { throw new Error(JSON.stringify(error.meta)) })

for (const messages of batches(process.argv.slice(2))) {
  await new Promise(resolve => {
    logger.once('cleared', resolve)
    for (const message of messages) logger.log(message, { level: 'info', meta: { ward: 7 } })
    logger.flush()
  })
}
