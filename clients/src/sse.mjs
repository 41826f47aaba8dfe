// graphql-sse: a query and a subscription over server-sent events.
import { createClient } from 'graphql-sse'
import { checkEvent, checkPages, checkSeries, eventText, pageText, seriesText, seriesVariables } from '../queries.mjs'
import { listen } from './events.mjs'

export async function run({ endpoint, land }) {
  const client = createClient({ url: endpoint, retryAttempts: 0 })
  await listen(client, { seriesText, seriesVariables, pageText, eventText, checkSeries, checkPages, checkEvent, land })
  client.dispose()
}
