// Delivers with the official client, which client.mjs makes: docs/senders/elasticsearch.md has that file.
//   node elasticsearch.mjs file PATH...      each file, as it is, with one request
//   node elasticsearch.mjs many N ids|none   N events, ten a request, until each is acknowledged
// Prints a JSON line for each request that was answered with 200: the body as the client sent it, and the
// items of the answer without the names of their actions.
import { readFileSync } from 'node:fs'
import { client } from './client.mjs'

let sent = ''
client.diagnostic.on('request', (error, result) => { sent = result.meta.request.params.body })

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

// A lost connection, or a server that is not there yet, says nothing about the events: they go out again.
async function deliver (operations) {
  for (;;) {
    try {
      const { items } = await client.bulk({ operations })
      console.log(JSON.stringify({ body: sent, items: items.map(item => Object.values(item)[0]) }))
      return
    } catch (error) {
      if (error.name !== 'ConnectionError' && error.meta?.statusCode !== 503) throw error
      await sleep(20)
    }
  }
}

async function files (paths) {
  for (const path of paths) await deliver(readFileSync(path, 'utf8').split('\n'))
}

async function many (count, ids) {
  for (let n = 0; n < count; n += 10) {
    const operations = []
    for (let k = n; k < n + 10; ++k) {
      operations.push({ create: ids ? { _index: 'audit', _id: `event-${k}` } : { _index: 'audit' } })
      operations.push({ who: 'meier', what: 'read', number: k, note: 'grüße \u2028 "quoted"' })
    }
    await deliver(operations)
  }
}

const [what, ...words] = process.argv.slice(2)
const { version } = await client.info()
console.log(JSON.stringify({ version: version.number, alive: await client.ping() }))
if (what === 'file') await files(words)
if (what === 'many') await many(Number(words[0]), words[1] === 'ids')
