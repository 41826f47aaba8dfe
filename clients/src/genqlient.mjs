// A Go client that genqlient generates.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { project } from '../queries.mjs'

const folder = fileURLToPath(new URL('../genqlient/', import.meta.url))

export async function run({ endpoint }) {
  const go = (...args) => promisify(execFile)('go', args, { cwd: folder })
  await go('generate', './...')
  await go('run', '.', endpoint, project)
}
