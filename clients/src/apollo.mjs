// @apollo/client, with automatic persisted queries over GET.
import { createHash } from 'node:crypto'
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { checkPages, checkPersisted, checkSeries, pageText, recordGets, seriesText, seriesVariables } from '../queries.mjs'

export async function run({ endpoint }) {
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
