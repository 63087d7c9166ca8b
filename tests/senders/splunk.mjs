// Delivers with splunk-logging, which splunk-client.mjs makes: docs/senders/splunk.md has that file.
//   node splunk.mjs files PATH...   the sample files
//   node splunk.mjs many N          N events, ten a request, until each is acknowledged
// Prints a JSON line for each request that was taken: the body as the client sent it, and its events as the client
// made them; and in the end what the log says of the last ackId.
import { batches } from './samples.mjs'
import { logger } from './splunk-client.mjs'

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const channel = '0aeeac95-ac74-4aa9-b30d-6c4c0ac581ba'
logger.requestOptions.headers['X-Splunk-Request-Channel'] = channel
logger.error = () => {}

let sent = ''
const post = logger._post
logger._post = (options, callback) => { sent = options.body; post(options, callback) }

async function is_acknowledged (ackId) {
  const { protocol, host, port, path, token } = logger.config
  const url = `${protocol}://${host}:${port}${path.replace('/event/1.0', '/ack')}`
  const headers = { Authorization: `Splunk ${token}`, 'X-Splunk-Request-Channel': channel }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ acks: [ackId] }) })
  return (await answer.json()).acks[ackId]
}

// A lost connection, or a server that is not there yet, says nothing about the events: they go out again.
async function deliver (messages) {
  for (;;) {
    for (const message of messages) logger.send({ message, metadata: { host: 'ward-7', time: 1426279439 } })
    const events = logger.serializedContextQueue
    const [error, answer] = await new Promise(resolve => logger.flush((error, _, body) => resolve([error, body])))
    if (!error && answer.code === 0) {
      console.log(JSON.stringify({ body: sent, events: events.map(event => ({ event })) }))
      return answer.ackId
    }
    if (!error && answer.code !== 9) throw new Error(JSON.stringify(answer))
    await sleep(20)
  }
}

const [what, ...words] = process.argv.slice(2)
const event = number => ({ who: 'meier', number, note: 'grüße \u2028 "}{"' })
const many = count => Array.from({ length: count / 10 }, (_, n) => Array.from({ length: 10 }, (_, k) => event(10 * n + k)))
let last
for (const messages of what === 'files' ? batches(words) : many(Number(words[0]))) last = await deliver(messages)
console.log(JSON.stringify({ acknowledged: await is_acknowledged(last) }))
