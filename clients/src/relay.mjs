// relay-compiler, and a fetch by relay-runtime that pages through a connection:
// the store joins both pages.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../relay/', import.meta.url))
const require = createRequire(import.meta.url)

export async function run({ endpoint }) {
  mkdirSync(folder + '__generated__', { recursive: true })
  writeFileSync(folder + 'schema.graphql', await (await fetch(new URL('/schema.graphql', endpoint))).text())
  execFileSync(process.execPath, [require.resolve('relay-compiler/cli.js'), 'relay.config.json'], { cwd: folder, stdio: 'pipe' })
  const { Environment, Network, RecordSource, Store, fetchQuery, createOperationDescriptor, getRequest } = require('relay-runtime')
  const { default: query } = await import('../relay/__generated__/pagesQuery.graphql.js')
  const network = Network.create(async ({ text, id }, variables) => {
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: text, documentId: id ?? undefined, variables }) })
    return response.json()
  })
  const environment = new Environment({ network, store: new Store(new RecordSource()) })
  const ask = (variables) => fetchQuery(environment, query, variables, { fetchPolicy: 'network-only' }).toPromise()
  const held = () => environment.lookup(createOperationDescriptor(getRequest(query), { first: 3 }).fragment).data.topProjects
  await ask({ first: 3 })
  environment.retain(createOperationDescriptor(getRequest(query), { first: 3 }))
  const first = held()
  assert.equal(first.edges.length, 3)
  assert.ok(first.pageInfo.hasNextPage)
  await ask({ first: 3, after: first.pageInfo.endCursor })
  const names = held().edges.map(({ node }) => node.project.name)
  assert.equal(names.length, 6)
  assert.equal(new Set(names).size, 6, `the pages overlap: ${names}`)
  assert.ok(held().edges.every(({ node }) => node.total >= node.project.downloads.total))
}
