import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newSigningKey, type SealContent, sealOf } from '../../src/evidence/seal.ts'
import type { CloseRequest, Lease, Snapshot, SnapshotRow, Stores } from '../../src/store/ports.ts'
import { learnerOf, NOON, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

/** Nobody stops it. */
export const goOn = async (): Promise<boolean> => true
const WINDOW = { policy: 'p', version: 1, start: NOON }
const ANA = 'account:https://lms.example|ana'

export function requestFor(tenant: string, given: Partial<CloseRequest> = {}): Omit<CloseRequest, 'draft'> {
  const asked = { requested: NOON + 2, author: null, reason: null }
  const { draft: _, ...request } = { tenant, window: 'p.1.x', ...WINDOW, end: NOON + 1, ...asked, ...given }
  return request
}

export function rowOf(token: string, given: Partial<SnapshotRow> = {}): SnapshotRow {
  const evidence = { statementId: randomUUID(), at: NOON, stored: NOON, rule: 'evidence' }
  return {
    token,
    commitment: `c-${token}`,
    learner: 'l-1',
    key: 'learner',
    evidence,
    salt: 's',
    others: [],
    ...given,
  }
}

function snapshotOf(id: string, given: Partial<Snapshot> = {}): Snapshot {
  const seal = sealOf({ count: 2 } as SealContent, newSigningKey())
  const facts = { cutoff: { at: NOON + 3, seq: 7 }, count: 2, closed: NOON + 4, secret: 'secret' }
  return { ...WINDOW, window: 'p.1.x', id, ...facts, ...seal, ...given }
}

export const leaseOf = async (stores: Stores): Promise<Lease> =>
  (await stores.leases.acquire(`drain ${randomUUID()}`, 'test', 60_000)) as Lease

/** Asks, drafts and seals: returns the snapshot. */
export async function sealed(
  stores: Stores,
  tenant: string,
  rows: readonly SnapshotRow[],
  given: Partial<Snapshot> = {},
  rest = goOn,
) {
  const snapshot = snapshotOf(randomUUID(), given)
  const { policy, version, start, window } = snapshot
  await stores.snapshots.request(requestFor(tenant, { policy, version, start, window }))
  await stores.snapshots.begin(tenant, snapshot, snapshot.id)
  await stores.snapshots.addRows(tenant, snapshot, snapshot.id, rows, rest)
  expect(await stores.snapshots.seal(await leaseOf(stores), tenant, snapshot)).toBe('sealed')
  return snapshot
}

export function snapshotStoreContract(open: Open): void {
  describe('SnapshotStore: requests', () => {
    const stores = opened(open)
    const requestsOf = async (tenant: string) =>
      (await stores().snapshots.requests(1000)).filter((one) => one.tenant === tenant)

    it('keeps the first request for a window, until it is closed', async () => {
      const tenant = newTenant()
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.request(requestFor(tenant, { author: 'somebody else', requested: NOON + 9 }))
      expect(await requestsOf(tenant)).toEqual([{ ...requestFor(tenant), draft: null }])
      expect(await stores().snapshots.requestOf(tenant, WINDOW)).toEqual({
        ...requestFor(tenant),
        draft: null,
      })
      await sealed(stores(), tenant, [])
      expect(await requestsOf(tenant)).toEqual([])
      expect(await stores().snapshots.requestOf(tenant, WINDOW)).toBeNull()
      await stores().snapshots.request(requestFor(tenant))
      expect(await requestsOf(tenant)).toEqual([])
    })

    it('gives them oldest first, and no more than asked for', async () => {
      const tenant = newTenant()
      for (const at of [3, 1, 2])
        await stores().snapshots.request(requestFor(tenant, { start: at, requested: at - 1e12 }))
      expect((await stores().snapshots.requests(2)).map(({ start }) => start)).toEqual([1, 2])
      for (const start of [1, 2, 3]) await sealed(stores(), tenant, [], { start })
    })

    it('ruling 24: another tenant has neither the request nor the snapshot', async () => {
      const [first, second] = [newTenant(), newTenant()]
      const { id } = await sealed(stores(), first, [rowOf('a')])
      expect(await stores().snapshots.byWindow(second, WINDOW)).toBeNull()
      expect(await stores().snapshots.closings(second)).toEqual([])
      expect((await stores().snapshots.rows(second, id, { limit: 9 })).items).toEqual([])
      expect(await stores().snapshots.rowsOf(second, id, 'l-1')).toEqual([])
      expect(await stores().snapshots.holds(second, id, ['a'])).toBe(false)
    })
  })

  describe('SnapshotStore: cutoff', () => {
    const stores = opened(open)

    it('what is visible is at or before it; what is stored later has a greater seq and is no earlier', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const { at, seq } = await stores().snapshots.cutoff()
      await store(stores(), tenant, [{ ifi: ANA, at: NOON + 1 }])
      const [before, after] = await stores().statements.scan(tenant, 0, 10)
      expect(before?.seq).toBeLessThanOrEqual(seq)
      expect(before?.stored).toBeLessThanOrEqual(at)
      expect(after?.seq).toBeGreaterThan(seq)
      expect(after?.stored).toBeGreaterThanOrEqual(at)
    })

    it('is not before a statement that has been deleted since: what is left of it was there', async () => {
      const tenant = newTenant()
      const [id = ''] = await store(stores(), tenant, [{ ifi: ANA }])
      const [last] = await stores().statements.scan(tenant, 0, 10)
      await stores().removals.purge(tenant, [id], [])
      const { seq } = await stores().snapshots.cutoff()
      expect(seq).toBeGreaterThanOrEqual(last?.seq ?? Number.NaN)
    })

    it('is reached by computedThrough once everything is counted', async () => {
      const tenant = newTenant()
      const { at } = await stores().snapshots.cutoff()
      await expect
        .poll(async () => (await stores().metering.computedThrough(tenant)).at)
        .toBeGreaterThanOrEqual(at)
    })

    it('the number of links grows with each', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }, { ifi: `${ANA}-2` }])
      const before = await stores().snapshots.aliases(tenant)
      const link = {
        id: randomUUID(),
        a: ANA,
        b: `${ANA}-2`,
        author: 'x',
        source: 'alias' as const,
        at: NOON,
      }
      await stores().identities.link(tenant, [link], { dryRun: false, confirmAbove: 9 })
      expect(await stores().snapshots.aliases(tenant)).toBeGreaterThan(before)
    })
  })

  describe('SnapshotStore: drafts and sealing', () => {
    const stores = opened(open)

    it('gives back what was sealed, for ever: a second draft, request or seal changes nothing', async () => {
      const tenant = newTenant()
      const rows = [rowOf('b', { others: ['x', 'y'] }), rowOf('a', { learner: 'l-2' })]
      const snapshot = await sealed(stores(), tenant, rows)
      const other = snapshotOf(randomUUID(), { count: 99 })
      await stores().snapshots.request(requestFor(tenant))
      expect(await stores().snapshots.begin(tenant, WINDOW, other.id)).toBe('sealed')
      expect(await stores().snapshots.addRows(tenant, WINDOW, snapshot.id, [rowOf('c')], goOn)).toBe(
        'superseded',
      )
      expect(await stores().snapshots.seal(await leaseOf(stores()), tenant, other)).toBe('superseded')
      await stores().snapshots.abandon(tenant, WINDOW)
      expect(await stores().snapshots.byWindow(tenant, WINDOW)).toEqual(snapshot)
      const { id, window, policy, version, start, cutoff, count, closed } = snapshot
      expect(await stores().snapshots.closings(tenant)).toEqual([
        { id, window, policy, version, start, cutoff, count, closed, verification: null },
      ])
      expect((await stores().snapshots.rows(tenant, snapshot.id, { limit: 9 })).items).toEqual([
        rows[1],
        rows[0],
      ])
    })

    it('pages rows ascending by token, each once', async () => {
      const tenant = newTenant()
      const { id } = await sealed(
        stores(),
        tenant,
        ['d', 'a', 'e', 'b', 'c'].map((token) => rowOf(token)),
      )
      const rows = await allPages(2, (page) => stores().snapshots.rows(tenant, id, page))
      expect(rows.map(({ token }) => token)).toEqual(['a', 'b', 'c', 'd', 'e'])
    })

    it('adding the same rows again changes nothing', async () => {
      const tenant = newTenant()
      const id = randomUUID()
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.begin(tenant, WINDOW, id)
      const row = rowOf('a', { others: ['b'] })
      for (let again = 0; again < 2; again++)
        expect(await stores().snapshots.addRows(tenant, WINDOW, id, [row], goOn)).toBe('added')
      expect((await stores().snapshots.rows(tenant, id, { limit: 9 })).items).toEqual([row])
    })

    it('many rows are found by token and by learner, and rest is asked between commits', async () => {
      const tenant = newTenant()
      const tokens = Array.from({ length: 450 }, (_, n) => `t-${String(n).padStart(3, '0')}`)
      let rests = 0
      const learner = (token: string) => `l-${Number(token.slice(2)) % 7}`
      const rest = async () => {
        rests += 1
        return true
      }
      const { id } = await sealed(
        stores(),
        tenant,
        tokens.map((token) => rowOf(token, { learner: learner(token) })),
        {},
        rest,
      )
      expect(rests).toBeGreaterThan(2)
      const read = await allPages(200, (page) => stores().snapshots.rows(tenant, id, page))
      expect(read.map(({ token }) => token)).toEqual(tokens)
      const found = await stores().snapshots.rowsOf(tenant, id, 'l-3')
      expect(found.map(({ token }) => token)).toEqual(tokens.filter((token) => learner(token) === 'l-3'))
    })

    it('ends at the first commit after which it is told to', async () => {
      const tenant = newTenant()
      const id = randomUUID()
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.begin(tenant, WINDOW, id)
      const rows = Array.from({ length: 450 }, (_, n) => rowOf(`t-${n}`))
      expect(await stores().snapshots.addRows(tenant, WINDOW, id, rows, async () => false)).toBe('stopped')
      const { items } = await stores().snapshots.rows(tenant, id, { limit: 1000 })
      expect(items.length).toBeLessThan(450)
    })

    it('only the newest draft can be sealed, and the rows of the ones before are gone', async () => {
      const tenant = newTenant()
      const [old, fresh] = [snapshotOf(randomUUID()), snapshotOf(randomUUID())]
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.begin(tenant, WINDOW, old.id)
      await stores().snapshots.addRows(tenant, WINDOW, old.id, [rowOf('a', { others: ['z'] })], goOn)
      await stores().snapshots.begin(tenant, WINDOW, fresh.id)
      expect(await stores().snapshots.addRows(tenant, WINDOW, old.id, [rowOf('b')], goOn)).toBe('superseded')
      expect((await stores().snapshots.rows(tenant, old.id, { limit: 9 })).items).toEqual([])
      expect(await stores().snapshots.rowsOf(tenant, old.id, 'l-1')).toEqual([])
      const lease = await leaseOf(stores())
      expect(await stores().snapshots.seal(lease, tenant, old)).toBe('superseded')
      expect(await stores().snapshots.byWindow(tenant, WINDOW)).toBeNull()
      expect(await stores().snapshots.seal(lease, tenant, fresh)).toBe('sealed')
    })

    it('an abandoned draft cannot be sealed: whoever was paused changes nothing (ruling 33)', async () => {
      const tenant = newTenant()
      const paused = snapshotOf(randomUUID())
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.begin(tenant, WINDOW, paused.id)
      await stores().snapshots.abandon(tenant, WINDOW)
      expect(await stores().snapshots.seal(await leaseOf(stores()), tenant, paused)).toBe('superseded')
      expect(await stores().snapshots.byWindow(tenant, WINDOW)).toBeNull()
    })

    it('without the lease nothing is closed', async () => {
      const tenant = newTenant()
      const snapshot = snapshotOf(randomUUID())
      await stores().snapshots.request(requestFor(tenant))
      await stores().snapshots.begin(tenant, WINDOW, snapshot.id)
      const lease = await leaseOf(stores())
      await stores().leases.release(lease)
      expect(await stores().snapshots.seal(lease, tenant, snapshot)).toBe('fenced')
      expect(await stores().snapshots.byWindow(tenant, WINDOW)).toBeNull()
    })

    it('of several drafts sealed at once one wins, and its rows are the ones that stay', async () => {
      const tenant = newTenant()
      await stores().snapshots.request(requestFor(tenant))
      const lease = await leaseOf(stores())
      const racers = Array.from({ length: 4 }, () => snapshotOf(randomUUID()))
      const outcomes = await Promise.all(
        racers.map(async (one) => {
          await stores().snapshots.begin(tenant, WINDOW, one.id)
          await stores().snapshots.addRows(tenant, WINDOW, one.id, [rowOf(one.id)], goOn)
          return stores().snapshots.seal(lease, tenant, one)
        }),
      )
      expect(outcomes.filter((one) => one === 'sealed').length).toBeLessThanOrEqual(1)
      const won = await stores().snapshots.byWindow(tenant, WINDOW)
      if (won) {
        const { items } = await stores().snapshots.rows(tenant, won.id, { limit: 9 })
        expect(items.map(({ token }) => token)).toEqual([won.id])
      }
    })

    it('finds who is in it by learner, and by any of their tokens', async () => {
      const tenant = newTenant()
      const { id } = await sealed(stores(), tenant, [
        rowOf('a', { others: ['b'] }),
        rowOf('c', { learner: 'l-2' }),
      ])
      expect((await stores().snapshots.rowsOf(tenant, id, 'l-2')).map(({ token }) => token)).toEqual(['c'])
      const held = await Promise.all(
        ['a', 'b', 'c', 'd'].map((token) => stores().snapshots.holds(tenant, id, [token])),
      )
      expect(held).toEqual([true, true, true, false])
      expect(await stores().snapshots.holds(tenant, id, ['d', 'b'])).toBe(true)
      expect(await stores().snapshots.holds(tenant, id, [])).toBe(false)
    })

    it('a verification stands beside the snapshot and changes nothing of it', async () => {
      const tenant = newTenant()
      const snapshot = await sealed(stores(), tenant, [rowOf('a')])
      const verification = { at: NOON + 9, mismatches: ['one'] }
      await stores().snapshots.verified(tenant, WINDOW, verification)
      expect(await stores().snapshots.byWindow(tenant, WINDOW)).toEqual(snapshot)
      expect((await stores().snapshots.closings(tenant))[0]?.verification).toEqual(verification)
    })
  })

  describe('MeteringStore: marking', () => {
    const stores = opened(open)

    it('marks these learners and nobody else, and computedThrough stays before it', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      await store(stores(), tenant, [{ ifi: `${ANA}-2` }])
      const learner = await learnerOf(stores(), tenant, ANA)
      const lease = await leaseOf(stores())
      for (const one of await stores().metering.dirtyLearners(10_000)) {
        const history = await stores().metering.history(one.tenant, one.learner)
        if (history)
          await stores().metering.writeRecounts(lease, [
            { ...history, attempts: [], untracked: {}, counts: [] },
          ])
      }
      await stores().metering.mark(tenant, [learner])
      const dirty = (await stores().metering.dirtyLearners(10_000)).filter((one) => one.tenant === tenant)
      expect(dirty).toEqual([{ tenant, learner }])
      expect((await stores().metering.computedThrough(tenant)).behind).not.toBeNull()
    })
  })
}
