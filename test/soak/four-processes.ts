/**
 * Four servers on one MongoDB, their clocks set apart by seconds, each killed and stopped again and again while clients
 * write and poll. A client that gets no answer sends the same statements again, to another server, until it has one.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EMAIL, KEY, LEARNER, learner, PASSWORD, SECRET, statement } from '../harness/running.ts'

const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url))
/** ms; the last is far behind: what it stores must not go back. */
const CLOCKS = [0, 2_500, -3_000, -20_000]
const WRITERS = 6
const POLLERS = 3
/** A client gives an answer up after this, ms. */
const PATIENCE_MS = 6_000
/** A sleep that can be longer than a writer's lease, ms. */
const LONGEST_SLEEP_MS = 11_000
const PEOPLE = 150

export interface SoakOptions {
  /** With the database in its path. */
  readonly url: string
  readonly seconds: number
}

interface Sent {
  readonly ids: readonly string[]
  readonly answered: boolean
  /** Whole batches only: what an answer promised. */
  readonly person: string
}

export interface SoakResult {
  readonly servers: Servers
  readonly sent: readonly Sent[]
  /** Of each poller, in the order seen. */
  readonly polled: readonly (readonly string[])[]
  readonly kills: number
  readonly pauses: number
}

interface Servers {
  readonly urls: readonly string[]
  stop(): Promise<void>
}

interface OneServer {
  readonly url: () => string
  kill(): Promise<void>
  pause(ms: number): Promise<void>
  stop(): Promise<void>
}

const HEADERS = {
  Authorization: LEARNER,
  'X-Experience-API-Version': '1.0.3',
  'Content-Type': 'application/json',
}

export async function runSoak({ url, seconds }: SoakOptions): Promise<SoakResult> {
  const servers: OneServer[] = []
  // The first one makes the administrator and the credential.
  for (const offset of CLOCKS) servers.push(await startOne(url, offset))
  const some = () => pick(servers).url()
  const until = performance.now() + seconds * 1_000
  const isOver = () => performance.now() > until
  const sent: Sent[] = []
  const counts = { kills: 0, pauses: 0 }
  const chaos = Promise.all(
    servers.map(async (server) => {
      while (!isOver()) {
        await sleep(1_500 + Math.random() * 4_000)
        if (isOver()) return
        if (Math.random() < 0.5) {
          counts.kills += 1
          await server.kill()
        } else {
          counts.pauses += 1
          await server.pause(Math.random() < 0.3 ? LONGEST_SLEEP_MS : Math.random() * 3_000)
        }
      }
    }),
  )
  const writing = Promise.all(Array.from({ length: WRITERS }, () => write(some, isOver, sent)))
  const written = Promise.all([chaos, writing])
  let isWritten = false
  const polling = Promise.all(Array.from({ length: POLLERS }, () => poll(some, () => isWritten)))
  await written
  await settled(servers[0]?.url() ?? '')
  isWritten = true
  return {
    servers: {
      urls: servers.map((server) => server.url()),
      stop: async () => {
        await Promise.all(servers.map((server) => server.stop()))
      },
    },
    sent,
    polled: await polling,
    ...counts,
  }
}

async function write(some: () => string, isOver: () => boolean, sent: Sent[]): Promise<void> {
  while (!isOver()) {
    const person = `u-${Math.floor(Math.random() * PEOPLE)}`
    const batch = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () =>
      statement({ id: randomUUID(), actor: learner(person) }),
    )
    const answered = await sendUntilAnswered(some, batch)
    sent.push({ ids: batch.map(({ id }) => String(id)), answered, person })
  }
}

/** The same statements, to whichever server, until one answers. */
async function sendUntilAnswered(some: () => string, batch: readonly unknown[]): Promise<boolean> {
  for (let tries = 0; tries < 60; tries++) {
    const status = await post(some(), batch)
    if (status === 200) return true
    if (status !== null && status !== 503) throw new Error(`an answer of ${status}`)
    await sleep(100 + Math.random() * 200)
  }
  return false
}

/** @returns null when there was no answer */
async function post(url: string, batch: readonly unknown[]): Promise<number | null> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const body = JSON.stringify(batch)
    const response = await fetch(`${url}/xapi/statements`, { method: 'POST', headers: HEADERS, body, signal })
    await response.arrayBuffer()
    return response.status
  } catch {
    return null
  }
}

/** Asks for what came since the last it saw, always another server, and goes through every page. */
async function poll(some: () => string, isWritten: () => boolean): Promise<readonly string[]> {
  const seen: string[] = []
  let since = new Date(0).toISOString()
  for (let last = false; ; ) {
    last = isWritten()
    const found = await everythingSince(some(), since)
    if (found) {
      seen.push(...found.map(({ id }) => id))
      since = found.at(-1)?.stored ?? since
      if (last) return seen
    }
    await sleep(20 + Math.random() * 200)
  }
}

interface Listed {
  readonly id: string
  readonly stored: string
}

/** Null when a server did not answer; then nothing of it counts. */
async function everythingSince(url: string, since: string): Promise<readonly Listed[] | null> {
  const found: Listed[] = []
  let more = `/xapi/statements?ascending=true&since=${encodeURIComponent(since)}`
  try {
    while (more) {
      const signal = AbortSignal.timeout(PATIENCE_MS)
      const response = await fetch(new URL(more, url), { headers: HEADERS, signal })
      if (response.status !== 200) return null
      const page = (await response.json()) as { statements: Listed[]; more?: string }
      found.push(...page.statements)
      more = page.more ? new URL(page.more, url).href.replace(/^https?:\/\/[^/]+/, '') : ''
    }
    return found
  } catch {
    return null
  }
}

/** Until nothing is open any more: what killed servers left is settled, and Consistent-Through is past the end. */
async function settled(url: string): Promise<void> {
  // The clock that is furthest ahead decides what has been stored.
  const end = Date.now() + Math.max(...CLOCKS)
  for (;;) {
    const response = await fetch(`${url}/xapi/statements?limit=1`, { headers: HEADERS })
    await response.arrayBuffer()
    const through = response.headers.get('X-Experience-API-Consistent-Through')
    if (through && Date.parse(through) >= end) return
    await sleep(200)
  }
}

async function startOne(url: string, offset: number): Promise<OneServer> {
  let current = await startProcess(url, offset)
  return {
    url: () => current.url,
    kill: async () => {
      await end(current.child, 'SIGKILL')
      await sleep(Math.random() * 1_000)
      current = await startProcess(url, offset)
    },
    pause: async (ms) => {
      current.child.kill('SIGSTOP')
      await sleep(ms)
      current.child.kill('SIGCONT')
    },
    stop: () => end(current.child, 'SIGTERM'),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null)
    throw new Error(`a server ended by itself: ${child.exitCode}`)
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

async function startProcess(url: string, offset: number): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', SERVER], {
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      ROLLCALL_STORE: url,
      ROLLCALL_KEY: KEY,
      ROLLCALL_SECRET: SECRET,
      ROLLCALL_ADMIN_EMAIL: EMAIL,
      ROLLCALL_ADMIN_PASSWORD: PASSWORD,
      ROLLCALL_LOG: 'fatal',
      ROLLCALL_TEST_CLOCK: String(offset),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const address = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, found] = /^answers at (http:\S+)$/.exec(line) ?? []
      if (found) resolve(found.replace('localhost', '127.0.0.1'))
    })
    child.once('exit', (code) => reject(new Error(`a server ended at its start: ${code}`)))
  })
  return { child, url: address }
}

function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T
}
