// Delivers with fhir-kit-client, which fhir-client.mjs makes: docs/senders/fhir.md has that file.
//   node fhir.mjs create PATH...   each file's AuditEvent, with one request
//   node fhir.mjs batch PATH...    all files in one Bundle
//   node fhir.mjs many N           N events, one a request, until each is acknowledged
//   node fhir.mjs search TOKEN_FILE COUNT NAME=VALUE...   all pages of a search by POST, COUNT entries on each
// Prints a JSON line for each request that was answered: the body as the client sent it, and what it was told.
import { readFileSync } from 'node:fs'
import Client from 'fhir-kit-client'
import { client } from './fhir-client.mjs'

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))
const resource = path => JSON.parse(readFileSync(path, 'utf8'))

function tell (body, answer) {
  const { request, response } = Client.httpFor(answer)
  console.log(JSON.stringify({ body: JSON.stringify(body), status: response.status,
    location: response.headers.get('location') ?? '', method: request.method, answer }))
}

async function create (body) {
  tell(body, await client.create({ resourceType: 'AuditEvent', body }))
}

// A lost connection, or a server that is not there yet, says nothing about the event: it goes out again.
async function deliver (body) {
  for (;;) {
    try {
      return await create(body)
    } catch (error) {
      if (error.response?.status !== undefined && error.response.status !== 503) throw error
      await sleep(20)
    }
  }
}

const [what, ...words] = process.argv.slice(2)
const statement = await client.capabilityStatement()
console.log(JSON.stringify({ kind: statement.resourceType }))
if (what === 'create') for (const path of words) await create(resource(path))
if (what === 'batch') {
  const entry = words.map(path => ({ resource: resource(path), request: { method: 'POST', url: 'AuditEvent' } }))
  const body = { resourceType: 'Bundle', type: 'batch', entry }
  tell(body, await client.batch({ body }))
}
if (what === 'many') for (let n = 0; n < Number(words[0]); ++n) await deliver({ resourceType: 'AuditEvent', id: `event-${n}`, action: 'R' })
if (what === 'search') {
  client.bearerToken = readFileSync(words[0], 'utf8').trim()
  const searchParams = Object.fromEntries(words.slice(2).map(word => word.split(/=(.*)/s).slice(0, 2)))
  searchParams._count = words[1]
  let bundle = await client.resourceSearch({ resourceType: 'AuditEvent', searchParams, options: { postSearch: true } })
  for (; bundle; bundle = await client.nextPage({ bundle })) {
    const { request, response } = Client.httpFor(bundle)
    const found = (bundle.entry ?? []).filter(entry => entry.search.mode === 'match').map(entry => JSON.stringify(entry.resource))
    console.log(JSON.stringify({ method: request.method, url: request.url, status: response.status, total: bundle.total ?? -1, found }))
  }
}
