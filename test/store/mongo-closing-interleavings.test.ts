/** Whoever closes a window and is held up meanwhile, without knowing that another process has gone on with it. */
import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { NOON } from '../contract/evidence.ts'
import { newTenant } from '../contract/opened.ts'
import { goOn, requestFor, rowOf, sealed } from '../contract/snapshot-store.ts'
import { newPortWorld, type PortWorld } from './mongo-port-processes.ts'

const WINDOW = { policy: 'p', version: 1, start: NOON }

let world: PortWorld
beforeAll(async () => {
  world = await newPortWorld()
})
afterAll(() => world.close())

it('who began a draft and then slept leaves the rows that another has sealed since', async () => {
  const [slow, quick] = [world.start(), world.start()]
  const tenant = newTenant()
  await quick.stores.snapshots.request(requestFor(tenant))
  const pause = slow.faults.pause('snapshot_rows.deleteMany', 'before')
  const begun = slow.stores.snapshots.begin(tenant, WINDOW, randomUUID())
  await pause.reached
  const { id } = await sealed(quick.stores, tenant, [rowOf('a')])
  pause.resume()
  await begun
  const { items } = await quick.stores.snapshots.rows(tenant, id, { limit: 9 })
  expect(items.map(({ token }) => token)).toEqual(['a'])
})

it('rows of every draft before are removed, however their processes ended', async () => {
  const { stores } = world.start()
  const tenant = newTenant()
  await stores.snapshots.request(requestFor(tenant))
  const drafts = [randomUUID(), randomUUID()]
  for (const draft of drafts) {
    await stores.snapshots.begin(tenant, WINDOW, draft)
    await stores.snapshots.addRows(tenant, WINDOW, draft, [rowOf('a')], goOn)
    await stores.snapshots.abandon(tenant, WINDOW)
  }
  await stores.snapshots.begin(tenant, WINDOW, randomUUID())
  for (const draft of drafts)
    expect((await stores.snapshots.rows(tenant, draft, { limit: 9 })).items).toEqual([])
})

it.each([
  ['abandoned', null],
  ['current', 'earlier'],
])('rows of a draft that an earlier version began, now %s, are removed', async (_, draft) => {
  const { stores } = world.start()
  const tenant = newTenant()
  await stores.snapshots.request(requestFor(tenant))
  await stores.snapshots.begin(tenant, WINDOW, 'earlier')
  await stores.snapshots.addRows(tenant, WINDOW, 'earlier', [rowOf('a')], goOn)
  const client = await new MongoClient(world.database.url).connect()
  await client
    .db()
    .collection('closings')
    .updateOne({ tenant }, { $unset: { drafts: '' }, $set: { draft } })
  await client.close()
  await stores.snapshots.begin(tenant, WINDOW, randomUUID())
  expect((await stores.snapshots.rows(tenant, 'earlier', { limit: 9 })).items).toEqual([])
})
