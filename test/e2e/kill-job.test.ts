/** A process that is really killed while its Agenda job runs: the job runs again elsewhere within its lock's life and 5 s (ruling 33). */
import SqliteDatabase from 'better-sqlite3'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { LEASE_MS } from '../../src/jobs/drain.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'
import { serveProcess } from '../harness/process.ts'
import { learner, statement } from '../harness/running.ts'

/** Enough for a drain of many commits, so that one can be met in the middle. */
const PEOPLE = 400
const onSqlite = inject('store') === 'sqlite'

let directory: string
beforeAll(() => {
  directory = newDirectory('kill-job')
})
afterAll(async () => {
  await removeDirectory(directory)
})

interface Run {
  readonly id: string
  readonly lockedAt: number | null
  readonly begun: number | null
  readonly ended: number | null
}

/** The drain's jobs as they lie in the store, read beside the server. */
async function runs(): Promise<readonly Run[]> {
  if (onSqlite) {
    const db = new SqliteDatabase(databaseFile(directory), { readonly: true })
    const sql = `SELECT id, locked_at AS lockedAt, last_run_at AS begun, last_finished_at AS ended FROM agenda_job
      WHERE name = 'drain'`
    const found = db.prepare<[], Run>(sql).all()
    db.close()
    return found
  }
  const client = await new MongoClient(String(storeOf(directory).settings.ROLLCALL_STORE)).connect()
  const found = await client.db().collection('agenda_jobs').find({ name: 'drain' }).toArray()
  await client.close()
  const ms = (date: Date | null | undefined) => date?.getTime() ?? null
  return found.map(({ _id, lockedAt, lastRunAt, lastFinishedAt }) => ({
    id: String(_id),
    lockedAt: ms(lockedAt),
    begun: ms(lastRunAt),
    ended: ms(lastFinishedAt),
  }))
}
/** One that has begun and not ended. */
const runningIn = (list: readonly Run[]) =>
  list.find(({ lockedAt, begun, ended }) => lockedAt !== null && begun !== null && begun > (ended ?? 0))

const POLICY = {
  schema: 1,
  id: 'year',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
}

/** Sends until a drain is met in its middle, and kills the process then. @returns the run as the dead process left it */
async function killedInTheMiddle(): Promise<Run & { readonly lockedAt: number; readonly begun: number }> {
  for (let round = 0; ; round += 1) {
    const served = await serveProcess(directory)
    if (round === 0) await served.api('/policies', { method: 'POST', body: POLICY })
    const people = Array.from({ length: PEOPLE }, (_, index) => learner(`u-${round}-${index}`))
    expect((await served.post(people.map((actor) => statement({ actor })))).status).toBe(200)
    await expect.poll(async () => runningIn(await runs()), { timeout: 20_000, interval: 1 }).toBeDefined()
    expect(await served.end('SIGKILL')).toMatchObject({ signal: 'SIGKILL' })
    const left = runningIn(await runs())
    if (left?.lockedAt && left.begun) return { ...left, lockedAt: left.lockedAt, begun: left.begun }
  }
}

it('a drain whose process is killed runs again in another: not before its lock is too old, and within 5 s after', async () => {
  const killed = await killedInTheMiddle()
  const other = await serveProcess(directory)
  // When it can begin at the earliest: a start takes its time.
  const from = Math.max(Date.now(), killed.lockedAt + LEASE_MS)
  const again = async () => {
    const found = (await runs()).find(({ id }) => id === killed.id)
    return found?.begun && found.begun > killed.begun ? found.begun : undefined
  }
  await expect.poll(again, { timeout: LEASE_MS + 20_000, interval: 50 }).toBeDefined()
  const begun = (await again()) ?? 0
  expect(begun).toBeGreaterThanOrEqual(killed.lockedAt + LEASE_MS)
  expect(begun).toBeLessThanOrEqual(from + 5_000)
  expect(await other.end('SIGTERM')).toEqual({ code: 0, signal: null })
}, 120_000)
