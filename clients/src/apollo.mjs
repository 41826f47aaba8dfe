// @apollo/client, with automatic persisted queries over GET.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core'
import { BatchHttpLink } from '@apollo/client/link/batch-http'
import { relayStylePagination } from '@apollo/client/utilities'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { checkPages, checkPersisted, checkSeries, pageText, project, recordGets, seriesText, seriesVariables } from '../queries.mjs'

// widgets ask for one slice by equal arguments and different selections; so do
// those of one rank.
const widgets = ['downloads(range: {last: 30}) { id total }', 'downloads(range: {last: 30}) { id series(interval: WEEK) { id dates totals } }', 'downloads(range: {last: 30}) { id by(dimension: SYSTEM) { id label total } }',
  'rank(range: {last: 30}) { id position }', 'rank(range: {last: 30}) { id projectCount }']
  .map((field) => gql(`query($name: String!) { project(name: $name) { id ${field} } }`))

// checkWidgets watches all of them at once: each asks once, and is not asked again
// because another one's answer came.
async function checkWidgets(endpoint) {
  let requests = 0
  const counting = (url, options) => { requests++; return fetch(url, options) }
  const client = new ApolloClient({ link: new HttpLink({ uri: endpoint, fetch: counting }), cache: new InMemoryCache() })
  const shown = widgets.map(() => [])
  const variables = { name: project }
  const watching = widgets.map((query, i) => client.watchQuery({ query, variables }).subscribe({ next: ({ data, dataState }) => { if (dataState === 'complete') shown[i].push(data) } }))
  // What is there is read from the cache, whole: a refetch would need the network.
  for (const query of widgets) await client.query({ query, variables })
  for (const query of widgets) await client.query({ query, variables, fetchPolicy: 'cache-only' })
  watching.forEach((w) => w.unsubscribe())
  assert.equal(requests, widgets.length, 'widgets of one object made one another ask again')
  assert.ok(shown.every((answers) => answers.length > 0), `a widget was shown nothing: ${shown.map((s) => s.length)}`)
  // The slice is one object of the cache, and node leads back to it.
  const { id } = shown[0].at(-1).project.downloads
  assert.ok(shown.slice(0, 3).every((answers) => answers.at(-1).project.downloads.id === id))
  const { data } = await client.query({ query: gql('query($id: ID!) { node(id: $id) { id ... on Downloads { total } } }'), variables: { id } })
  assert.equal(data.node.total, shown[0].at(-1).project.downloads.total)
  client.stop()
}

// policies are what docs/API.md says that the cache needs.
const policies = {
  possibleTypes: { Node: ['Project', 'Downloads'] },
  typePolicies: {
    Query: { fields: { topProjects: relayStylePagination(['range', 'filter']), search: relayStylePagination(['text']), recentReleases: relayStylePagination(['projects']) } },
    Project: { fields: { releases: relayStylePagination() } },
    Dataset: { keyFields: [] },
  },
}

// checkPolicies pages through a ranking, which the cache keeps as one list, and asks
// for the data set by two selections.
async function checkPolicies(endpoint) {
  const client = new ApolloClient({ link: new HttpLink({ uri: endpoint }), cache: new InMemoryCache(policies) })
  const query = gql('query($first: Int!, $after: String) { topProjects(first: $first, after: $after) { edges { node { id total project { id name } } } pageInfo { hasNextPage endCursor } } }')
  const watched = client.watchQuery({ query, variables: { first: 3 } })
  const { topProjects } = (await client.query({ query, variables: { first: 3 } })).data
  await watched.fetchMore({ variables: { after: topProjects.pageInfo.endCursor } })
  const { edges } = client.readQuery({ query, variables: { first: 3 } }).topProjects
  assert.equal(new Set(edges.map(({ node }) => node.project.name)).size, 6)
  await client.query({ query: gql('{ dataset { firstDay } }') })
  await client.query({ query: gql('{ dataset { lastDay } }') })
  assert.ok(client.readQuery({ query: gql('{ dataset { firstDay lastDay } }') }).dataset.firstDay)
  client.stop()
}

// checkBatches asks three things at once, which leave in one request, one of them
// wrong: the others are answered.
async function checkBatches(endpoint) {
  let requests = 0
  const counting = (url, options) => { requests++; return fetch(url, options) }
  const client = new ApolloClient({ link: new BatchHttpLink({ uri: endpoint, fetch: counting, batchMax: 10 }), cache: new InMemoryCache() })
  const total = gql('query($name: String!) { project(name: $name) { id downloads(range: {last: 30}) { id total } } }')
  const [one, wrong, data] = await Promise.allSettled([
    client.query({ query: total, variables: { name: project } }),
    client.query({ query: gql('{ downloads(range: {last: -1}) { id total } }') }),
    client.query({ query: gql('{ dataset { lastDay } }') }),
  ])
  assert.equal(requests, 1)
  assert.ok(one.value.data.project.downloads.total > 0)
  assert.match(String(wrong.reason), /last/)
  assert.match(data.value.data.dataset.lastDay, /^\d{4}-/)
  client.stop()
}

export async function run({ endpoint }) {
  await checkBatches(endpoint)
  await checkPolicies(endpoint)
  await checkWidgets(endpoint)
  const { gets, fetch } = recordGets()
  const persisted = new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex'), useGETForHashedQueries: true })
  for (const link of [new HttpLink({ uri: endpoint }), persisted.concat(new HttpLink({ uri: endpoint, fetch }))]) {
    const client = new ApolloClient({ link, cache: new InMemoryCache() })
    const ask = async (text, variables) => (await client.query({ query: gql(text), variables })).data
    checkSeries(await ask(seriesText, seriesVariables))
    await checkPages((variables) => ask(pageText, variables))
    client.stop()
  }
  checkPersisted(gets)
}
