// urql, with persisted operations over GET.
import { Client, cacheExchange, fetchExchange } from '@urql/core'
import { persistedExchange } from '@urql/exchange-persisted'
import { checkPages, checkPersisted, checkSeries, pageText, recordGets, seriesText, seriesVariables } from '../queries.mjs'

export async function run({ endpoint }) {
  const { gets, fetch } = recordGets()
  const persisted = persistedExchange({ preferGetForPersistedQueries: 'force' })
  for (const exchanges of [[cacheExchange, fetchExchange], [cacheExchange, persisted, fetchExchange]]) {
    const client = new Client({ url: endpoint, exchanges, fetch, preferGetMethod: false })
    const ask = async (text, variables) => {
      const { data, error } = await client.query(text, variables).toPromise()
      if (error) throw error
      return data
    }
    checkSeries(await ask(seriesText, seriesVariables))
    await checkPages((variables) => ask(pageText, variables))
    await ask(seriesText, { name: 'pip' }) // its document is known by now
  }
  checkPersisted(gets)
}
