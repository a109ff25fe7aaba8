/** The large rows: metering beside a long import, a full recount, explaining, and closing a large window. */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Client, connect, openSession, steadily, type Times, timesOf } from './load.ts'
import { type BenchServer, measureEvidence, measureImport, startServer } from './processes.ts'
import { statementText, THREE_POLICIES } from './statements.ts'

/** The aims are for `of: 1`; a smaller part shows whether it runs. */
export interface LargeShape {
  readonly of: number
}

const IMPORTED = { statements: 1_000_000, learners: 20_000 }
const COUNTED = { learners: 500_000, facts: 20 }
const CLOSED = { learners: 100_000, facts: 6 }
/** After the first of the windows began, so that it can be closed. */
const EARLY = Date.UTC(2026, 0, 15)
const STEADY = { senders: 4, batch: 10, everyMs: 50 }
const QUIET_MS = 15_000

export async function measureMetering({ of }: LargeShape): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'rollcall-bench-'))
  const some = (number: number) => Math.max(1_000, Math.round((number * of) / 1_000) * 1_000)
  console.log('| metering | | aim |\n| --- | --- | --- |')
  try {
    await importing(join(root, 'import'), some(IMPORTED.statements), some(IMPORTED.learners))
    await recounting(join(root, 'recount'), some(COUNTED.learners))
    await closing(join(root, 'close'), some(CLOSED.learners))
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const row = (name: string, figure: string, aim = '') => console.log(`| ${name} | ${figure} | ${aim} |`)
const whole = (number: number) => Math.round(number).toLocaleString('en')
const ms = ({ p50, p99 }: Times) => `${p50.toFixed(1)} / ${p99.toFixed(1)}`

async function importing(directory: string, statements: number, learners: number): Promise<void> {
  await withServer(directory, async ({ client, bearer }) => {
    for (const policy of THREE_POLICIES)
      await client.send('POST', '/api/v1/policies', JSON.stringify(policy), bearer)
    const file = `${directory}.ndjson`
    const lines = function* () {
      for (let number = 0; number < statements; number++)
        yield `${statementText(number, undefined, learners)}\n`
    }
    await pipeline(Readable.from(lines()), createWriteStream(file))
    const { seconds } = await measureImport(directory, file)
    rmSync(file)
    const end = Date.now()
    const through = async () => {
      const licence = await client.send('GET', '/api/v1/licence?policy=month', undefined, bearer)
      return Date.parse((JSON.parse(licence) as { computedThrough: string }).computedThrough)
    }
    const lag = (end - (await through())) / 1000
    while ((await through()) < end) await sleep(100)
    const name = `${whole(statements)} statements of ${whole(learners)} learners imported with three policies on`
    row(`${name}: statements a second`, whole(statements / seconds))
    row(
      'counts behind at its end / all counted after, seconds',
      `${lag.toFixed(1)} / ${((Date.now() - end) / 1000).toFixed(1)}`,
      '10',
    )
    await explaining(client, bearer, statements)
  })
}

async function explaining(client: Client, bearer: string, statements: number): Promise<void> {
  const listOf = async <T>(path: string) =>
    (JSON.parse(await client.send('GET', `/api/v1${path}`, undefined, bearer)) as { items: T[] }).items
  const learners = await listOf<{ learner: string }>('/learners?limit=300')
  const windows = await listOf<{ id: string }>('/windows?policy=month')
  const times = await timesOf(600, (index) => {
    const [window, learner] = [windows[index % windows.length], learners[index % learners.length]]
    return client.send('GET', `/api/v1/windows/${window?.id}/learners/${learner?.learner}`, undefined, bearer)
  })
  row(`explain at ${whole(statements)} statements, p50 / p99 ms`, ms(times), '50')
}

async function recounting(directory: string, learners: number): Promise<void> {
  const facts = learners * COUNTED.facts
  const made = await measureEvidence<number>(directory, 'make', learners, COUNTED.facts, 1, Date.now())
  console.error(`${whole(facts)} rows of evidence in ${made.toFixed(0)} s`)
  const name = `${whole(facts)} rows of evidence of ${whole(learners)} learners under one policy`
  const first = await measureEvidence<Counted>(directory, 'count')
  row(`${name}: first count, seconds / memory at most, MB`, shown(first))
  const again = await measureEvidence<Counted>(directory, 'recount')
  row('full recount of it, seconds / memory at most, MB', shown(again), '120 / 1,000')
}

interface Counted {
  readonly seconds: number
  readonly peak: number
}

const shown = ({ seconds, peak }: Counted) => `${seconds.toFixed(1)} / ${whole(peak)}`

async function closing(directory: string, learners: number): Promise<void> {
  await measureEvidence(directory, 'make', learners, CLOSED.facts, THREE_POLICIES.length, EARLY)
  await measureEvidence(directory, 'count')
  await withServer(directory, async ({ client, bearer }) => {
    await steadily(client, STEADY, sleep(QUIET_MS / 3))
    const before = await steadily(client, STEADY, sleep(QUIET_MS))
    const start = performance.now()
    const closed = closeWindow(client, bearer)
    const meanwhile = await steadily(client, STEADY, closed)
    row(
      `closing a window of ${whole(await closed)} counted learners, seconds`,
      ((performance.now() - start) / 1000).toFixed(1),
      '30',
    )
    row('a batch of 10 before / meanwhile, p50 / p99 ms', `${ms(before)}, ${ms(meanwhile)}`, 'p99 twice')
  })
}

/** @returns the sealed count */
async function closeWindow(client: Client, bearer: string): Promise<number> {
  const path = '/api/v1/windows/month.1.2026-01-01'
  const closing = client.send('POST', `${path}/close`, JSON.stringify({ reason: 'benchmark' }), bearer)
  await closing.catch((error: Error) => {
    // Still at it: 202.
    if (!error.message.includes(': 202 ')) throw error
  })
  for (;;) {
    const view = JSON.parse(await client.send('GET', path, undefined, bearer)) as {
      status: string
      closedCount?: number
      activeLearners?: number
    }
    if (view.status === 'closed') return view.closedCount ?? view.activeLearners ?? 0
    await sleep(100)
  }
}

async function withServer(
  directory: string,
  work: (given: { client: Client; server: BenchServer; bearer: string }) => Promise<void>,
): Promise<void> {
  const server = await startServer(directory, 'store')
  const client = connect(server.url)
  try {
    await work({ client, server, bearer: await openSession(client) })
  } finally {
    client.close()
    await server.stop()
  }
}
