// @graphql-codegen's client preset: what it generates compiles, strictly, and
// the typed documents are answered.
import { execFileSync } from 'node:child_process'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { generate } from '@graphql-codegen/cli'
import { print } from 'graphql'
import { checkPages, checkSeries } from '../queries.mjs'

const folder = fileURLToPath(new URL('../codegen/', import.meta.url))
const require = createRequire(import.meta.url)

export async function run({ endpoint }) {
  await generate({
    schema: folder + '../../schema.graphqls', documents: folder + 'use.ts', silent: true,
    generates: {
      [folder + 'generated/']: {
        preset: 'client',
        config: {
          scalars: { Int64: 'number', Date: 'string', DateTime: 'string' }, strictScalars: true,
          useTypeImports: true, enumsAsTypes: true, emitLegacyCommonJSImports: false, importExtension: '.js',
        },
      },
    },
  })
  execFileSync(process.execPath, [require.resolve('typescript/package.json').replace('package.json', 'bin/tsc'), '-p', folder], { stdio: 'pipe', encoding: 'utf8' })
  const { series, page, variables, sum } = await import('../codegen/generated/js/use.js')
  const ask = async (document, variables) => {
    const response = await fetch(endpoint, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query: print(document), variables }) })
    const { data, errors } = await response.json()
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  const data = await ask(series, variables)
  checkSeries(data)
  assert.equal(sum(data), data.project.downloads.total)
  await checkPages((v) => ask(page, v))
}
