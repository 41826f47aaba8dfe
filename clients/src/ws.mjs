// graphql-ws: a query and a subscription over one WebSocket.
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import { checkEvent, checkPages, checkSeries, eventText, pageText, seriesText, seriesVariables } from '../queries.mjs'
import { listen } from './events.mjs'

export async function run({ endpoint, land }) {
  const client = createClient({ url: endpoint.replace('http', 'ws'), webSocketImpl: WebSocket, retryAttempts: 0 })
  await listen(client, { seriesText, seriesVariables, pageText, eventText, checkSeries, checkPages, checkEvent, land })
  await client.dispose()
}
