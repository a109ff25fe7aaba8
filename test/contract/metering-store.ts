import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CatalogueEntry } from '../../src/attempts/derivation.ts'
import { type LearnerCount, LIVE } from '../../src/metering/count.ts'
import type { Policy } from '../../src/metering/policy.ts'
import { presets } from '../../src/metering/presets.ts'
import type { Lease, RecountResult, StoredPolicy, Stores } from '../../src/store/ports.ts'
import { attemptOf, COURSE, countOf, historyOf, learnerOf, NOON, resultOf, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

const ANA = 'account:https://lms.example|ana'
const BEN = 'account:https://lms.example|ben'
const CYD = 'account:https://lms.example|cyd'
const WINDOW = Date.UTC(2024, 4, 1)
const DAY = 86_400_000

function policyOf(id: string, version = 1): StoredPolicy {
  const policy = { ...(presets[0] as Policy), id }
  return {
    policy,
    version,
    countHash: 'c',
    commercialHash: 'm',
    effectiveFrom: version === 1 ? null : NOON,
    recorded: NOON,
  }
}

function entryOf(id: string): CatalogueEntry & { author: string } {
  return { id, name: 'Course', kind: 'other', utilizationTracking: 'none', validFrom: NOON, author: 'admin' }
}

async function drainLease(stores: Stores): Promise<Lease> {
  return (await stores.leases.acquire(`drain ${randomUUID()}`, 'test', 60_000)) as Lease
}

/** Recounts one learner to what is given. */
async function recount(stores: Stores, tenant: string, ifi: string, given: Partial<RecountResult> = {}) {
  const history = await historyOf(stores, tenant, ifi)
  const [outcome] = await stores.metering.writeRecounts(await drainLease(stores), [resultOf(history, given)])
  return outcome
}

const dirtyOf = async (stores: Stores, tenant: string) =>
  (await stores.metering.dirtyLearners(100_000))
    .filter((one) => one.tenant === tenant)
    .map(({ learner }) => learner)

const windowOf = (policy: string) => ({ policy, version: 1, start: WINDOW })

/** Expands every pending change of the tenant, in small slices. */
async function expandAll(stores: Stores, tenant: string, slice = 2): Promise<void> {
  const lease = await drainLease(stores)
  for (;;) {
    const change = (await stores.metering.pendingChanges(1000)).find((one) => one.tenant === tenant)
    if (!change) return
    await stores.metering.expandChange(lease, change, slice)
  }
}

/** Counted once, and once more in the live window of a rolling policy. */
function standingOf(at: number): LearnerCount {
  const [live] = countOf('p', LIVE, at).counted
  return { ...countOf('p', WINDOW, at), standing: live ? [live] : [] }
}

export function meteringStoreContract(open: Open): void {
  describe('PolicyStore', () => {
    const stores = opened(open)

    it('keeps every version, by id then version, exactly as given', async () => {
      const tenant = newTenant()
      const given = [policyOf('b'), policyOf('a', 2), policyOf('a')]
      for (const policy of given) expect(await stores().policies.add(tenant, policy)).toBe('added')
      expect(await stores().policies.list(tenant)).toEqual([given[2], given[1], given[0]])
    })

    it('a version is immutable: the same again is taken and changes nothing', async () => {
      const tenant = newTenant()
      await stores().policies.add(tenant, policyOf('a'))
      expect(await stores().policies.add(tenant, { ...policyOf('a'), countHash: 'other' })).toBe('taken')
      expect(await stores().policies.list(tenant)).toEqual([policyOf('a')])
      expect(
        (await stores().metering.pendingChanges(1000)).filter((one) => one.tenant === tenant),
      ).toHaveLength(1)
    })

    it('ruling 24: another tenant has none of them', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await stores().policies.add(first, policyOf('a'))
      expect(await stores().policies.list(second)).toEqual([])
      expect(await stores().policies.add(second, policyOf('a'))).toBe('added')
    })
  })

  describe('MeteringStore: history', () => {
    const stores = opened(open)

    it('ruling 8: holds the facts of all identities ascending by seq, with stored and voided', async () => {
      const tenant = newTenant()
      const [first, second, third] = await store(stores(), tenant, [
        { ifi: ANA, name: 'Ana' },
        { ifi: BEN },
        { ifi: ANA, at: NOON + 1 },
      ])
      await store(stores(), tenant, [{ ifi: BEN, voids: first as string }])
      const { facts, identities } = await historyOf(stores(), tenant, ANA)
      expect(identities).toMatchObject([{ ifi: ANA, name: 'Ana', seen: true }])
      expect(facts.map(({ statementId, voided }) => [statementId, voided])).toEqual([
        [first, true],
        [third, false],
      ])
      expect(facts[0]?.seq).toBeLessThan(facts[1]?.seq ?? Number.NaN)
      const stored = await stores().statements.find(tenant, third as string)
      expect(facts[1]).toMatchObject({ seq: stored?.seq, stored: stored?.stored, at: NOON + 1, learner: ANA })
      expect(await stores().metering.factsOf(tenant, second as string)).toMatchObject([
        { learner: BEN, voided: false },
      ])
    })

    it('is null for a learner nobody knows, and after a merge the elder’s', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      const [elder, younger] = [
        await learnerOf(stores(), tenant, ANA),
        await learnerOf(stores(), tenant, BEN),
      ]
      expect(await stores().metering.history(tenant, randomUUID())).toBeNull()
      const link = { id: randomUUID(), a: ANA, b: BEN, author: 'admin', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      const history = await stores().metering.history(tenant, younger)
      expect(history?.learner).toBe(elder)
      expect(history?.facts).toHaveLength(2)
    })

    it('several at once are what each is by itself, in the order asked for', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [
        { ifi: ANA },
        { ifi: BEN },
        { ifi: BEN, object: 'https://example.org/b' },
      ])
      const link = { id: randomUUID(), a: BEN, b: CYD, author: 'admin', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      const [ana, ben] = await Promise.all([ANA, BEN].map((ifi) => learnerOf(stores(), tenant, ifi)))
      const learners = [ben, 'nobody', ana].map((learner) => ({ tenant, learner: learner as string }))
      const found: unknown[] = []
      while (found.length < learners.length) {
        const some = await stores().metering.histories(learners.slice(found.length))
        expect(some.length).toBeGreaterThan(0)
        found.push(...some)
      }
      expect(found).toEqual([
        await historyOf(stores(), tenant, CYD),
        null,
        await historyOf(stores(), tenant, ANA),
      ])
    })

    it('ruling 24: neither histories nor facts cross tenants', async () => {
      const [first, second] = [newTenant(), newTenant()]
      const [id] = await store(stores(), first, [{ ifi: ANA }])
      await store(stores(), second, [{ ifi: ANA, id: id as string, at: NOON + 5 }])
      const mine = await learnerOf(stores(), first, ANA)
      expect(await stores().metering.history(second, mine)).toBeNull()
      expect(await stores().metering.factsOf(second, id as string)).toMatchObject([{ at: NOON + 5 }])
      expect(await stores().metering.factsOf(newTenant(), id as string)).toEqual([])
    })
  })

  describe('MeteringStore: writing recounts', () => {
    const stores = opened(open)

    it('ruling 10: rows that belong to no window are kept and told apart, and counted by a range of their time', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      await stores().policies.add(tenant, policyOf('p'))
      const [ana, ben] = [standingOf(NOON), standingOf(NOON + 1000)]
      await recount(stores(), tenant, ANA, { counts: [ana] })
      await recount(stores(), tenant, BEN, { counts: [ben] })
      const row = { policy: 'p', version: 1, start: LIVE }
      const since = (at: number) => stores().metering.countSince(tenant, row, at)
      expect([await since(NOON), await since(NOON + 1), await since(NOON + 1001)]).toEqual([2, 1, 0])
      const page = await stores().metering.counted(tenant, row, { limit: 9, since: NOON + 1 })
      expect(page.items.map(({ learner }) => learner)).toEqual([await learnerOf(stores(), tenant, BEN)])
      const listed = await allPages(1, (one) =>
        stores().metering.counted(tenant, row, { ...one, since: NOON }),
      )
      expect(listed.map(({ evidence }) => evidence.at)).toEqual([NOON, NOON + 1000])
      const learner = await learnerOf(stores(), tenant, ANA)
      expect(await stores().metering.countsOf(tenant, learner)).toEqual([ana])
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(2)
      await recount(stores(), tenant, ANA, { counts: [countOf('p', WINDOW)] })
      expect(await since(NOON)).toBe(1)
      expect(await stores().metering.countSince(newTenant(), row, NOON)).toBe(0)
    })

    it('replaces what the learner counts for, refreshes the totals, and clears the marks: all of it at once', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      for (const id of ['p', 'q']) await stores().policies.add(tenant, policyOf(id))
      const [ana, ben] = [countOf('p', WINDOW), countOf('p', WINDOW, NOON + 1)]
      expect(await recount(stores(), tenant, ANA, { counts: [ana] })).toBe('written')
      expect(await recount(stores(), tenant, BEN, { counts: [ben, countOf('q', WINDOW + DAY)] })).toBe(
        'written',
      )
      expect(await dirtyOf(stores(), tenant)).toEqual([])
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(2)
      expect(await stores().metering.countOf(tenant, { ...windowOf('q'), start: WINDOW + DAY })).toBe(1)
      expect(await stores().metering.countOf(tenant, windowOf('q'))).toBe(0)
      expect(await stores().metering.totalLearners(tenant, 'p')).toBe(2)
      const learner = await learnerOf(stores(), tenant, ANA)
      expect(await stores().metering.countedKeys(tenant, windowOf('p'), learner)).toEqual(ana.counted)
      expect(await stores().metering.countsOf(tenant, learner)).toEqual([
        ana,
        { policy: 'q', version: 1, counted: [], firstQualified: null },
      ])
    })

    it('what is no longer counted is gone, and the same result again changes nothing', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const learner = await learnerOf(stores(), tenant, ANA)
      const [may, june] = [countOf('p', WINDOW), countOf('p', WINDOW + 31 * DAY, NOON + 31 * DAY)]
      const counts = [{ ...may, counted: [...may.counted, ...june.counted] }]
      await recount(stores(), tenant, ANA, {
        counts,
        attempts: [attemptOf({ id: 'a' })],
        untracked: { resource: 2 },
      })
      for (let again = 0; again < 2; again++) {
        await recount(stores(), tenant, ANA, {
          counts: [may],
          attempts: [attemptOf({ id: 'b' })],
          untracked: { marker: 1 },
        })
        expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(1)
        expect(await stores().metering.countOf(tenant, { ...windowOf('p'), start: WINDOW + 31 * DAY })).toBe(
          0,
        )
        expect(
          (await stores().metering.attempts(tenant, { limit: 9, learner })).items.map(({ id }) => id),
        ).toEqual(['b'])
        expect((await stores().metering.review(tenant)).untracked).toEqual([
          { reason: 'marker', statements: 1, learners: 1 },
        ])
      }
      await recount(stores(), tenant, ANA)
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(0)
      expect(await stores().metering.totalLearners(tenant, 'p')).toBe(0)
      expect((await stores().metering.counted(tenant, windowOf('p'), { limit: 9 })).items).toEqual([])
    })

    it('an earlier statement that came late takes the place of the evidence, and of the first time ever', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await stores().policies.add(tenant, policyOf('p'))
      await recount(stores(), tenant, ANA, { counts: [countOf('p', WINDOW, NOON)] })
      const earlier = countOf('p', WINDOW, NOON - 1)
      await recount(stores(), tenant, ANA, { counts: [earlier] })
      const learner = await learnerOf(stores(), tenant, ANA)
      expect(await stores().metering.countsOf(tenant, learner)).toEqual([earlier])
      const { items } = await stores().metering.counted(tenant, windowOf('p'), { limit: 9 })
      expect(items.map(({ evidence }) => evidence)).toEqual(earlier.counted.map(({ evidence }) => evidence))
    })

    it('ruling 7: one learner may count several keys in one window, and the count is of keys', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const [one, other] = [
        countOf('p', WINDOW, NOON, 'activity:1'),
        countOf('p', WINDOW, NOON, 'activity:2'),
      ]
      await recount(stores(), tenant, ANA, {
        counts: [{ ...one, counted: [...one.counted, ...other.counted] }],
      })
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(2)
      expect(await stores().metering.totalLearners(tenant, 'p')).toBe(1)
    })

    it('ruling 30: a mark made again since the history was read stays', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const history = await historyOf(stores(), tenant, ANA)
      await store(stores(), tenant, [{ ifi: ANA, at: NOON + 1 }])
      const lease = await drainLease(stores())
      expect(await stores().metering.writeRecounts(lease, [resultOf(history)])).toEqual(['written'])
      expect(await dirtyOf(stores(), tenant)).toEqual([history.learner])
      expect(await recount(stores(), tenant, ANA)).toBe('written')
      expect(await dirtyOf(stores(), tenant)).toEqual([])
    })

    it('a result is stale when the learner’s identities changed, and then nothing of it is written', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      await store(stores(), tenant, [{ ifi: CYD }])
      const [ana, ben, cyd] = await Promise.all(
        [ANA, BEN, CYD].map((ifi) => historyOf(stores(), tenant, ifi)),
      )
      const link = { id: randomUUID(), a: ANA, b: BEN, author: 'admin', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      const counts = [countOf('p', WINDOW)]
      const results = [ana, ben, cyd].flatMap((history) => (history ? [resultOf(history, { counts })] : []))
      const outcomes = await stores().metering.writeRecounts(await drainLease(stores()), results)
      expect(outcomes).toEqual(['stale', 'stale', 'written'])
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(1)
      expect(await dirtyOf(stores(), tenant)).toEqual([ana?.learner])
    })

    it('ruling 33: under a lease somebody else has now, everything is fenced and nothing is written', async () => {
      const tenant = newTenant()
      const name = randomUUID()
      await store(stores(), tenant, [{ ifi: ANA }])
      const history = await historyOf(stores(), tenant, ANA)
      const old = (await stores().leases.acquire(name, 'a', 0)) as Lease
      const current = (await stores().leases.acquire(name, 'b', 60_000)) as Lease
      const result = resultOf(history, { counts: [countOf('p', WINDOW)] })
      expect(await stores().metering.writeRecounts(old, [result])).toEqual(['fenced'])
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(0)
      expect(await dirtyOf(stores(), tenant)).toEqual([history.learner])
      await stores().leases.release(current)
      expect(await stores().metering.writeRecounts(current, [result])).toEqual(['fenced'])
    })

    it('ruling 19: what a merged learner counted for is the elder’s after the recount, and counts once', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      for (const ifi of [ANA, BEN]) {
        const attempts = [attemptOf({ id: `of ${ifi}` })]
        await recount(stores(), tenant, ifi, {
          counts: [countOf('p', WINDOW)],
          attempts,
          untracked: { marker: 1 },
        })
      }
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(2)
      const link = { id: randomUUID(), a: ANA, b: BEN, author: 'admin', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      const attempts = [attemptOf({ id: 'one' })]
      await recount(stores(), tenant, BEN, {
        counts: [countOf('p', WINDOW)],
        attempts,
        untracked: { marker: 1 },
      })
      expect(await stores().metering.countOf(tenant, windowOf('p'))).toBe(1)
      expect(await stores().metering.totalLearners(tenant, 'p')).toBe(1)
      expect((await stores().metering.attempts(tenant, { limit: 9 })).items.map(({ id }) => id)).toEqual([
        'one',
      ])
      expect((await stores().metering.review(tenant)).untracked).toEqual([
        { reason: 'marker', statements: 1, learners: 1 },
      ])
      expect(await dirtyOf(stores(), tenant)).toEqual([])
    })

    it('ruling 24: one tenant’s recount changes neither counts, totals nor marks of another', async () => {
      const [first, second] = [newTenant(), newTenant()]
      for (const tenant of [first, second]) await store(stores(), tenant, [{ ifi: ANA }])
      await recount(stores(), first, ANA, {
        counts: [countOf('p', WINDOW)],
        attempts: [attemptOf({ id: 'a', mixed: true })],
        untracked: { marker: 1 },
      })
      const mine = await learnerOf(stores(), first, ANA)
      expect(await stores().metering.countOf(second, windowOf('p'))).toBe(0)
      expect(await stores().metering.totalLearners(second, 'p')).toBe(0)
      expect((await stores().metering.counted(second, windowOf('p'), { limit: 9 })).items).toEqual([])
      expect(await stores().metering.countedKeys(second, windowOf('p'), mine)).toEqual([])
      expect((await stores().metering.attempts(second, { limit: 9 })).items).toEqual([])
      expect(await stores().metering.review(second)).toEqual({ untracked: [], defaultElements: [], mixed: 0 })
      expect(await dirtyOf(stores(), second)).toHaveLength(1)
      const foreign = { ...resultOf(await historyOf(stores(), first, ANA)), tenant: second }
      expect(await stores().metering.writeRecounts(await drainLease(stores()), [foreign])).toEqual(['stale'])
      expect(await stores().metering.countOf(first, windowOf('p'))).toBe(1)
    })
  })

  describe('MeteringStore: repair', () => {
    const stores = opened(open)
    const NOTHING = { strays: 0, windows: 0, policies: 0 }
    const result = () => ({
      counts: [countOf('p', WINDOW)],
      attempts: [attemptOf({ id: randomUUID() })],
      untracked: { resource: 2 },
    })
    const everything = async (tenant: string) => ({
      keys: await stores().metering.countOf(tenant, windowOf('p')),
      total: await stores().metering.totalLearners(tenant, 'p'),
      counted: (await stores().metering.counted(tenant, windowOf('p'), { limit: 99 })).items,
      attempts: (await stores().metering.attempts(tenant, { limit: 99 })).items,
      review: await stores().metering.review(tenant),
    })

    it('finds nothing in what recounts have written, and changes nothing', async () => {
      const tenant = newTenant()
      await stores().policies.add(tenant, policyOf('p'))
      for (const ifi of [ANA, BEN]) await store(stores(), tenant, [{ ifi }])
      expect(await stores().metering.repair(tenant)).toEqual(NOTHING)
      for (const ifi of [ANA, BEN]) await recount(stores(), tenant, ifi, result())
      await recount(stores(), tenant, BEN)
      const before = await everything(tenant)
      expect(before).toMatchObject({ keys: 1, total: 1 })
      expect(await stores().metering.repair(tenant)).toEqual(NOTHING)
      expect(await everything(tenant)).toEqual(before)
      expect(await stores().metering.untrackedOf(tenant, await learnerOf(stores(), tenant, ANA))).toEqual({
        resource: 2,
      })
      expect(await stores().metering.untrackedOf(tenant, await learnerOf(stores(), tenant, BEN))).toEqual({})
    })

    it('removes counts under no policy of the tenant, and totals are what is left; other tenants keep theirs', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await stores().policies.add(other, policyOf('p'))
      for (const of of [tenant, other]) {
        for (const ifi of [ANA, BEN, CYD]) await store(stores(), of, [{ ifi }])
        for (const ifi of [ANA, BEN, CYD]) await recount(stores(), of, ifi, result())
      }
      const before = await everything(other)
      expect(await stores().metering.repair(tenant)).toEqual({ strays: 6, windows: 1, policies: 1 })
      expect(await everything(tenant)).toMatchObject({ keys: 0, total: 0, counted: [] })
      expect((await everything(tenant)).attempts).toHaveLength(3)
      expect(await stores().metering.repair(tenant)).toEqual(NOTHING)
      expect(await everything(other)).toEqual(before)
      expect(await stores().metering.repair(other)).toEqual(NOTHING)
    })

    it('leaves the rows of one who was merged away to the recount that is due', async () => {
      const tenant = newTenant()
      await stores().policies.add(tenant, policyOf('p'))
      await expandAll(stores(), tenant)
      for (const ifi of [ANA, BEN]) await store(stores(), tenant, [{ ifi }])
      for (const ifi of [ANA, BEN]) await recount(stores(), tenant, ifi, result())
      const link = { id: randomUUID(), a: ANA, b: BEN, author: 'admin', source: 'alias' as const, at: NOON }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      expect(await stores().metering.repair(tenant)).toEqual(NOTHING)
      expect(await everything(tenant)).toMatchObject({ keys: 2, total: 2 })
      await recount(stores(), tenant, ANA, result())
      expect(await everything(tenant)).toMatchObject({ keys: 1, total: 1 })
      expect(await stores().metering.repair(tenant)).toEqual(NOTHING)
    })
  })

  describe('MeteringStore: what is dirty', () => {
    const stores = opened(open)

    it('names dirty learners oldest first, each once, and no more than asked for', async () => {
      const tenant = newTenant()
      for (const ifi of [CYD, ANA, BEN, CYD]) await store(stores(), tenant, [{ ifi }])
      const order = await Promise.all([CYD, ANA, BEN].map((ifi) => learnerOf(stores(), tenant, ifi)))
      expect(await dirtyOf(stores(), tenant)).toEqual(order)
      expect(await stores().metering.dirtyLearners(1)).toHaveLength(1)
    })

    it('ruling 30: one that fails stays dirty and keeps its turn, but lets the others go first', async () => {
      const tenant = newTenant()
      for (const ifi of [ANA, BEN, CYD]) await store(stores(), tenant, [{ ifi }])
      const [ana, ben, cyd] = await Promise.all(
        [ANA, BEN, CYD].map((ifi) => learnerOf(stores(), tenant, ifi)),
      )
      await stores().metering.markFailed(tenant, ana as string, 'no such zone')
      expect(await dirtyOf(stores(), tenant)).toEqual([ben, cyd, ana])
      const { behind } = await stores().metering.computedThrough(tenant)
      expect(behind).toContain('no such zone')
      await recount(stores(), tenant, ANA)
      expect(await dirtyOf(stores(), tenant)).toEqual([ben, cyd])
      // Counted once, it is like the others again.
      for (const ifi of [BEN, CYD]) await recount(stores(), tenant, ifi)
      for (const ifi of [ANA, BEN]) await store(stores(), tenant, [{ ifi }])
      expect(await dirtyOf(stores(), tenant)).toEqual([ana, ben])
      expect((await stores().metering.computedThrough(tenant)).behind).not.toContain('no such zone')
    })

    it('ruling 30: computedThrough tells apart who waits because a recount fails, and who only waits', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const [id = ''] = await store(stores(), tenant, [{ ifi: BEN }])
      const stored = (await stores().statements.find(tenant, id))?.stored ?? Number.NaN
      expect((await stores().metering.computedThrough(tenant)).failing).toBeNull()
      const ana = await learnerOf(stores(), tenant, ANA)
      await stores().metering.markFailed(tenant, ana, 'no such zone')
      const first = await stores().metering.computedThrough(tenant)
      expect(first.failing).toMatchObject({ learners: 1, others: stored - 1 })
      await recount(stores(), tenant, BEN)
      await stores().metering.markFailed(tenant, ana, 'no such zone')
      const { at, failing } = await stores().metering.computedThrough(tenant)
      expect(at).toBeLessThan(stored)
      expect(failing?.others).toBeGreaterThanOrEqual(stored)
      expect(failing?.tried).toBeGreaterThanOrEqual(first.failing?.tried ?? Number.NaN)
      // A mass change holds the others back as well.
      await stores().policies.add(tenant, { ...policyOf('p'), recorded: stored })
      expect((await stores().metering.computedThrough(tenant)).failing?.others).toBe(stored - 1)
      await expandAll(stores(), tenant)
      await recount(stores(), tenant, BEN)
      await recount(stores(), tenant, ANA)
      expect((await stores().metering.computedThrough(tenant)).failing).toBeNull()
    })

    it('computedThrough ends before the oldest statement that is not counted, and says so', async () => {
      const tenant = newTenant()
      const [id] = await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: BEN }])
      const stored = (await stores().statements.find(tenant, id as string))?.stored ?? Number.NaN
      const behind = await stores().metering.computedThrough(tenant)
      expect(behind.at).toBe(stored - 1)
      expect(behind.behind).not.toBeNull()
      await recount(stores(), tenant, ANA)
      expect((await stores().metering.computedThrough(tenant)).at).toBeGreaterThanOrEqual(stored)
      await recount(stores(), tenant, BEN)
      const done = await stores().metering.computedThrough(tenant)
      expect(done.behind).toBeNull()
      expect(done.at).toBeGreaterThan(stored)
    })

    it('ruling 24: what is dirty in one tenant holds no other back', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await store(stores(), first, [{ ifi: ANA }])
      await stores().policies.add(first, policyOf('p'))
      expect((await stores().metering.computedThrough(second)).behind).toBeNull()
    })

    it('replaceFacts puts facts in place of the stored ones and marks the learners of both', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const [id = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), other, [{ ifi: ANA, id }])
      const [kept] = await stores().metering.factsOf(tenant, id)
      const { seq: _seq, stored: _stored, voided: _voided, ...fact } = kept as NonNullable<typeof kept>
      await recount(stores(), tenant, ANA)
      const before = await stores().metering.factsOf(other, id)
      await stores().metering.replaceFacts(tenant, id, [{ ...fact, learner: BEN, at: NOON - DAY }])
      expect(await stores().metering.factsOf(tenant, id)).toEqual([{ ...kept, learner: BEN, at: NOON - DAY }])
      expect(new Set(await dirtyOf(stores(), tenant))).toEqual(
        new Set([await learnerOf(stores(), tenant, ANA), await learnerOf(stores(), tenant, BEN)]),
      )
      await recount(stores(), tenant, ANA)
      await recount(stores(), tenant, BEN)
      expect(await dirtyOf(stores(), tenant)).toEqual([])
      expect(await stores().metering.factsOf(other, id)).toEqual(before)
    })

    it('markAll marks every learner of the tenant, and nobody else', async () => {
      const [first, second] = [newTenant(), newTenant()]
      for (const tenant of [first, second]) {
        for (const ifi of [ANA, BEN, CYD]) await store(stores(), tenant, [{ ifi }])
        for (const ifi of [ANA, BEN, CYD]) await recount(stores(), tenant, ifi)
      }
      await stores().metering.markAll(first)
      expect(await dirtyOf(stores(), first)).toHaveLength(3)
      expect(await dirtyOf(stores(), second)).toEqual([])
    })
  })

  describe('MeteringStore: mass changes (ruling 31)', () => {
    const stores = opened(open)
    const settle = async (tenant: string, ...ifis: readonly string[]) => {
      for (const ifi of ifis) await recount(stores(), tenant, ifi)
      expect(await dirtyOf(stores(), tenant)).toEqual([])
    }

    it('a new policy marks everybody, in slices; computedThrough stays before it until all are counted', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const ifis = Array.from({ length: 5 }, (_, n) => `${ANA}${n}`)
      for (const of of [tenant, other]) for (const ifi of ifis) await store(stores(), of, [{ ifi }])
      for (const of of [tenant, other]) await settle(of, ...ifis)
      const policy = { ...policyOf('p'), recorded: (await stores().metering.computedThrough(tenant)).at - 1 }
      await stores().policies.add(tenant, policy)
      const lease = await drainLease(stores())
      const pending = (await stores().metering.pendingChanges(1000)).filter((one) => one.tenant === tenant)
      expect(pending).toMatchObject([{ kind: 'policy', subject: 'p', recorded: policy.recorded }])
      const [change] = pending
      if (!change) throw new Error('no change')
      expect(await stores().metering.expandChange(lease, change, 2)).toBe('more')
      expect(await dirtyOf(stores(), tenant)).toHaveLength(2)
      expect(await stores().metering.computedThrough(tenant)).toMatchObject({ at: policy.recorded - 1 })
      await expandAll(stores(), tenant)
      expect(await dirtyOf(stores(), tenant)).toHaveLength(5)
      expect(await dirtyOf(stores(), other)).toEqual([])
      // The change is closed, but nobody is counted under it yet.
      expect((await stores().metering.computedThrough(tenant)).at).toBe(policy.recorded - 1)
      for (const ifi of ifis) await recount(stores(), tenant, ifi)
      expect((await stores().metering.computedThrough(tenant)).at).toBeGreaterThan(policy.recorded)
      expect(await stores().metering.expandChange(lease, change, 2)).toBe('done')
    })

    it('is fenced under a lease that somebody else has now', async () => {
      const tenant = newTenant()
      const name = randomUUID()
      await store(stores(), tenant, [{ ifi: ANA }])
      await settle(tenant, ANA)
      await stores().policies.add(tenant, policyOf('p'))
      const old = (await stores().leases.acquire(name, 'a', 0)) as Lease
      await stores().leases.acquire(name, 'b', 60_000)
      const change = (await stores().metering.pendingChanges(1000)).find((one) => one.tenant === tenant)
      if (!change) throw new Error('no change')
      expect(await stores().metering.expandChange(old, change, 9)).toBe('fenced')
      expect(await dirtyOf(stores(), tenant)).toEqual([])
    })

    it('a change of an element marks whom it touches: object, context, path below, attempt, voided; nobody else', async () => {
      const tenant = newTenant()
      const changed = 'https://example.org/changed'
      const touched: Record<string, object> = {
        object: { object: changed },
        context: { object: 'https://example.org/page', parent: changed },
        below: { object: `${changed}/slide/3`, parent: 'https://example.org/elsewhere' },
        // By the rules of its source the element has an id that no statement names.
        attempt: { object: 'https://example.org/attempt?cmid=7' },
        voided: { object: 'https://example.org/gone', parent: changed },
      }
      const untouched: Record<string, object> = {
        other: { object: COURSE },
        sibling: { object: `${changed}-2/slide` },
      }
      const ids: Record<string, string> = {}
      for (const [name, use] of Object.entries({ ...touched, ...untouched })) {
        const [id] = await store(stores(), tenant, [{ ifi: `${ANA}/${name}`, ...use }])
        ids[name] = id as string
      }
      await store(stores(), tenant, [{ ifi: BEN, voids: ids.voided as string }])
      for (const name of Object.keys(ids)) {
        const attempts = name === 'attempt' ? [attemptOf({ id: 'a', element: changed })] : []
        await recount(stores(), tenant, `${ANA}/${name}`, { attempts })
      }
      await stores().elements.put(tenant, [entryOf(changed)])
      await expandAll(stores(), tenant, 1)
      const expected = await Promise.all(
        Object.keys(touched).map((name) => learnerOf(stores(), tenant, `${ANA}/${name}`)),
      )
      expect([...(await dirtyOf(stores(), tenant))].sort()).toEqual(expected.sort())
    })

    it('a recount that read the catalogue before the change does not clear its marks', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA, object: 'https://example.org/unrelated' }])
      const history = await historyOf(stores(), tenant, ANA)
      await stores().elements.put(tenant, [entryOf(COURSE)])
      await expandAll(stores(), tenant)
      // Its attempts turn out to be of the changed element only now.
      const result = resultOf(history, { attempts: [attemptOf({ id: 'a', element: COURSE })] })
      await stores().metering.writeRecounts(await drainLease(stores()), [result])
      expect(await dirtyOf(stores(), tenant)).toEqual([history.learner])
    })
  })

  describe('MeteringStore: lists', () => {
    const stores = opened(open)

    it('the counted list is ordered by (evidence time, learner, key), and over all pages as long as the count', async () => {
      const tenant = newTenant()
      const ifis = Array.from({ length: 7 }, (_, n) => `${ANA}${n}`)
      for (const [n, ifi] of ifis.entries()) {
        await store(stores(), tenant, [{ ifi, name: `Name ${n}` }])
        // Three of one instant: then the learner decides.
        await recount(stores(), tenant, ifi, { counts: [countOf('p', WINDOW, NOON + (n < 3 ? 0 : 10 - n))] })
      }
      const items = await allPages(2, (page) => stores().metering.counted(tenant, windowOf('p'), page))
      expect(items).toHaveLength(await stores().metering.countOf(tenant, windowOf('p')))
      const keys = items.map(({ evidence, learner }) => [evidence.at, learner] as const)
      expect(keys).toEqual([...keys].sort((a, b) => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)))
      expect(items.flatMap(({ identities }) => identities.map(({ ifi }) => ifi)).sort()).toEqual(ifis)
      expect(items[0]).toMatchObject({ windowStart: WINDOW, key: 'learner', evidence: { rule: 'evidence' } })
    })

    it('lists learners with their identities, each once, and none that was only named', async () => {
      const tenant = newTenant()
      for (const ifi of [ANA, BEN, CYD]) await store(stores(), tenant, [{ ifi }])
      const links = [
        { id: randomUUID(), a: ANA, b: CYD, author: 'admin', source: 'alias' as const, at: NOON },
        {
          id: randomUUID(),
          a: `${ANA}-x`,
          b: `${ANA}-y`,
          author: 'admin',
          source: 'alias' as const,
          at: NOON,
        },
      ]
      await stores().identities.link(tenant, links, { dryRun: false, confirmAbove: 9 })
      const items = await allPages(1, (page) => stores().metering.learners(tenant, page))
      expect(items.map(({ identities }) => identities.map(({ ifi }) => ifi))).toEqual([[ANA, CYD], [BEN]])
    })

    it('filters attempts; logically deleted ones only when asked for (A23)', async () => {
      const tenant = newTenant()
      for (const ifi of [ANA, BEN]) await store(stores(), tenant, [{ ifi }])
      const given = [
        attemptOf({ id: 'a', first: NOON }),
        attemptOf({ id: 'b', first: NOON + 1, element: `${COURSE}/2` }),
        attemptOf({ id: 'c', first: NOON + 2, tracked: false, reason: 'resource' }),
        attemptOf({ id: 'd', first: NOON + 3, deleted: true }),
        attemptOf({ id: 'e', first: NOON + 4, tracked: false, reason: 'marker' }),
      ]
      await recount(stores(), tenant, ANA, { attempts: given })
      await recount(stores(), tenant, BEN, { attempts: [attemptOf({ id: 'f', first: NOON + 5 })] })
      const learner = await learnerOf(stores(), tenant, ANA)
      const ids = async (selection: object) =>
        (await allPages(2, (page) => stores().metering.attempts(tenant, { ...page, ...selection }))).map(
          ({ id }) => id,
        )
      expect(await ids({})).toEqual(['f', 'e', 'c', 'b', 'a'])
      expect(await ids({ deleted: true })).toEqual(['f', 'e', 'd', 'c', 'b', 'a'])
      expect(await ids({ learner })).toEqual(['e', 'c', 'b', 'a'])
      expect(await ids({ element: COURSE })).toEqual(['f', 'e', 'c', 'a'])
      expect(await ids({ after: NOON + 1, before: NOON + 4 })).toEqual(['c', 'b'])
      expect(await ids({ tracked: true })).toEqual(['f', 'b', 'a'])
      expect(await ids({ tracked: false })).toEqual(['e', 'c'])
      expect(await ids({ reason: 'resource' })).toEqual(['c'])
      expect(await ids({ tracked: true, reason: 'resource' })).toEqual([])
      expect(
        (await stores().metering.attempts(tenant, { limit: 1, learner, element: `${COURSE}/2` })).items,
      ).toEqual([{ ...given[1], learner }])
    })

    it('ruling 25: the work list adds up untracked statements, default elements and mixed attempts', async () => {
      const tenant = newTenant()
      for (const ifi of [ANA, BEN]) await store(stores(), tenant, [{ ifi }])
      const byDefault = { elementRule: 'default' } as const
      await recount(stores(), tenant, ANA, {
        untracked: { resource: 2, marker: 1 },
        attempts: [
          attemptOf({ id: 'a', ...byDefault }),
          attemptOf({ id: 'b', ...byDefault, mixed: true }),
          attemptOf({ id: 'c' }),
        ],
      })
      await recount(stores(), tenant, BEN, {
        untracked: { resource: 3 },
        attempts: [attemptOf({ id: 'd', ...byDefault, deleted: true, mixed: true })],
      })
      expect(await stores().metering.review(tenant)).toEqual({
        untracked: [
          { reason: 'marker', statements: 1, learners: 1 },
          { reason: 'resource', statements: 5, learners: 2 },
        ],
        defaultElements: [{ element: COURSE, attempts: 2 }],
        mixed: 1,
      })
    })
  })
}
