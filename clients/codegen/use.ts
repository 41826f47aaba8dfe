// Compiled against the types that @graphql-codegen writes from the schema, and
// run on answers.
import { graphql } from './generated/gql.js'
import type { ResultOf, VariablesOf } from '@graphql-typed-document-node/core'

export const series = graphql(`
  query Series($name: String!, $range: DateRange) {
    project(name: $name) {
      name
      downloads(range: $range) { total series(interval: MONTH) { dates totals } }
    }
  }
`)

export const page = graphql(`
  query Page($first: Int!, $after: String) {
    topProjects(first: $first, after: $after) {
      nodes { total project { name } }
      pageInfo { hasNextPage endCursor }
    }
  }
`)

export const variables: VariablesOf<typeof series> = { name: 'requests', range: { last: 3, unit: 'MONTH' } }

export function sum(data: ResultOf<typeof series>): number {
  const totals: number[] = data.project?.downloads?.series?.totals ?? []
  return totals.reduce((a, b) => a + b, 0)
}

export function names(data: ResultOf<typeof page>): string[] {
  return data.topProjects?.nodes.map(({ project }) => project.name) ?? []
}
