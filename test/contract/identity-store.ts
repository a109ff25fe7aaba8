import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { IdentityLink, Stores } from '../../src/store/ports.ts'
import { historyOf, learnerOf, NOON, store } from './evidence.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

const ANA = 'account:https://lms.example|ana'
const ANA_HR = 'account:https://hr.example|4711'
const ANA_MBOX = 'mbox:mailto:ana@example.org'
/** SHA-1 of `mailto:ana@example.org`. */
const ANA_HASH = 'sha1:0e5544afbb6be286591577af49b31b0187a46ef0'
const BEN = 'account:https://lms.example|ben'
const ALL = { dryRun: false, confirmAbove: 20 }

function linkOf(a: string, b: string, given: Partial<IdentityLink> = {}): IdentityLink {
  return { id: randomUUID(), a, b, author: 'admin', source: 'alias', at: NOON, ...given }
}

/** Stores one statement of each, one after the other, so that the first is the elder. */
async function meet(stores: Stores, tenant: string, ...ifis: readonly string[]): Promise<void> {
  for (const ifi of ifis) await store(stores, tenant, [{ ifi, name: `Name of ${ifi}` }])
}

const ifisOf = (of: { identities: readonly { ifi: string }[] } | null) =>
  of?.identities.map(({ ifi }) => ifi).sort()

export function identityStoreContract(open: Open): void {
  describe('IdentityStore', () => {
    const stores = opened(open)

    it('ruling 19: a link merges two learners; the elder survives, the other redirects to it', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      const [elder, younger] = [
        await learnerOf(stores(), tenant, ANA),
        await learnerOf(stores(), tenant, ANA_HR),
      ]
      // Named the other way round: age decides, not the order.
      const linked = await stores().identities.link(tenant, [linkOf(ANA_HR, ANA)], ALL)
      expect(linked).toEqual({ outcome: 'linked', added: 1, merges: [{ into: elder, from: [younger] }] })
      expect(await learnerOf(stores(), tenant, ANA_HR)).toBe(elder)
      const found = await stores().identities.learner(tenant, younger)
      expect(found?.id).toBe(elder)
      expect(ifisOf(found)).toEqual([ANA_HR, ANA])
      expect(found?.identities[0]).toMatchObject({
        learner: elder,
        name: `Name of ${found?.identities[0]?.ifi}`,
        seen: true,
      })
    })

    it('marks whom it merges, and changes the revision, in the same commit', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      const before = await historyOf(stores(), tenant, ANA)
      await stores().identities.link(tenant, [linkOf(ANA, ANA_HR)], ALL)
      const after = await historyOf(stores(), tenant, ANA)
      expect(after.revision).not.toBe(before.revision)
      expect(after.marks.map(({ ifi }) => ifi).sort()).toEqual([ANA_HR, ANA])
      expect(
        after.marks.every(({ generation }) => generation > (before.marks[0]?.generation ?? Number.NaN)),
      ).toBe(true)
      expect(after.facts.map(({ learner }) => learner)).toEqual([ANA, ANA_HR])
    })

    it('a dry run says what would be merged and changes nothing', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      const [elder, younger] = [
        await learnerOf(stores(), tenant, ANA),
        await learnerOf(stores(), tenant, ANA_HR),
      ]
      const before = await historyOf(stores(), tenant, ANA)
      const answer = await stores().identities.link(tenant, [linkOf(ANA, ANA_HR)], { ...ALL, dryRun: true })
      expect(answer).toEqual({ outcome: 'dry-run', added: 1, merges: [{ into: elder, from: [younger] }] })
      expect(await historyOf(stores(), tenant, ANA)).toEqual(before)
      expect(await learnerOf(stores(), tenant, ANA_HR)).toBe(younger)
      expect((await stores().identities.links(tenant, { limit: 10 })).items).toEqual([])
    })

    it('ruling 20: refuses to merge away more learners than confirmed, and then changes nothing', async () => {
      const tenant = newTenant()
      const ifis = Array.from({ length: 4 }, (_, n) => `${ANA}${n}`)
      await meet(stores(), tenant, ...ifis)
      const links = ifis.slice(1).map((ifi) => linkOf(ifis[0] as string, ifi))
      const refused = await stores().identities.link(tenant, links, { dryRun: false, confirmAbove: 2 })
      expect(refused).toMatchObject({ outcome: 'too-many', added: 0 })
      expect(refused.merges.flatMap(({ from }) => from)).toHaveLength(3)
      expect(await learnerOf(stores(), tenant, ifis[1] as string)).not.toBe(
        await learnerOf(stores(), tenant, ifis[0] as string),
      )
      expect((await stores().identities.links(tenant, { limit: 10 })).items).toEqual([])
      expect(
        (await stores().identities.link(tenant, links, { dryRun: false, confirmAbove: 3 })).outcome,
      ).toBe('linked')
    })

    it('merging in two steps ends at one learner, and every former id leads there', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR, BEN)
      const ids = await Promise.all([ANA, ANA_HR, BEN].map((ifi) => learnerOf(stores(), tenant, ifi)))
      await stores().identities.link(tenant, [linkOf(ANA_HR, BEN)], ALL)
      await stores().identities.link(tenant, [linkOf(BEN, ANA)], ALL)
      for (const id of ids) expect((await stores().identities.learner(tenant, id))?.id).toBe(ids[0])
    })

    it('the same pair again adds nothing and marks nobody', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      await stores().identities.link(tenant, [linkOf(ANA, ANA_HR)], ALL)
      const before = await historyOf(stores(), tenant, ANA)
      expect(await stores().identities.link(tenant, [linkOf(ANA_HR, ANA)], ALL)).toEqual({
        outcome: 'linked',
        added: 0,
        merges: [],
      })
      expect(await historyOf(stores(), tenant, ANA)).toEqual(before)
    })

    it('may name identifiers before their statements: they are known, but not seen', async () => {
      const tenant = newTenant()
      await stores().identities.link(tenant, [linkOf(ANA, ANA_HR)], ALL)
      expect(await stores().identities.byIfi(tenant, ANA)).toMatchObject({
        ifi: ANA,
        name: null,
        seen: false,
      })
      await meet(stores(), tenant, ANA)
      expect(await stores().identities.byIfi(tenant, ANA)).toMatchObject({
        name: `Name of ${ANA}`,
        seen: true,
      })
      expect(await learnerOf(stores(), tenant, ANA)).toBe(await learnerOf(stores(), tenant, ANA_HR))
    })

    it('in-the-wild §6.2: a linked mailbox brings its hash along, whichever comes first', async () => {
      for (const order of ['link first', 'hash first']) {
        const tenant = newTenant()
        if (order === 'hash first') await meet(stores(), tenant, ANA_HASH)
        await stores().identities.link(tenant, [linkOf(ANA_MBOX, ANA_HR)], ALL)
        if (order === 'link first') await meet(stores(), tenant, ANA_HASH)
        await meet(stores(), tenant, ANA_HR)
        expect(await learnerOf(stores(), tenant, ANA_HASH), order).toBe(
          await learnerOf(stores(), tenant, ANA_HR),
        )
      }
    })

    it('lists links in pages, with who made them', async () => {
      const tenant = newTenant()
      const links = Array.from({ length: 5 }, (_, n) =>
        linkOf(ANA, `${ANA_HR}${n}`, { source: 'import', author: `a${n}` }),
      )
      for (const link of links) await stores().identities.link(tenant, [link], ALL)
      expect(await allPages(2, (page) => stores().identities.links(tenant, page))).toEqual(links)
    })

    it('unlinked are those seen whom nobody but Rollcall joined to another', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR, BEN, ANA_MBOX)
      const unlinked = async () =>
        (await allPages(1, (page) => stores().identities.unlinked(tenant, page))).map(({ ifi }) => ifi).sort()
      // The mailbox is linked to its own hashes automatically: that is no decision of anybody.
      expect(await unlinked()).toEqual([ANA_HR, ANA, BEN, ANA_MBOX])
      await stores().identities.link(tenant, [linkOf(ANA, ANA_HR)], ALL)
      expect(await unlinked()).toEqual([BEN, ANA_MBOX])
    })

    const linksOf = async (tenant: string, ifi: string) =>
      stores().identities.linksOf(tenant, await learnerOf(stores(), tenant, ifi))

    it('ruling 19: removing a link parts what it alone held together; the elder keeps its id, the other gets its own back', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      const [elder, younger] = [
        await learnerOf(stores(), tenant, ANA),
        await learnerOf(stores(), tenant, ANA_HR),
      ]
      const link = linkOf(ANA_HR, ANA)
      await stores().identities.link(tenant, [link], ALL)
      expect(await linksOf(tenant, ANA)).toEqual([link])
      const before = await historyOf(stores(), tenant, ANA)
      const dry = await stores().identities.unlink(tenant, link.id, { dryRun: true })
      expect(dry).toEqual({ learner: elder, parts: [[ANA], [ANA_HR]] })
      expect(await historyOf(stores(), tenant, ANA)).toEqual(before)
      expect(await stores().identities.unlink(tenant, link.id, { dryRun: false })).toEqual(dry)
      expect(await learnerOf(stores(), tenant, ANA)).toBe(elder)
      expect(await learnerOf(stores(), tenant, ANA_HR)).toBe(younger)
      expect((await stores().identities.learner(tenant, younger))?.id).toBe(younger)
      for (const ifi of [ANA, ANA_HR]) {
        const { marks, facts, revision } = await historyOf(stores(), tenant, ifi)
        expect(marks.map((mark) => mark.ifi)).toEqual([ifi])
        expect(facts.map((fact) => fact.learner)).toEqual([ifi])
        expect(revision).not.toBe(before.revision)
      }
      expect((await stores().identities.links(tenant, { limit: 10 })).items).toEqual([])
      expect(await stores().identities.unlink(tenant, link.id, { dryRun: false })).toBeNull()
    })

    it('what another link still holds together does not part', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR, BEN)
      const links = [linkOf(ANA, ANA_HR), linkOf(ANA_HR, BEN), linkOf(BEN, ANA)]
      for (const link of links) await stores().identities.link(tenant, [link], ALL)
      const before = await historyOf(stores(), tenant, ANA)
      const parts = [[ANA, ANA_HR, BEN].sort()]
      expect(await stores().identities.unlink(tenant, links[2]?.id ?? '', { dryRun: false })).toMatchObject({
        parts,
      })
      expect((await historyOf(stores(), tenant, BEN)).learner).toBe(before.learner)
      const second = await stores().identities.unlink(tenant, links[1]?.id ?? '', { dryRun: false })
      expect(second?.parts).toEqual([[ANA, ANA_HR].sort(), [BEN]])
      expect(await learnerOf(stores(), tenant, BEN)).not.toBe(before.learner)
      expect(await learnerOf(stores(), tenant, ANA_HR)).toBe(before.learner)
    })

    it('identifiers that were known from the link only part as well, and a mailbox keeps its hash', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA)
      const link = linkOf(ANA, ANA_MBOX)
      await stores().identities.link(tenant, [link], ALL)
      const elder = await learnerOf(stores(), tenant, ANA)
      await meet(stores(), tenant, ANA_HASH)
      expect(await learnerOf(stores(), tenant, ANA_HASH)).toBe(elder)
      await stores().identities.unlink(tenant, link.id, { dryRun: false })
      expect(await learnerOf(stores(), tenant, ANA)).toBe(elder)
      const other = await learnerOf(stores(), tenant, ANA_MBOX)
      expect(other).not.toBe(elder)
      expect(await learnerOf(stores(), tenant, ANA_HASH)).toBe(other)
    })

    it('merged, parted and merged again, they are one, under the elder', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA, ANA_HR)
      const elder = await learnerOf(stores(), tenant, ANA)
      for (const round of [1, 2, 3]) {
        const link = linkOf(ANA, ANA_HR)
        expect(await stores().identities.link(tenant, [link], ALL), String(round)).toMatchObject({ added: 1 })
        expect(await learnerOf(stores(), tenant, ANA_HR)).toBe(elder)
        if (round < 3) await stores().identities.unlink(tenant, link.id, { dryRun: false })
      }
      expect((await stores().identities.links(tenant, { limit: 10 })).items).toHaveLength(1)
    })

    it('two linked before any statement of theirs come back under their own id when they part from a third', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA)
      await stores().identities.link(tenant, [linkOf(BEN, ANA_HR)], ALL)
      await meet(stores(), tenant, ANA_HR)
      const pair = await learnerOf(stores(), tenant, ANA_HR)
      const link = linkOf(ANA, ANA_HR)
      await stores().identities.link(tenant, [link], ALL)
      expect(await learnerOf(stores(), tenant, BEN)).not.toBe(pair)
      await stores().identities.unlink(tenant, link.id, { dryRun: false })
      for (const one of [BEN, ANA_HR]) expect(await learnerOf(stores(), tenant, one)).toBe(pair)
    })

    it('an automatic link cannot be removed, nor another tenant’s', async () => {
      const tenant = newTenant()
      await meet(stores(), tenant, ANA_MBOX, ANA, ANA_HR)
      const link = linkOf(ANA, ANA_HR)
      await stores().identities.link(tenant, [link], ALL)
      const all = (await stores().identities.links(tenant, { limit: 10 })).items
      const [automatic] = all.filter(({ source }) => source === 'automatic')
      expect(await stores().identities.unlink(tenant, automatic?.id ?? '', { dryRun: false })).toBeNull()
      expect(await stores().identities.unlink(newTenant(), link.id, { dryRun: false })).toBeNull()
      expect((await stores().identities.links(tenant, { limit: 10 })).items).toEqual(all)
    })

    it('ruling 24: another tenant’s identifiers, learners and links are not there', async () => {
      const [first, second] = [newTenant(), newTenant()]
      for (const tenant of [first, second]) await meet(stores(), tenant, ANA, ANA_HR)
      const mine = await learnerOf(stores(), first, ANA)
      await stores().identities.link(second, [linkOf(ANA, ANA_HR)], ALL)
      expect(await learnerOf(stores(), first, ANA_HR)).not.toBe(mine)
      expect(await stores().identities.learner(second, mine)).toBeNull()
      expect((await stores().identities.links(first, { limit: 10 })).items).toEqual([])
      expect(await stores().identities.byIfi(first, BEN)).toBeNull()
      expect((await stores().identities.unlinked(first, { limit: 10 })).items).toHaveLength(2)
    })
  })
}
