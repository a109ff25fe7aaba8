/** What a recount writes on MongoDB: its number, and no row that is there already. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { connect } from '../../src/store/mongo/driver/connection.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import type { Stores } from '../../src/store/ports.ts'
import { attemptOf, countOf, historyOf, resultOf, store } from '../contract/evidence.ts'
import { newTenant } from '../contract/opened.ts'
import { newDatabase } from '../harness/mongo.ts'

const ANA = 'account:https://lms.example|ana'
const WINDOW = Date.UTC(2024, 4, 1)
const ROWS = ['counted', 'attempts', 'window_totals', 'policy_totals']

const database = newDatabase()
let stores: Stores
let connection: Awaited<ReturnType<typeof connect>>

beforeAll(async () => {
  stores = await openMongo({ url: database.url, clock: systemClock() })
  connection = await connect(database.url)
})

afterAll(async () => {
  await connection.close()
  await stores.close()
  await database.drop()
})

/** Every document of what is derived. */
const rows = async () => {
  const all = await Promise.all(
    ROWS.map((name) => connection.db.collection(name).find().sort({ _id: 1 }).toArray()),
  )
  expect(all.map(({ length }) => length > 0)).toEqual(ROWS.map(() => true))
  return all
}
const numbers = async () =>
  (await connection.db.collection('recounts').find().toArray()).map(({ n, unsettled }) => ({ n, unsettled }))

it('a recount that changes nothing writes no row, no total and no half-way state: only its number, and its marks go', async () => {
  const tenant = newTenant()
  await store(stores, tenant, [{ ifi: ANA }])
  const lease = await stores.leases.acquire('drain', 'test', 60_000)
  if (!lease) throw new Error('no lease')
  const given = {
    attempts: [attemptOf({ id: 'a' })],
    untracked: { resource: 2 },
    counts: [countOf('p', WINDOW)],
  } as const
  const write = async (more: object = {}) =>
    stores.metering.writeRecounts(lease, [
      resultOf(await historyOf(stores, tenant, ANA), { ...given, ...more }),
    ])
  expect(await write()).toEqual(['written'])
  const before = await rows()
  const [first] = await numbers()
  await stores.metering.markAll(tenant)
  const outdated = await historyOf(stores, tenant, ANA)
  expect(await write()).toEqual(['written'])
  expect(await rows()).toEqual(before)
  expect(await numbers()).toEqual([{ n: (first?.n ?? 0) + 1, unsettled: undefined }])
  expect(await stores.metering.dirtyLearners(10)).toEqual([])
  expect(await stores.metering.writeRecounts(lease, [resultOf(outdated, given)])).toEqual(['stale'])
  expect(await write({ untracked: {} })).toEqual(['written'])
  expect(await stores.metering.untrackedOf(tenant, outdated.learner)).toEqual({})
})
