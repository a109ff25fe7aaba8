import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Act, Adjustment, Dispute, DisputeDecision } from '../../src/store/ports.ts'
import { historyOf, learnerOf, NOON, resultOf, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'
import { goOn, leaseOf, rowOf, sealed } from './snapshot-store.ts'

const WINDOW = { policy: 'p', version: 1, start: NOON }
const ANA = 'account:https://lms.example|ana'
const BEN = 'account:https://lms.example|ben'

function adjustmentOf(given: Partial<Adjustment> = {}): Adjustment {
  const what = {
    kind: 'manual' as const,
    reason: 'correction' as const,
    delta: 1,
    learner: null,
    key: 'learner',
  }
  const why = { token: null, evidence: null, author: 'somebody', at: NOON, note: 'because' }
  return { ...WINDOW, id: randomUUID(), ...what, ...why, ...given }
}

function disputeOf(given: Partial<Dispute> = {}): Dispute {
  const what = { learner: 'l-1', author: 'somebody', at: NOON, reason: 'never worked here', decision: null }
  return { ...WINDOW, id: randomUUID(), ...what, ...given }
}

const decisionOf = (state: DisputeDecision['state']): DisputeDecision => ({
  state,
  author: 'judge',
  at: NOON + 5,
  reason: 'proven',
})

export function adjustmentStoreContract(open: Open): void {
  describe('AdjustmentStore: adjustments', () => {
    const stores = opened(open)

    it('keeps each under its id, as it was given first', async () => {
      const tenant = newTenant()
      const one = adjustmentOf({ delta: -1, evidence: { statementId: 's', at: 1, stored: 2, rule: 'r' } })
      expect(await stores().adjustments.add(tenant, one)).toBe('added')
      expect(await stores().adjustments.add(tenant, { ...one, delta: 5 })).toBe('there')
      expect((await stores().adjustments.list(tenant, WINDOW, { limit: 9 })).items).toEqual([one])
    })

    it('lists a window’s by time then id, page by page, and sums them by kind', async () => {
      const tenant = newTenant()
      const given = [
        adjustmentOf({ at: 3, delta: -1 }),
        adjustmentOf({ at: 1, kind: 'automatic', reason: 'late' }),
        adjustmentOf({ at: 2, kind: 'automatic', reason: 'merge', delta: -1 }),
        adjustmentOf({ at: 2, kind: 'purged', reason: 'purge', delta: -1 }),
        adjustmentOf({ at: 9, delta: 7 }),
      ]
      for (const one of given) await stores().adjustments.add(tenant, one)
      await stores().adjustments.add(tenant, adjustmentOf({ start: NOON + 1, delta: 100 }))
      const listed = await allPages(2, (page) => stores().adjustments.list(tenant, WINDOW, page))
      expect(listed.map(({ at }) => at)).toEqual([1, 2, 2, 3, 9])
      expect(await stores().adjustments.sums(tenant, WINDOW)).toEqual({ automatic: 0, purged: -1, manual: 6 })
      expect(await stores().adjustments.sums(newTenant(), WINDOW)).toEqual({
        automatic: 0,
        purged: 0,
        manual: 0,
      })
    })

    it('come with a recount, in its commit: a stale one or one without the lease adds nothing, a repeated one nothing twice', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const history = await historyOf(stores(), tenant, ANA)
      const adjustments = [adjustmentOf({ kind: 'automatic', reason: 'late', learner: history.learner })]
      const lease = await leaseOf(stores())
      const write = (given: object) =>
        stores().metering.writeRecounts(lease, [resultOf(history, { adjustments, ...given })])
      const sums = () => stores().adjustments.sums(tenant, WINDOW)
      expect(await write({ revision: history.revision + 50 })).toEqual(['stale'])
      expect(await sums()).toMatchObject({ automatic: 0 })
      expect(await write({})).toEqual(['written'])
      expect(await sums()).toMatchObject({ automatic: 1 })
      const again = await historyOf(stores(), tenant, ANA)
      await stores().metering.writeRecounts(lease, [resultOf(again, { adjustments })])
      expect(await sums()).toMatchObject({ automatic: 1 })
      await stores().leases.release(lease)
      const more = [adjustmentOf({ kind: 'automatic', reason: 'late' })]
      expect(await stores().metering.writeRecounts(lease, [resultOf(again, { adjustments: more })])).toEqual([
        'fenced',
      ])
      expect(await sums()).toMatchObject({ automatic: 1 })
    })
  })

  describe('AdjustmentStore: the books of a learner', () => {
    const stores = opened(open)

    it('hold the sealed row and every entry but manual ones, of all who were merged into them', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      const [ana, ben] = [await learnerOf(stores(), tenant, ANA), await learnerOf(stores(), tenant, BEN)]
      const row = rowOf('a', { learner: ana })
      await sealed(stores(), tenant, [row, rowOf('b', { learner: ben })])
      const evidence = { statementId: 's', at: 1, stored: 2, rule: 'evidence' }
      const entries = [
        adjustmentOf({ kind: 'automatic', reason: 'merge', delta: -1, learner: ben }),
        adjustmentOf({ kind: 'manual', delta: -1, learner: ana }),
        adjustmentOf({ kind: 'purged', reason: 'purge', delta: -1, learner: ana }),
        adjustmentOf({ kind: 'automatic', reason: 'late', learner: ana, start: NOON + 1, evidence }),
      ]
      for (const entry of entries) await stores().adjustments.add(tenant, entry)
      const mine = { ...WINDOW, learner: ana, key: 'learner' }
      const books = [
        { ...mine, net: 0, purged: -1, entries: 1, evidence: row.evidence },
        { ...mine, start: NOON + 1, net: 1, purged: 0, entries: 1, evidence },
      ]
      expect(await stores().adjustments.booked(tenant, ana)).toEqual(books)
      const link = { id: randomUUID(), a: ANA, b: BEN, author: 'x', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      const family = await stores().adjustments.booked(tenant, ana)
      expect(family.filter(({ learner }) => learner === ana)).toEqual(books)
      expect(family.filter(({ learner }) => learner === ben)).toMatchObject([
        { net: 0, purged: 0, entries: 1 },
      ])
      expect(await stores().adjustments.booked(newTenant(), ana)).toEqual([])
    })

    it('know nothing of a draft that is not sealed', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const learner = await learnerOf(stores(), tenant, ANA)
      const asked = {
        tenant,
        ...WINDOW,
        window: 'p.1.x',
        end: NOON,
        requested: NOON,
        author: null,
        reason: null,
      }
      await stores().snapshots.request(asked)
      await stores().snapshots.begin(tenant, WINDOW, 'd')
      await stores().snapshots.addRows(tenant, WINDOW, 'd', [rowOf('a', { learner })], goOn)
      expect(await stores().adjustments.booked(tenant, learner)).toEqual([])
    })
  })

  describe('AdjustmentStore: disputes (F9)', () => {
    const stores = opened(open)

    it('one open dispute for a learner in a window; decided ones leave room for another', async () => {
      const tenant = newTenant()
      const first = disputeOf()
      expect(await stores().adjustments.dispute(tenant, first)).toBe('added')
      expect(await stores().adjustments.dispute(tenant, disputeOf())).toBe('there')
      expect(await stores().adjustments.dispute(tenant, disputeOf({ learner: 'l-2' }))).toBe('added')
      expect(await stores().adjustments.dispute(newTenant(), disputeOf())).toBe('added')
      expect(await stores().adjustments.decide(tenant, first.id, decisionOf('rejected'), null)).toBe('done')
      expect(await stores().adjustments.dispute(tenant, disputeOf({ at: NOON + 9 }))).toBe('added')
      const listed = await allPages(1, (page) => stores().adjustments.disputes(tenant, WINDOW, page))
      expect(listed.map(({ learner, decision }) => [learner, decision?.state ?? 'open']).sort()).toEqual([
        ['l-1', 'open'],
        ['l-1', 'rejected'],
        ['l-2', 'open'],
      ])
    })

    it('acceptance and its adjustment are one: decided once, whoever decides at the same moment', async () => {
      const tenant = newTenant()
      const dispute = disputeOf()
      await stores().adjustments.dispute(tenant, dispute)
      const outcomes = await Promise.all(
        (['accepted', 'rejected', 'accepted'] as const).map((state, index) =>
          stores().adjustments.decide(
            tenant,
            dispute.id,
            { ...decisionOf(state), at: NOON + index },
            state === 'accepted' ? adjustmentOf({ delta: -1, id: randomUUID() }) : null,
          ),
        ),
      )
      expect(outcomes.filter((one) => one === 'done')).toHaveLength(1)
      const decided = await stores().adjustments.disputeById(tenant, dispute.id)
      const { manual } = await stores().adjustments.sums(tenant, WINDOW)
      expect(manual).toBe(decided?.decision?.state === 'accepted' ? -1 : 0)
      expect(await stores().adjustments.decide(tenant, 'nobody', decisionOf('accepted'), null)).toBeNull()
      expect(
        await stores().adjustments.decide(newTenant(), dispute.id, decisionOf('accepted'), null),
      ).toBeNull()
      expect(await stores().adjustments.disputeById(newTenant(), dispute.id)).toBeNull()
    })
  })

  describe('ActLog', () => {
    const stores = opened(open)

    it('keeps each act as it was first, newest first, page by page, for its tenant alone', async () => {
      const tenant = newTenant()
      const actOf = (at: number): Act => ({
        id: randomUUID(),
        at,
        author: 'somebody',
        act: 'close window',
        subject: 'w',
        reason: null,
        details: { a: 1 },
      })
      const acts = [actOf(2), actOf(3), actOf(1)]
      for (const act of acts) await stores().acts.add(tenant, act)
      await stores().acts.add(tenant, { ...(acts[0] as Act), author: 'another' })
      const listed = await allPages(2, (page) => stores().acts.list(tenant, page))
      expect(listed).toEqual([acts[1], acts[0], acts[2]])
      expect((await stores().acts.list(newTenant(), { limit: 9 })).items).toEqual([])
    })
  })
}
