// A server of its own for a test: the built program, a fresh demo county in a temporary folder, a free loopback port.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const BINARY = process.env.XIANGBAN_BINARY ?? join(ROOT, 'target', 'debug', 'xiangban')
const READY_WITHIN_MS = 120_000

/** Starts the server; `settings` override the configuration by its environment names. */
export async function startServer(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'xiangban-e2e-'))
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const env = {
    ...process.env,
    XIANGBAN__SERVER__HOST: '127.0.0.1',
    XIANGBAN__SERVER__PORT: String(port),
    XIANGBAN__DEPLOYMENT__PUBLIC_URL: address,
    XIANGBAN__DATABASE__URL: join(folder, 'county.sqlite'),
    XIANGBAN__KEYS__FILE: join(folder, 'keys'),
    XIANGBAN__IDENTITY__WECHAT__BASE_URL: `${address}/sandbox/wechat`,
    // A test asks for several codes in one minute.
    XIANGBAN__IDENTITY__CODES_PER_MINUTE: '50',
    XIANGBAN__IDENTITY__CODES_PER_HOUR: '500',
    XIANGBAN__IDENTITY__CODES_PER_DAY: '500',
    XIANGBAN__IDENTITY__CODES_PER_ADDRESS_PER_HOUR: '5000',
    // The machine may be busy with other things.
    XIANGBAN__DATABASE__ACQUIRE_TIMEOUT_SECONDS: '60',
    // Tests run by day and night.
    XIANGBAN__MESSAGES__QUIET_FROM: '00:00',
    XIANGBAN__MESSAGES__QUIET_UNTIL: '00:00',
    XIANGBAN__SCHEDULER__TICK_SECONDS: '1',
    ...settings,
  }
  delete env.DATABASE_URL
  await cp(await county(env), folder, { recursive: true })
  const program = spawn(BINARY, ['serve'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (part) => (log = (log + part).slice(-20_000)))
  let ended = false
  program.once('exit', () => (ended = true))

  const until = Date.now() + READY_WITHIN_MS
  while (!(await answers(`${address}/readyz`))) {
    if (ended || Date.now() > until) throw new Error(`the server did not start:\n${log}`)
    await pause(200)
  }
  function admin(...words) {
    const made = spawnSync(BINARY, ['admin', ...words], { cwd: ROOT, env, encoding: 'utf8' })
    if (made.status !== 0) throw new Error(made.stderr)
    return made.stdout.trim().split('\n').at(-1)
  }
  return {
    address,
    log: () => log,
    /** An access token of a member of staff of the demo county. */
    token: (login) => admin('token', login),
    /** The six digits that their authenticator shows now. */
    totp: (login) => admin('totp', login),
    async stop() {
      if (!ended) {
        const gone = new Promise((resolve) => program.once('exit', resolve))
        program.kill('SIGTERM')
        await gone
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The demo county, lived through once for this program and this day: every server begins with a copy. */
async function county(env) {
  const { mtimeMs, size } = statSync(BINARY)
  const kept = join(tmpdir(), `xiangban-county-${new Date().toISOString().slice(0, 10)}-${Math.round(mtimeMs)}-${size}`)
  if (existsSync(kept)) return kept
  const folder = await mkdtemp(join(tmpdir(), 'xiangban-county-'))
  const place = { XIANGBAN__DATABASE__URL: join(folder, 'county.sqlite'), XIANGBAN__KEYS__FILE: join(folder, 'keys') }
  const made = spawnSync(BINARY, ['demo'], { cwd: ROOT, env: { ...env, ...place }, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`the demo county: ${made.stderr}`)
  // Another test may have been first; both made the same.
  await rename(folder, kept).catch(() => rm(folder, { recursive: true, force: true }))
  return kept
}

/** The JSON API as somebody with a token sees it. */
export function caller(address, token) {
  return async function call(method, path, body, headers = {}) {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      // The server closes what was idle for a while; a connection of its own cannot be closed under the call.
      headers: {
        connection: 'close',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
}

/** The sandbox's phones: what was sent to a number, and typing an answer on it. */
export function phones(address) {
  const get = async (path) => (await fetch(`${address}/sandbox/api${path}`)).json()
  async function texts(number) {
    const { items } = await get(`/phones?q=${number}`)
    const phone = items.find((one) => one.number?.replace(/\D/g, '') === number)
    return phone ? (await get(`/phones/${phone.id}/texts`)).items : []
  }
  return {
    texts,
    /** The newest text of a number so far. */
    newest: async (number) => Math.max(0, ...(await texts(number)).map((one) => one.id)),
    /** Waits for a text that fits, newer than `after`. */
    async waitFor(number, fits, withinMs = 15_000, after = 0) {
      for (const until = Date.now() + withinMs; Date.now() < until; await pause(250)) {
        const found = (await texts(number)).filter((one) => one.direction === 'in' && one.id > after && fits.test(one.text)).sort((a, b) => b.id - a.id)[0]
        if (found) return found
      }
      throw new Error(`no text on ${number} fits ${fits}`)
    },
    async answer(number, text) {
      const answer = await fetch(`${address}/sandbox/api/texts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from: number, text }),
      })
      if (!answer.ok) throw new Error(`answering: ${answer.status} ${await answer.text()}`)
    },
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function answers(url) {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
