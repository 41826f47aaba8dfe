// What clients of the graphql-ws family do alike.

// once gives the first result of an operation.
function once(client, payload) {
  return new Promise((resolve, reject) => {
    let result
    const stop = client.subscribe(payload, {
      next: (r) => {
        result ??= r
        if (payload.query.startsWith('subscription')) stop()
      },
      error: reject,
      complete: () => result?.errors ? reject(new Error(JSON.stringify(result.errors))) : resolve(result?.data),
    })
  })
}

export async function listen(client, { seriesText, seriesVariables, pageText, eventText, checkSeries, checkPages, checkEvent, land }) {
  checkSeries(await once(client, { query: seriesText, variables: seriesVariables }))
  await checkPages((variables) => once(client, { query: pageText, variables }))
  const event = once(client, { query: eventText })
  let told = false
  event.finally(() => { told = true }).catch(() => {})
  // The subscription has begun at an unknown moment: days land until it tells.
  while (!told && await land()) { /* the next day */ }
  checkEvent(await event)
}
