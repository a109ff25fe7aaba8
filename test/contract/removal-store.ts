import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Tombstone } from '../../src/metering/tombstone.ts'
import type { DeletionRecord, Lease, Stores } from '../../src/store/ports.ts'
import { activityTerm } from '../../src/xapi/terms.ts'
import { COURSE, historyOf, NOON, resultOf, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'
import { batchOf, statementOf } from './statement-fixtures.ts'

const ANA = 'account:https://lms.example|ana'
const BEN = 'account:https://lms.example|ben'

function tombstoneOf(learner: string, given: Partial<Tombstone> = {}): Tombstone {
  const id = randomUUID()
  return {
    id,
    learner,
    policy: 'p',
    version: 1,
    at: NOON,
    stored: NOON,
    element: COURSE,
    attempt: null,
    ...given,
  }
}

function recordOf(given: Partial<DeletionRecord> = {}): DeletionRecord {
  return {
    id: randomUUID(),
    mode: 'physical',
    filter: { before: NOON },
    dryRun: false,
    confirmed: 1,
    author: 'admin',
    reason: 'old',
    at: NOON,
    upTo: 7,
    state: 'planning',
    position: null,
    seen: 0,
    figures: { statements: 0, attempts: 0, learners: 0, shared: 0, leaving: {}, closed: [] },
    ...given,
  }
}

const leaseOf = async (stores: Stores) =>
  (await stores.leases.acquire(`drain ${randomUUID()}`, 'test', 60_000)) as Lease

/** Recounts to nothing, so that what was marked before is clear. */
async function settle(stores: Stores, tenant: string, ifi: string): Promise<void> {
  await stores.metering.writeRecounts(await leaseOf(stores), [resultOf(await historyOf(stores, tenant, ifi))])
}

async function listed(stores: Stores, tenant: string): Promise<readonly string[]> {
  const selection = { terms: [activityTerm(COURSE, false)], ascending: true, limit: 100 }
  return (await stores.statements.select(tenant, selection)).items.map(({ id }) => id)
}

export function removalStoreContract(open: Open): void {
  describe('RemovalStore', () => {
    const stores = opened(open)

    it('A23: hidden statements leave the lists, stay evidence, and their learners are marked', async () => {
      const tenant = newTenant()
      const [a = '', b = ''] = await store(stores(), tenant, [{ ifi: ANA }, { ifi: BEN }])
      await settle(stores(), tenant, ANA)
      await settle(stores(), tenant, BEN)
      expect(await stores().removals.hide(tenant, [a, randomUUID()])).toBe(1)
      expect(await listed(stores(), tenant)).toEqual([b])
      expect(await stores().statements.find(tenant, a)).toMatchObject({ voided: true })
      const { facts, marks } = await historyOf(stores(), tenant, ANA)
      expect(facts.map(({ statementId, voided }) => [statementId, voided])).toEqual([[a, true]])
      expect(marks).toHaveLength(1)
      expect((await historyOf(stores(), tenant, BEN)).marks).toEqual([])
      expect(await stores().removals.hide(tenant, [a])).toBe(0)
    })

    it('A24: purged statements are gone with their facts and index terms, and their learners are marked', async () => {
      const tenant = newTenant()
      const [a = '', b = ''] = await store(stores(), tenant, [{ ifi: ANA }, { ifi: BEN }])
      await settle(stores(), tenant, ANA)
      await settle(stores(), tenant, BEN)
      expect(await stores().removals.purge(tenant, [a, randomUUID()], [])).toBe(1)
      expect(await listed(stores(), tenant)).toEqual([b])
      expect(await stores().statements.find(tenant, a)).toBeNull()
      expect((await stores().statements.scan(tenant, 0, 10)).map(({ id }) => id)).toEqual([b])
      expect(await stores().metering.factsOf(tenant, a)).toEqual([])
      const { facts, marks } = await historyOf(stores(), tenant, ANA)
      expect(facts).toEqual([])
      expect(marks).toHaveLength(1)
      expect((await historyOf(stores(), tenant, BEN)).marks).toEqual([])
    })

    it('counting §1.5: a purged id that is sent again is a duplicate, whatever its content, and does not come back', async () => {
      const tenant = newTenant()
      const one = statementOf()
      await stores().statements.insert(tenant, batchOf([one]))
      await stores().removals.purge(tenant, [one.id], [])
      const fresh = statementOf()
      const again = await stores().statements.insert(tenant, batchOf([one, fresh]))
      expect(again).toMatchObject({ outcome: 'stored', existing: [one.id] })
      const other = { ...statementOf(), id: one.id }
      expect(await stores().statements.insert(tenant, batchOf([other]))).toMatchObject({
        outcome: 'stored',
        existing: [one.id],
      })
      expect(await stores().statements.find(tenant, one.id)).toBeNull()
      expect((await stores().statements.scan(tenant, 0, 10)).map(({ id }) => id)).toEqual([fresh.id])
      // Elsewhere it may be stored: ids are a tenant's own (ruling 24).
      expect(await stores().statements.insert(newTenant(), batchOf([one]))).toMatchObject({ existing: [] })
    })

    it('a hidden statement can be purged, a voiding one neither', async () => {
      const tenant = newTenant()
      const [a = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      const [voiding = ''] = await store(stores(), tenant, [{ ifi: BEN, voids: a }])
      expect(await stores().removals.hide(tenant, [a, voiding])).toBe(0)
      expect(await stores().removals.purge(tenant, [a, voiding], [])).toBe(1)
      expect(await stores().statements.find(tenant, voiding)).toMatchObject({ voided: false })
    })

    it('ruling 8: tombstones are part of the history, in order, wherever the identifier goes', async () => {
      const tenant = newTenant()
      const [a = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      const [late, early] = [tombstoneOf(ANA, { at: NOON + 1 }), tombstoneOf(ANA)]
      await stores().removals.purge(tenant, [a], [late, early])
      expect((await historyOf(stores(), tenant, ANA)).tombstones).toEqual([early, late])
      const links = [{ id: randomUUID(), a: ANA, b: BEN, author: 'x', source: 'alias' as const, at: NOON }]
      await stores().identities.link(tenant, links, { dryRun: false, confirmAbove: 20 })
      expect((await historyOf(stores(), tenant, BEN)).tombstones).toEqual([early, late])
      expect(await stores().statements.scan(newTenant(), 0, 10)).toEqual([])
    })

    it('what is stored after a purge gets a seq of its own, later than all before', async () => {
      const tenant = newTenant()
      const [a = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      const before = await stores().statements.find(tenant, a)
      await stores().removals.purge(tenant, [a], [])
      const [b = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      const after = await stores().statements.find(tenant, b)
      expect(after?.seq).toBeGreaterThan(before?.seq ?? Number.NaN)
      expect(after?.stored).toBeGreaterThan(before?.stored ?? Number.NaN)
    })

    it('cleaning comes to an end', async () => {
      const tenant = newTenant()
      const ids = await store(stores(), tenant, [{ ifi: ANA }, { ifi: BEN }, { ifi: ANA }])
      await stores().removals.purge(tenant, ids.slice(1), [])
      const steps: string[] = []
      for (; steps.at(-1) !== 'done' && steps.length < 100; ) steps.push(await stores().removals.clean())
      expect(steps.at(-1)).toBe('done')
      expect(await listed(stores(), tenant)).toEqual(ids.slice(0, 1))
    })

    it('keeps the acts, newest first, and knows which are open; only who holds the lease goes on with one', async () => {
      const tenant = newTenant()
      const records = [0, 1, 2].map((n) => recordOf({ at: NOON + n }))
      for (const record of records) await stores().removals.addDeletion(tenant, record)
      const lease = await leaseOf(stores())
      const done = { ...(records[1] as DeletionRecord), state: 'done' as const, seen: 5 }
      expect(await stores().removals.saveDeletion(lease, tenant, done)).toBe('saved')
      expect(await stores().removals.deletion(tenant, done.id)).toEqual(done)
      const all = await allPages(1, (page) => stores().removals.deletions(tenant, page))
      expect(all).toEqual([records[2], done, records[0]])
      const open = (await stores().removals.openDeletions(1000)).filter((one) => one.tenant === tenant)
      expect(open.map(({ record }) => record)).toEqual([records[0], records[2]])
      await stores().leases.release(lease)
      expect(await stores().removals.saveDeletion(lease, tenant, { ...done, seen: 9 })).toBe('fenced')
      expect(await stores().removals.deletion(tenant, done.id)).toEqual(done)
      expect(await stores().removals.deletion(newTenant(), done.id)).toBeNull()
    })

    it('ruling 31: computedThrough stays before what is being deleted, and not before what only looks', async () => {
      const tenant = newTenant()
      const record = recordOf()
      await stores().removals.addDeletion(tenant, record)
      expect((await stores().metering.computedThrough(tenant)).at).toBeGreaterThan(NOON)
      const lease = await leaseOf(stores())
      await stores().removals.saveDeletion(lease, tenant, { ...record, state: 'deleting' })
      expect(await stores().metering.computedThrough(tenant)).toMatchObject({
        at: NOON - 1,
        behind: expect.stringContaining(record.id),
      })
      await stores().removals.saveDeletion(lease, tenant, { ...record, state: 'done' })
      expect((await stores().metering.computedThrough(tenant)).at).toBeGreaterThan(NOON)
    })
  })
}
