/** Several processes on one MongoDB (rulings 28, 29, 33). `ROLLCALL_SOAK_SECONDS` makes it as long as wanted. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newDatabase, type TestDatabase } from '../harness/mongo.ts'
import { EMAIL, PASSWORD } from '../harness/running.ts'
import { runSoak, type SoakResult } from './four-processes.ts'

const CLI = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url))
const SECONDS = Number(process.env.ROLLCALL_SOAK_SECONDS ?? 20)
/** How long counting may take afterwards: the machine may be a small and busy one, ms. */
const COUNTING_MS = 180_000
const LIMIT_MS = SECONDS * 1_000 + 3 * COUNTING_MS

let database: TestDatabase
beforeAll(() => {
  database = newDatabase()
})
let soak: SoakResult
afterAll(async () => {
  await soak?.servers.stop()
  await database.drop()
}, 60_000)

async function api<T>(url: string, path: string, init: { method?: string; body?: unknown } = {}): Promise<T> {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (path !== '/session') {
    const body = { email: EMAIL, password: PASSWORD }
    const { token } = await api<{ token: string }>(url, '/session', { method: 'POST', body })
    headers.Authorization = `Bearer ${token}`
  }
  const { method = 'GET', body } = init
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers,
    body: body ? JSON.stringify(body) : null,
  })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as T
}

/** What `rollcall recount` prints: everything counted again from the statements, and compared. */
async function recountAll(url: string, policy: string): Promise<string> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', CLI, 'recount', '--policy', policy],
    {
      env: { PATH: process.env.PATH, ROLLCALL_STORE: url, ROLLCALL_LOG: 'error' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  return await text(child.stdout)
}

const POLICY = {
  schema: 1,
  id: 'ever',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

it(
  'loses nothing that was answered, shows nothing by half, and counts everybody once, while processes are killed and stopped',
  async () => {
    soak = await runSoak({ url: database.url, seconds: SECONDS })
    const { sent, polled, servers, kills, pauses } = soak
    const [url = ''] = servers.urls
    const statements = sent.reduce((sum, { ids }) => sum + ids.length, 0)
    console.log(
      `${statements} statements in ${sent.length} batches, ${kills} kills, ${pauses} pauses in ${SECONDS} s`,
    )
    expect(kills + pauses).toBeGreaterThan(4)
    expect(sent.filter(({ answered }) => answered).length).toBeGreaterThan(20)

    const all = polled[0] ?? []
    const there = new Set(all)
    const halves = sent.filter(({ ids, answered }) => {
      const found = ids.filter((id) => there.has(id)).length
      return answered ? found !== ids.length : found !== 0 && found !== ids.length
    })
    expect(halves).toEqual([])
    // Every poller has seen every statement, each once, in one and the same order.
    for (const seen of polled) expect(seen).toEqual(all)
    expect(there.size).toBe(all.length)

    await api(url, '/policies', { method: 'POST', body: POLICY })
    const people = new Set(sent.filter(({ ids }) => there.has(ids[0] ?? '')).map(({ person }) => person))
    for (const one of servers.urls) {
      await expect
        .poll(
          async () => (await api<{ activeLearners: number }>(one, '/licence?policy=ever')).activeLearners,
          {
            timeout: COUNTING_MS,
            interval: 500,
          },
        )
        .toBe(people.size)
    }
    expect(await recountAll(database.url, 'ever')).toContain('nothing differed')
  },
  LIMIT_MS,
)
