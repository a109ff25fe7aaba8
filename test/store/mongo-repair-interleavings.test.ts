/**
 * Recounts and repairs that meet at the worst moment, each interleaving forced by name: who decided on old rows is refused,
 * and a total is written only by whoever has seen the rows of all (rulings 12, 30; metering/recounts.ts, totals.ts).
 */
import { type Document, MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { RecountResult } from '../../src/store/ports.ts'
import { countOf, historyOf, learnerOf, NOON, resultOf, store } from '../contract/evidence.ts'
import { newTenant } from '../contract/opened.ts'
import { leaseOf, OPERATIONS } from './mongo-metering-operations.ts'
import { newPortWorld, type PortProcess, type PortWorld } from './mongo-port-processes.ts'

const ANA = 'account:https://lms.example|ana'
const WINDOW = { policy: 'p', version: 1, start: NOON - 1 }
const NOTHING = { strays: 0, windows: 0, policies: 0 }

let world: PortWorld
/** Never held up. */
let quick: PortProcess
/** Stops where a test says. */
let slow: PortProcess
let tenant: string
beforeAll(async () => {
  world = await newPortWorld()
  quick = world.start()
})
afterAll(() => world.close())
beforeEach(async () => {
  tenant = newTenant()
  slow = world.start()
  await OPERATIONS.recounts.prepare(quick.stores, tenant)
  await OPERATIONS.recounts.act(quick.stores, tenant)
  await store(quick.stores, tenant, [{ ifi: ANA }])
})

const counting = (key: string, reasons: RecountResult['untracked'] = {}) => ({
  counts: [countOf('p', WINDOW.start, NOON, key)],
  untracked: reasons,
})
async function recounted(by: PortProcess, given: Partial<RecountResult>): Promise<string | undefined> {
  const history = await historyOf(by.stores, tenant, ANA)
  const [outcome] = await by.stores.metering.writeRecounts(await leaseOf(by.stores), [
    resultOf(history, given),
  ])
  return outcome
}
const look = () => OPERATIONS.recounts.look(quick.stores, tenant)
/** Of the window: as it is told, and as its rows add up. */
async function total(): Promise<{ told: number; rows: number }> {
  const { items } = await quick.stores.metering.counted(tenant, WINDOW, { limit: 99 })
  return { told: await quick.stores.metering.countOf(tenant, WINDOW), rows: items.length }
}
/** A counted row put there behind everybody's back, of somebody or under another policy. */
async function insert(row: Document & { learner: string }): Promise<void> {
  const client = await new MongoClient(world.database.url).connect()
  const evidence = { statementId: 's', at: NOON, stored: NOON, rule: 'evidence' }
  const place = { tenant, n: 1, policy: 'p', version: 1, windowStart: WINDOW.start, key: 'learner' }
  const bucket = row.learner.slice(0, 3)
  const _id = `${tenant}\n${row.learner}\nby hand`
  await client
    .db()
    .collection<{ _id: string }>('counted')
    .insertOne({ _id, ...place, bucket, ...evidence, ...row } as never)
  await client.close()
}

describe('compare-and-set on the recount document', () => {
  it('a recount that slept since before it decided is stale once another has come, and changes nothing', async () => {
    const pause = slow.faults.pause('recounts.replaceOne', 'before')
    const old = recounted(slow, {})
    await pause.reached
    expect(await recounted(quick, counting('learner', { resource: 2 }))).toBe('written')
    const right = await look()
    pause.resume()
    expect(await old).toBe('stale')
    expect(await look()).toEqual(right)
    expect(await quick.stores.metering.repair(tenant)).toEqual(NOTHING)
  })

  it('a repair that slept since before it decided leaves what a recount has written meanwhile', async () => {
    await insert({ learner: await learnerOf(quick.stores, tenant, ANA), policy: 'unknown' })
    const pause = slow.faults.pause('recounts.replaceOne', 'before')
    const repair = slow.stores.metering.repair(tenant)
    await pause.reached
    expect(await recounted(quick, counting('learner', { resource: 2 }))).toBe('written')
    const right = await look()
    pause.resume()
    await repair
    expect(await look()).toEqual(right)
    expect(await quick.stores.metering.repair(tenant)).toEqual(NOTHING)
  })
})

describe('totals', () => {
  it('a total that a repair finds right is written all the same when it removed rows of it: who counted them before is too late', async () => {
    const ana = await learnerOf(quick.stores, tenant, ANA)
    // In one bucket with Ana, so that a recount of hers counts it.
    await insert({ learner: `${ana.slice(0, 3)}-nobody` })
    const pause = slow.faults.pause('window_totals.updateOne', 'before')
    const recount = recounted(slow, counting('another key'))
    await pause.reached
    expect(await quick.stores.metering.repair(tenant)).toMatchObject({ strays: 1, windows: 0 })
    pause.resume()
    expect(await recount).toBe('written')
    expect(await total()).toEqual({ told: 2, rows: 2 })
    expect(await quick.stores.metering.repair(tenant)).toEqual(NOTHING)
  })

  it('who counted rows that another recount has removed since counts again before writing the total', async () => {
    const pause = slow.faults.pause('window_totals.updateOne', 'before')
    const recount = recounted(slow, counting('another key'))
    await pause.reached
    await store(quick.stores, tenant, [{ ifi: ANA }])
    expect(await recounted(quick, {})).toBe('written')
    expect(await total()).toEqual({ told: 1, rows: 1 })
    pause.resume()
    await recount
    expect(await total()).toEqual({ told: 1, rows: 1 })
    expect(await quick.stores.metering.repair(tenant)).toEqual(NOTHING)
  })

  it('the same of the number of learners who ever qualified', async () => {
    await recounted(quick, {})
    await store(quick.stores, tenant, [{ ifi: ANA }])
    const pause = slow.faults.pause('policy_totals.updateOne', 'before')
    const recount = recounted(slow, counting('learner'))
    await pause.reached
    await store(quick.stores, tenant, [{ ifi: ANA }])
    await recounted(quick, {})
    pause.resume()
    await recount
    expect(await quick.stores.metering.totalLearners(tenant, 'p')).toBe(1)
    expect(await quick.stores.metering.repair(tenant)).toEqual(NOTHING)
  })
})
