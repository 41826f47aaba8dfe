// A router of Apollo Federation 2: the gateway's schema is composed with that of
// another graph that refers to its projects, and its entities are asked for as a
// router asks.
import assert from 'node:assert'
import { composeServices } from '@theguild/federation-composition'
import { parse } from 'graphql'

const other = `
extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

type Query { audited: [Project!]! }

type Project @key(fields: "name") {
  name: String!
  advisories: Int!
}

type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}
`

async function ask(endpoint, query, variables) {
  const resp = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = await resp.json()
  assert.equal(errors, undefined)
  return data
}

export async function run({ endpoint }) {
  const { _service } = await ask(endpoint, '{ _service { sdl } }')
  const composed = composeServices([
    { name: 'clickql', url: endpoint, typeDefs: parse(_service.sdl) },
    { name: 'audits', url: 'http://127.0.0.1/audits', typeDefs: parse(other) },
  ])
  assert.deepEqual(composed.errors ?? [], [])
  const project = parse(composed.supergraphSdl).definitions.find((d) => d.name?.value === 'Project')
  const fields = project.fields.map((f) => f.name.value)
  assert.ok(fields.includes('advisories') && fields.includes('downloads'), fields.join())

  const { topProjects } = await ask(endpoint, '{ topProjects(first: 2) { nodes { total project { name } } } }')
  const names = topProjects.nodes.map((n) => n.project.name)
  const representations = [...names, 'no-such-project'].map((name) => ({ __typename: 'Project', name }))
  const { _entities } = await ask(endpoint,
    'query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Project { name downloads { total } } } }', { representations })
  assert.deepEqual(_entities.map((e) => e && [e.name, e.downloads.total]), [...topProjects.nodes.map((n) => [n.project.name, n.total]), null])
}
