import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { CatalogueEntry, LaunchRecord } from '../../src/attempts/derivation.ts'
import type { Stores } from '../../src/store/ports.ts'
import { COURSE, historyOf, NOON, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

const DAY = 86_400_000

function entryOf(given: Partial<CatalogueEntry> = {}): CatalogueEntry & { author: string } {
  const base = {
    id: COURSE,
    name: 'Course',
    kind: 'other',
    utilizationTracking: 'none',
    validFrom: NOON,
  } as const
  return { ...base, author: 'admin', ...given }
}

const plain = ({ author: _, ...entry }: ReturnType<typeof entryOf>): CatalogueEntry => entry

async function changesOf(stores: Stores, tenant: string) {
  return (await stores.metering.pendingChanges(1000)).filter((change) => change.tenant === tenant)
}

export function elementStoreContract(open: Open): void {
  describe('ElementStore', () => {
    const stores = opened(open)

    it('ruling 1: an element’s first entry reaches back to the beginning, a later one holds from its day on', async () => {
      const tenant = newTenant()
      const [first, second] = [
        entryOf(),
        entryOf({ validFrom: NOON + DAY, utilizationTracking: 'complete-on-open' }),
      ]
      expect(await stores().elements.put(tenant, [first, second])).toBe(2)
      const inForce = async (now: number) => (await stores().elements.list(tenant, now, { limit: 10 })).items
      expect(await inForce(NOON - 365 * DAY)).toEqual([plain(first)])
      expect(await inForce(NOON + DAY - 1)).toEqual([plain(first)])
      expect(await inForce(NOON + DAY)).toEqual([plain(second)])
    })

    it('an entry equal to the one valid then changes nothing: nightly feeds may send all again', async () => {
      const tenant = newTenant()
      await stores().elements.put(tenant, [entryOf()])
      const { revision } = await stores().elements.history(tenant)
      expect(await stores().elements.put(tenant, [entryOf({ validFrom: NOON + DAY })])).toBe(0)
      expect(await stores().elements.put(tenant, [entryOf({ validFrom: NOON - DAY })])).toBe(0)
      expect(await stores().elements.history(tenant, revision)).toEqual({ revision, entries: null })
      expect((await stores().elements.history(tenant)).entries).toEqual([plain(entryOf())])
    })

    it('tags are a setting: kept with their entry, and a change of them is one of what counts', async () => {
      const tenant = newTenant()
      await stores().elements.put(tenant, [entryOf({ tags: ['safety', 'yearly'] })])
      expect(await stores().elements.put(tenant, [entryOf({ tags: ['safety', 'yearly'] })])).toBe(0)
      const untagged = entryOf({ validFrom: NOON + DAY })
      const before = (await changesOf(stores(), tenant)).length
      expect(await stores().elements.put(tenant, [untagged])).toBe(1)
      expect((await changesOf(stores(), tenant)).length).toBeGreaterThan(before - 1)
      expect((await stores().elements.history(tenant)).entries).toEqual([
        plain(entryOf({ tags: ['safety', 'yearly'] })),
        plain(untagged),
      ])
    })

    it('a later change back to the earlier setting is an entry of its own', async () => {
      const tenant = newTenant()
      const back = entryOf({ validFrom: NOON + 2 * DAY })
      const middle = entryOf({ validFrom: NOON + DAY, kind: 'scorm' })
      expect(await stores().elements.put(tenant, [entryOf(), middle, back])).toBe(3)
      expect((await stores().elements.history(tenant)).entries).toEqual([entryOf(), middle, back].map(plain))
    })

    it('of two entries for the same instant the later put decides', async () => {
      const tenant = newTenant()
      const corrected = entryOf({ utilizationTracking: 'complete-on-close' })
      await stores().elements.put(tenant, [entryOf()])
      expect(await stores().elements.put(tenant, [corrected])).toBe(1)
      expect((await stores().elements.history(tenant)).entries).toEqual([plain(corrected)])
      expect(await stores().elements.put(tenant, [entryOf()])).toBe(1)
      expect((await stores().elements.history(tenant)).entries).toEqual([plain(entryOf())])
    })

    it('the revision grows with each put that added something, and only then are entries sent again', async () => {
      const tenant = newTenant()
      expect(await stores().elements.history(tenant, 0)).toEqual({ revision: 0, entries: null })
      await stores().elements.put(tenant, [entryOf()])
      const first = await stores().elements.history(tenant, 0)
      expect(first.revision).toBeGreaterThan(0)
      expect(first.entries).toHaveLength(1)
      await stores().elements.put(tenant, [entryOf({ id: `${COURSE}/2` })])
      const second = await stores().elements.history(tenant, first.revision)
      expect(second.revision).toBeGreaterThan(first.revision)
      expect(second.entries).toHaveLength(2)
    })

    it('ruling 31: a changed setting leaves one pending change for its element, a changed name none', async () => {
      const tenant = newTenant()
      await stores().elements.put(tenant, [
        entryOf(),
        entryOf({ validFrom: NOON + DAY, kind: 'cmi5' }),
        entryOf({ id: `${COURSE}/2` }),
      ])
      const before = await changesOf(stores(), tenant)
      expect(before.map(({ kind, subject }) => [kind, subject])).toEqual([
        ['element', COURSE],
        ['element', `${COURSE}/2`],
      ])
      expect(await stores().elements.put(tenant, [entryOf({ id: `${COURSE}/2`, name: 'Renamed' })])).toBe(1)
      expect(await changesOf(stores(), tenant)).toEqual(before)
    })

    it('lists by id in pages that neither repeat nor leave out, while entries come', async () => {
      const tenant = newTenant()
      const ids = Array.from({ length: 7 }, (_, n) => `${COURSE}/${n}`)
      await stores().elements.put(
        tenant,
        ids.map((id) => entryOf({ id })),
      )
      const seen = await allPages(3, async (page) => {
        await stores().elements.put(tenant, [entryOf({ id: `${COURSE}-earlier-${randomUUID()}` })])
        return stores().elements.list(tenant, NOON, page)
      })
      expect(seen.map(({ id }) => id).filter((id) => ids.includes(id))).toEqual(ids)
    })

    it('ruling 24: the same element in another tenant is another', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await stores().elements.put(first, [entryOf()])
      expect((await stores().elements.list(second, NOON, { limit: 10 })).items).toEqual([])
      expect(await stores().elements.history(second)).toEqual({ revision: 0, entries: [] })
      await stores().elements.put(second, [entryOf({ name: 'Theirs' })])
      expect((await stores().elements.history(first)).entries).toEqual([plain(entryOf())])
    })
  })

  describe('LaunchStore (ruling 21)', () => {
    const stores = opened(open)
    const launchOf = (given: Partial<LaunchRecord> = {}): LaunchRecord => ({
      id: randomUUID(),
      session: 's-1',
      learner: 'account:https://lms.example|7',
      origin: 'admin-catalog',
      at: NOON,
      roles: ['teacher'],
      ...given,
    })

    it('a record is part of the learner’s history, and marks the learner in the same commit', async () => {
      const tenant = newTenant()
      const launch = launchOf()
      await store(stores(), tenant, [{ ifi: launch.learner }])
      const before = await historyOf(stores(), tenant, launch.learner)
      expect(await stores().launches.add(tenant, [launch])).toBe(1)
      const after = await historyOf(stores(), tenant, launch.learner)
      expect(after.launches).toEqual([launch])
      expect(after.marks[0]?.generation).toBeGreaterThan(before.marks[0]?.generation ?? Number.NaN)
    })

    it('is idempotent: the same record again is not new and marks nobody', async () => {
      const tenant = newTenant()
      const launch = launchOf()
      await store(stores(), tenant, [{ ifi: launch.learner }])
      await stores().launches.add(tenant, [launch])
      const before = await historyOf(stores(), tenant, launch.learner)
      expect(await stores().launches.add(tenant, [launch, launchOf({ id: launch.id })])).toBe(0)
      expect(await historyOf(stores(), tenant, launch.learner)).toEqual(before)
    })

    it('may come before the statements of its learner', async () => {
      const tenant = newTenant()
      const launch = launchOf()
      await stores().launches.add(tenant, [launch])
      await store(stores(), tenant, [{ ifi: launch.learner }])
      expect((await historyOf(stores(), tenant, launch.learner)).launches).toEqual([launch])
    })

    it('in-the-wild §6.2: a record for a mailbox reaches the learner known by its hash, whichever comes first', async () => {
      // SHA-1 of `mailto:` + the address, as xAPI defines mbox_sha1sum.
      const hash = 'sha1:0e5544afbb6be286591577af49b31b0187a46ef0'
      const launch = launchOf({ learner: 'mbox:mailto:ana@example.org' })
      for (const order of ['launch first', 'statement first']) {
        const tenant = newTenant()
        if (order === 'statement first') await store(stores(), tenant, [{ ifi: hash }])
        await stores().launches.add(tenant, [launch])
        if (order === 'launch first') await store(stores(), tenant, [{ ifi: hash }])
        const history = await historyOf(stores(), tenant, hash)
        expect(history.launches, order).toEqual([launch])
        expect(history.marks.length, order).toBeGreaterThan(0)
      }
    })

    it('ruling 24: another tenant’s learner of the same identifier has none of it', async () => {
      const [first, second] = [newTenant(), newTenant()]
      const launch = launchOf()
      for (const tenant of [first, second]) await store(stores(), tenant, [{ ifi: launch.learner }])
      const before = await historyOf(stores(), second, launch.learner)
      await stores().launches.add(first, [launch])
      expect(await historyOf(stores(), second, launch.learner)).toEqual(before)
      expect(await stores().launches.add(second, [launch])).toBe(1)
    })
  })
}
