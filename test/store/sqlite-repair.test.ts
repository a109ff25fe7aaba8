/** Repair beside recounts on the embedded store: a recount between any two of its commits loses nothing, and no total is left wrong. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { RecountResult, Stores } from '../../src/store/ports.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { repairWith, repairWrites } from '../../src/store/sqlite/metering/repair.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { countOf, historyOf, NOON, resultOf, store } from '../contract/evidence.ts'
import { leaseOf, OPERATIONS } from './mongo-metering-operations.ts'

const ANA = 'account:https://lms.example|ana'
const WINDOW = { policy: 'p', version: 1, start: NOON - 1 }
const directory = mkdtempSync(join(tmpdir(), 'rollcall-repair-'))

let stores: Stores
beforeAll(async () => {
  stores = await openSqlite({ directory, clock: systemClock() })
})
afterAll(async () => {
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

async function recounted(tenant: string, given: Partial<RecountResult>): Promise<void> {
  await store(stores, tenant, [{ ifi: ANA }])
  const history = await historyOf(stores, tenant, ANA)
  const written = await stores.metering.writeRecounts(await leaseOf(stores), [resultOf(history, given)])
  expect(written).toEqual(['written'])
}

/** A counted row of nobody, which no total knows. */
const DAMAGE = `INSERT INTO counted SELECT tenant, 'nobody', policy, version, window_start, key, statement_id, at, stored, rule
  FROM counted WHERE tenant = ? LIMIT 1`
/** Ben, whom nobody touches, and Ana if she counts. */
const one = ({ counts = [] }: Partial<RecountResult>) => (counts.length > 0 ? 1 : 0)

async function derived(tenant: string) {
  const { items } = await stores.metering.counted(tenant, WINDOW, { limit: 99 })
  const told = await stores.metering.countOf(tenant, WINDOW)
  return { told, rows: items.length, total: await stores.metering.totalLearners(tenant, 'p') }
}

type Writes = ReturnType<typeof repairWrites>

/** The commits of a repair, each on a connection of its own; `between` comes before the nth. */
function stepped(db: SqliteDatabase.Database, nth: number, between: () => Promise<void>) {
  const writes = repairWrites(db)
  let step = -1
  const held =
    <Given extends unknown[], Result>(work: (...given: Given) => Result) =>
    async (...given: Given): Promise<Result> => {
      step += 1
      if (step === nth) await between()
      return db.transaction(() => work(...given)).immediate()
    }
  const remote = {
    removeStrays: held<Parameters<Writes['removeStrays']>, ReturnType<Writes['removeStrays']>>(
      writes.removeStrays,
    ),
    recountNextWindow: held(writes.recountNextWindow),
    recountNextPolicy: held(writes.recountNextPolicy),
  }
  return { remote, steps: () => step + 1 }
}

describe('repair beside recounts that are running', () => {
  const several = {
    counts: [countOf('p', WINDOW.start, NOON, 'one'), countOf('p', WINDOW.start + 1, NOON, 'two')],
    untracked: { resource: 2 },
  } as const

  it.each([
    ['more', several],
    ['nothing any more', {}],
  ])(
    'a recount that counts %s before any of its commits: rows and totals are what the recount gave',
    async (_what, given) => {
      let steps = 0
      for (let nth = 0; nth === 0 || nth < steps; nth += 1) {
        const tenant = `t-${randomUUID()}`
        await OPERATIONS.recounts.prepare(stores, tenant)
        await OPERATIONS.recounts.act(stores, tenant)
        const db = new SqliteDatabase(databaseFile(directory), { timeout: 10_000 })
        db.prepare(DAMAGE).run(tenant)
        const { remote, steps: taken } = stepped(db, nth, () => recounted(tenant, given))
        await repairWith(remote, tenant)
        db.close()
        steps = taken()
        expect(await derived(tenant), `before commit ${nth}`).toEqual({
          told: 1 + one(given),
          rows: 1 + one(given),
          total: 1 + one(given),
        })
        expect(await stores.metering.repair(tenant)).toEqual({ strays: 0, windows: 0, policies: 0 })
      }
      expect(steps).toBeGreaterThanOrEqual(6)
    },
  )
})
