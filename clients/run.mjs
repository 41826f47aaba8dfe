// Starts a gateway on a small sample and lets every client ask it. Prints a line
// for each, and exits with 1 if any fails.
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const clickql = fileURLToPath(new URL('../bin/clickql', import.meta.url))
const clients = process.argv.length > 2 ? process.argv.slice(2) : ['apollo', 'urql', 'relay', 'codegen', 'ws', 'sse', 'genqlient', 'federation']
// lateDays are loaded one by one, while clients wait for news of them.
const lateDays = 20

// command runs clickql to its end.
function command(...args) {
  return new Promise((resolve, reject) => {
    const child = spawn(clickql, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (text) => { said += text })
    child.stderr.on('data', (text) => { said += text })
    child.on('error', reject)
    child.on('exit', (status) => status === 0 ? resolve(said) : reject(new Error(`clickql ${args[0]}: ${said}`)))
  })
}

// serve starts the gateway and waits for its address.
function serve(data) {
  return new Promise((resolve, reject) => {
    const child = spawn(clickql, ['serve', '--addr', '127.0.0.1:0', '--data', data, '--log-level', 'error'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.on('error', reject)
    child.on('exit', (status) => reject(new Error(`serve ended with ${status}`)))
    child.stdout.on('data', (text) => {
      said += text
      const found = said.match(/ClickQL answers at (http:\S+)/)
      if (found) resolve({ child, base: found[1] })
    })
  })
}

process.chdir(fileURLToPath(new URL('.', import.meta.url))) // where tools look for their plugins
const work = await mkdtemp(join(tmpdir(), 'clickql-clients-'))
const data = join(work, 'data')
let failed = 0
try {
  const out = join(work, 'sample')
  await command('sample', '--data', data, '--out', out, '--rows', '60000', '--days', '120', '--projects', '40')
  const files = (await readdir(join(out, 'file_downloads'))).sort().map((name) => join(out, 'file_downloads', name))
  // The bulk export's name sorts behind those of single days, which are times.
  const [bulk, days] = [files.filter((f) => f.includes('file_downloads-')), files.filter((f) => !f.includes('file_downloads-'))]
  const late = days.splice(-lateDays)
  const land = async () => late.length > 0 && Boolean(await command('ingest', 'run', '--data', data, late.shift()))
  await command('schema', 'apply', '--data', data)
  await command('ingest', 'run', '--data', data, ...bulk, ...days)
  const { child, base } = await serve(data)
  try {
    const endpoint = base + '/graphql'
    for (const name of clients) {
      const began = Date.now()
      try {
        const { run } = await import(`./src/${name}.mjs`)
        await run({ endpoint, land })
        console.log(`ok    ${name}  ${Date.now() - began} ms`)
      } catch (err) {
        failed++
        console.log(`FAIL  ${name}  ${err?.stack ?? err}${err?.stdout ?? ''}${err?.stderr ?? ''}`)
      }
    }
  } finally {
    child.removeAllListeners('exit')
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
} finally {
  await rm(work, { recursive: true, force: true })
}
process.exit(failed ? 1 : 0)
