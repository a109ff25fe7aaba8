/** What a recount writes on SQLite: nothing where nothing has changed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Stores } from '../../src/store/ports.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { attemptOf, countOf, historyOf, learnerOf, resultOf, store } from '../contract/evidence.ts'
import { newTenant } from '../contract/opened.ts'

const ANA = 'account:https://lms.example|ana'
const BEN = 'account:https://lms.example|ben'
const TOTALS = ['window_total', 'window_part', 'policy_total', 'policy_part']
const DERIVED = ['attempt', 'untracked', 'counted', 'qualified', ...TOTALS]
const WINDOW = Date.UTC(2024, 4, 1)

let directory: string
let stores: Stores

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rollcall-recounts-'))
  stores = await openSqlite({ directory, clock: systemClock() })
})

afterAll(async () => {
  await stores.close()
  await rm(directory, { recursive: true, force: true })
})

/** From now on nothing derived can be written. */
function seal(): void {
  const db = new SqliteDatabase(databaseFile(directory))
  for (const table of DERIVED) {
    for (const act of ['INSERT', 'UPDATE', 'DELETE'])
      db.exec(
        `CREATE TRIGGER sealed_${table}_${act} BEFORE ${act} ON ${table} BEGIN SELECT raise(ABORT, 'written: ${table}'); END`,
      )
  }
  db.close()
}

it('ruling 30: histories end before one that cannot be read, and fail when it comes first, so that it is known whose it is', async () => {
  const tenant = newTenant()
  await store(stores, tenant, [{ ifi: ANA }])
  await store(stores, tenant, [{ ifi: BEN }])
  const [ana, ben] = await Promise.all([ANA, BEN].map((ifi) => learnerOf(stores, tenant, ifi)))
  const asked = [ana, ben].map((learner) => ({ tenant, learner: learner as string }))
  expect(await stores.metering.histories(asked)).toHaveLength(2)
  const db = new SqliteDatabase(databaseFile(directory))
  db.prepare(
    "UPDATE fact SET data = '?' WHERE identity = (SELECT id FROM identity WHERE tenant = ? AND ifi = ?)",
  ).run(tenant, BEN)
  db.close()
  expect((await stores.metering.histories(asked)).map((one) => one?.learner)).toEqual([ana])
  await expect(stores.metering.histories(asked.slice(1))).rejects.toMatchObject({ code: 'damaged' })
})

it('a recount that changes nothing writes nothing but that its marks are gone; one that changes something does', async () => {
  const tenant = newTenant()
  await store(stores, tenant, [{ ifi: ANA }])
  const lease = await stores.leases.acquire('drain', 'test', 60_000)
  if (!lease) throw new Error('no lease')
  const given = {
    attempts: [attemptOf({ id: 'a' }), attemptOf({ id: 'b', first: 5, tracked: false, reason: 'resource' })],
    untracked: { resource: 2 },
    counts: [countOf('p', WINDOW)],
  } as const
  const dirty = async () =>
    (await stores.metering.dirtyLearners(10))
      .filter((one) => one.tenant === tenant)
      .map(({ learner }) => learner)
  const write = async (more: object = {}) =>
    stores.metering.writeRecounts(lease, [
      resultOf(await historyOf(stores, tenant, ANA), { ...given, ...more }),
    ])
  expect(await write()).toEqual(['written'])
  seal()
  const history = await historyOf(stores, tenant, ANA)
  await stores.metering.markAll(tenant)
  expect(await dirty()).toEqual([history.learner])
  expect(await write()).toEqual(['written'])
  expect(await dirty()).toEqual([])
  await expect(write({ untracked: { resource: 3 } })).rejects.toThrow('written: untracked')
  await expect(write({ attempts: given.attempts.slice(1) })).rejects.toThrow('written: attempt')
  await expect(write({ counts: [] })).rejects.toThrow('written: counted')
})
