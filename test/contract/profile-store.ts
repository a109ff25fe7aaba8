import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { groupsOf, profileOf } from '../../src/attempts/profile.ts'
import type { GroupRef, ProfileEntry, Stores } from '../../src/store/ports.ts'
import { historyOf, learnerOf, NOON, resultOf, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

const ANA = 'account:https://lms.example|ana'
const ANA_HR = 'account:https://hr.example|4711'
const BEN = 'account:https://lms.example|ben'
const SALES: GroupRef = { kind: 'team', name: 'Sales' }

function entryOf(ifi: string, given: Partial<ProfileEntry> = {}): ProfileEntry {
  return { ifi, name: null, teams: [], roles: [], test: false, author: 'admin', at: NOON, ...given }
}

async function members(stores: Stores, tenant: string, ...groups: [GroupRef, ...GroupRef[]]) {
  const found = await allPages(1, (page) => stores.profiles.members(tenant, groups, page))
  return found.map(({ id }) => id).sort()
}

async function link(stores: Stores, tenant: string, a: string, b: string) {
  const links = [{ id: randomUUID(), a, b, author: 'admin', source: 'alias' as const, at: NOON }]
  await stores.identities.link(tenant, links, { dryRun: false, confirmAbove: 20 })
}

export function profileStoreContract(open: Open): void {
  describe('ProfileStore', () => {
    const stores = opened(open)

    it('A22: a profile names teams and roles, goes into the history, and is listed', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }, { ifi: BEN }])
      const given = entryOf(ANA, { name: 'Ana', teams: ['Sales', 'North'], roles: ['learner'] })
      expect(await stores().profiles.put(tenant, [given])).toBe(1)
      const { identities } = await historyOf(stores(), tenant, ANA)
      expect(profileOf(identities)).toEqual({
        name: 'Ana',
        teams: ['Sales', 'North'],
        roles: ['learner'],
        test: false,
      })
      expect(groupsOf(identities)).toEqual(['North', 'Sales', 'learner'])
      expect(await stores().profiles.groups(tenant)).toEqual([
        { kind: 'role', name: 'learner' },
        { kind: 'team', name: 'North' },
        { kind: 'team', name: 'Sales' },
      ])
      expect(await members(stores(), tenant, SALES)).toEqual([await learnerOf(stores(), tenant, ANA)])
      expect(await members(stores(), tenant, SALES, { kind: 'role', name: 'other' })).toEqual([])
    })

    it('marks whose profile changed, in the same commit, and nobody when it says the same', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const [before] = (await historyOf(stores(), tenant, ANA)).marks
      expect(await stores().profiles.put(tenant, [entryOf(ANA, { test: true })])).toBe(1)
      const [marked] = (await historyOf(stores(), tenant, ANA)).marks
      expect(marked?.generation).toBeGreaterThan(before?.generation ?? Number.NaN)
      expect(await stores().profiles.put(tenant, [entryOf(ANA, { test: true, at: NOON + 1 })])).toBe(0)
      expect((await historyOf(stores(), tenant, ANA)).marks).toEqual([marked])
    })

    it('A1: people nobody has heard of become known, are listed, and are not seen', async () => {
      const tenant = newTenant()
      await stores().profiles.put(tenant, [entryOf(ANA, { teams: ['Sales'] }), entryOf(BEN)])
      expect(await stores().identities.byIfi(tenant, ANA)).toMatchObject({ seen: false, name: null })
      const listed = await allPages(1, (page) => stores().metering.learners(tenant, page))
      expect(listed.flatMap(({ identities }) => identities.map(({ ifi }) => ifi)).sort()).toEqual([ANA, BEN])
      expect(await members(stores(), tenant, SALES)).toEqual([await learnerOf(stores(), tenant, ANA)])
      // The statements that follow are theirs.
      const learner = await learnerOf(stores(), tenant, ANA)
      await store(stores(), tenant, [{ ifi: ANA }])
      expect(await learnerOf(stores(), tenant, ANA)).toBe(learner)
      expect(await stores().identities.byIfi(tenant, ANA)).toMatchObject({
        seen: true,
        profile: { teams: ['Sales'] },
      })
    })

    it('an imported mailbox brings its hash along (in-the-wild §6.2, 3)', async () => {
      const tenant = newTenant()
      await stores().profiles.put(tenant, [entryOf('mbox:mailto:ana@example.org', { teams: ['Sales'] })])
      await store(stores(), tenant, [{ ifi: 'sha1:0e5544afbb6be286591577af49b31b0187a46ef0' }])
      const { identities } = await historyOf(
        stores(),
        tenant,
        'sha1:0e5544afbb6be286591577af49b31b0187a46ef0',
      )
      expect(groupsOf(identities)).toEqual(['Sales'])
    })

    it('of several identifiers of one learner the profile given last holds, and the learner is a member once', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }, { ifi: ANA_HR }])
      await stores().profiles.put(tenant, [entryOf(ANA, { teams: ['Sales'] })])
      await stores().profiles.put(tenant, [entryOf(ANA_HR, { teams: ['Sales', 'South'], at: NOON + 1 })])
      expect(await members(stores(), tenant, SALES)).toHaveLength(2)
      await link(stores(), tenant, ANA, ANA_HR)
      expect(await members(stores(), tenant, SALES)).toEqual([await learnerOf(stores(), tenant, ANA)])
      await stores().profiles.put(tenant, [entryOf(ANA, { teams: ['West'], at: NOON + 2 })])
      expect(groupsOf((await historyOf(stores(), tenant, ANA_HR)).identities)).toEqual(['West'])
      expect(await members(stores(), tenant, SALES)).toEqual([])
    })

    it('ruling 30: a recount that read the profile before does not clear the mark of the change', async () => {
      const tenant = newTenant()
      await store(stores(), tenant, [{ ifi: ANA }])
      const before = await historyOf(stores(), tenant, ANA)
      await stores().profiles.put(tenant, [entryOf(ANA, { test: true })])
      const lease = await stores().leases.acquire(`drain ${randomUUID()}`, 'test', 60_000)
      if (!lease) throw new Error('nobody else wants it')
      await stores().metering.writeRecounts(lease, [resultOf(before)])
      expect((await historyOf(stores(), tenant, ANA)).marks).toHaveLength(1)
    })

    it('ruling 24: another tenant’s people are in no group here', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await store(stores(), first, [{ ifi: ANA }])
      await stores().profiles.put(second, [entryOf(ANA, { teams: ['Sales'] })])
      expect(await members(stores(), first, SALES)).toEqual([])
      expect(await stores().profiles.groups(first)).toEqual([])
      expect(groupsOf((await historyOf(stores(), first, ANA)).identities)).toEqual([])
    })
  })
}
