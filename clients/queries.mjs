// What every client asks, and what must hold of the answers.
import assert from 'node:assert/strict'

export const project = 'requests'

export const seriesText = `query Series($name: String!, $range: DateRange) {
  project(name: $name) { __typename id name downloads(range: $range) { total series(interval: MONTH) { totals } } }
}`

export const seriesVariables = { name: project, range: { last: 3, unit: 'MONTH' } }

export const pageText = `query Page($first: Int!, $after: String) {
  topProjects(first: $first, after: $after) {
    nodes { total project { __typename id name } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const eventText = 'subscription { datasetChanged { landed changed dataset { lastDay } } }'

export function checkSeries(data) {
  const { total, series } = data.project.downloads
  assert.equal(data.project.name, project)
  assert.ok(total > 0)
  assert.equal(series.totals.reduce((a, b) => a + b), total, 'the series adds up to the total')
}

// checkPages walks two pages with ask(variables) and compares them with both at once.
export async function checkPages(ask) {
  const names = (page) => page.topProjects.nodes.map((n) => n.project.name)
  const first = await ask({ first: 3 })
  const second = await ask({ first: 3, after: first.topProjects.pageInfo.endCursor })
  const both = await ask({ first: 6 })
  assert.deepEqual([...names(first), ...names(second)], names(both))
}

export function checkEvent(data) {
  const { landed, changed, dataset } = data.datasetChanged
  assert.ok(landed.length + changed.length > 0, 'no day landed or changed')
  assert.ok(dataset.lastDay)
}

// recordGets is a fetch that notes the requests made by GET.
export function recordGets() {
  const gets = []
  const recording = async (url, options) => {
    const response = await fetch(url, options)
    if ((options?.method ?? 'GET') === 'GET') gets.push({ url: String(url), status: response.status, cache: response.headers.get('cache-control') })
    return response
  }
  return { gets, fetch: recording }
}

// checkPersisted holds that documents went by their hash alone, over GET, and
// that caches between may keep the answers.
export function checkPersisted(gets) {
  const known = gets.filter(({ url }) => url.includes('persistedQuery') && !/[?&]query=/.test(url))
  assert.ok(known.some(({ status, cache }) => status === 200 && cache && !cache.includes('no-store')),
    `no answer to a persisted GET: ${JSON.stringify(gets)}`)
}
