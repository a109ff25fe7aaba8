import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Credential, Person, RefusalRecord } from '../../src/store/ports.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

const AT = 1_700_000_000_000

function personOf(email: string): Person {
  return {
    id: randomUUID(),
    email,
    name: 'Ana Álvarez',
    roles: ['admin', 'licence'],
    passwordHash: 'scrypt$1$x',
    created: AT,
  }
}

function credentialOf(tenant: string, given: Partial<Credential> = {}): Credential {
  const base = { id: randomUUID(), tenant, label: 'LMS', key: `key-${randomUUID()}`, secretHashes: ['a'] }
  return { ...base, purpose: 'lms', scopes: ['all', 'elements'], created: AT, ...given }
}

function refusalOf(detail: string): RefusalRecord {
  return {
    at: AT,
    credential: 'c',
    method: 'POST',
    path: '/xapi/statements',
    status: 400,
    detail,
    requirement: 'Data §2.4',
  }
}

export function accountStoresContract(open: Open): void {
  describe('PersonStore', () => {
    const stores = opened(open)

    it('finds a person by e-mail and by id, exactly as created', async () => {
      const tenant = newTenant()
      const ana = personOf('ana@example.org')
      expect(await stores().people.create(tenant, ana)).toBe('created')
      expect(await stores().people.byEmail(tenant, ana.email)).toEqual(ana)
      expect(await stores().people.byId(tenant, ana.id)).toEqual(ana)
      expect(await stores().people.list(tenant)).toEqual([ana])
    })

    it('refuses a second person of one e-mail and keeps the first', async () => {
      const tenant = newTenant()
      const ana = personOf('ana@example.org')
      await stores().people.create(tenant, ana)
      expect(await stores().people.create(tenant, personOf(ana.email))).toBe('taken')
      expect(await stores().people.list(tenant)).toEqual([ana])
    })

    it('removes a person once', async () => {
      const tenant = newTenant()
      const ana = personOf('ana@example.org')
      await stores().people.create(tenant, ana)
      expect(await stores().people.remove(tenant, ana.id)).toBe(true)
      expect(await stores().people.remove(tenant, ana.id)).toBe(false)
      expect(await stores().people.byEmail(tenant, ana.email)).toBeNull()
    })

    it('ruling 24: the same e-mail may exist in two tenants, and neither sees, counts or removes the other', async () => {
      const [first, second] = [newTenant(), newTenant()]
      const [one, other] = [personOf('ana@example.org'), personOf('ana@example.org')]
      await stores().people.create(first, one)
      expect(await stores().people.create(second, other)).toBe('created')
      expect(await stores().people.byEmail(second, one.email)).toEqual(other)
      expect(await stores().people.byId(second, one.id)).toBeNull()
      expect(await stores().people.remove(second, one.id)).toBe(false)
      expect(await stores().people.list(first)).toEqual([one])
    })
  })

  describe('CredentialStore', () => {
    const stores = opened(open)

    it('finds a credential by its key over all tenants, exactly as created', async () => {
      const plain = credentialOf(newTenant())
      const sub = credentialOf(newTenant(), { subAccount: 'north', secretHashes: ['a', 'b'] })
      expect(await stores().credentials.create(plain)).toBe('created')
      expect(await stores().credentials.create(sub)).toBe('created')
      expect(await stores().credentials.byKey(plain.key)).toEqual(plain)
      expect(await stores().credentials.byKey(sub.key)).toEqual(sub)
      expect(await stores().credentials.byKey('nobody')).toBeNull()
    })

    it('refuses a key that another tenant has: a key opens exactly one', async () => {
      const mine = credentialOf(newTenant())
      await stores().credentials.create(mine)
      const theirs = credentialOf(newTenant(), { key: mine.key })
      expect(await stores().credentials.create(theirs)).toBe('taken')
      expect(await stores().credentials.byKey(mine.key)).toEqual(mine)
      expect(await stores().credentials.list(theirs.tenant)).toEqual([])
    })

    it('ruling 22: replaces the live secrets', async () => {
      const mine = credentialOf(newTenant())
      await stores().credentials.create(mine)
      expect(await stores().credentials.setSecrets(mine.tenant, mine.id, ['new', 'old'])).toBe(true)
      expect((await stores().credentials.byKey(mine.key))?.secretHashes).toEqual(['new', 'old'])
    })

    it('a removed credential opens nothing', async () => {
      const mine = credentialOf(newTenant())
      await stores().credentials.create(mine)
      expect(await stores().credentials.remove(mine.tenant, mine.id)).toBe(true)
      expect(await stores().credentials.byKey(mine.key)).toBeNull()
      expect(await stores().credentials.remove(mine.tenant, mine.id)).toBe(false)
    })

    it('ruling 24: another tenant neither lists, rotates nor removes it', async () => {
      const mine = credentialOf(newTenant())
      const stranger = newTenant()
      await stores().credentials.create(mine)
      expect(await stores().credentials.list(stranger)).toEqual([])
      expect(await stores().credentials.setSecrets(stranger, mine.id, ['stolen'])).toBe(false)
      expect(await stores().credentials.remove(stranger, mine.id)).toBe(false)
      expect(await stores().credentials.byKey(mine.key)).toEqual(mine)
    })
  })

  describe('KeyStore', () => {
    const stores = opened(open)

    it('gives all racers the same value, and keeps it', async () => {
      const name = `key-${randomUUID()}`
      const offers = Array.from({ length: 8 }, () => randomUUID())
      const given = await Promise.all(offers.map((offer) => stores().keys.getOrCreate(name, offer)))
      expect(new Set(given).size).toBe(1)
      expect(offers).toContain(given[0])
      expect(await stores().keys.getOrCreate(name, 'later')).toBe(given[0])
    })

    it('keeps names apart', async () => {
      const [a, b] = [randomUUID(), randomUUID()]
      expect(await stores().keys.getOrCreate(a, 'one')).toBe('one')
      expect(await stores().keys.getOrCreate(b, 'two')).toBe('two')
    })
  })

  describe('RefusalLog', () => {
    const stores = opened(open)
    const details = async (tenant: string) =>
      (await allPages(2, (page) => stores().refusals.list(tenant, page))).map(({ detail }) => detail)

    it('ruling 25: lists what was refused, newest first, in pages', async () => {
      const tenant = newTenant()
      const unknown = { ...refusalOf('1'), credential: null, requirement: null }
      await stores().refusals.add(tenant, unknown, 10)
      for (const detail of ['2', '3', '4', '5']) await stores().refusals.add(tenant, refusalOf(detail), 10)
      expect(await details(tenant)).toEqual(['5', '4', '3', '2', '1'])
      expect((await stores().refusals.list(tenant, { limit: 10 })).items.at(-1)).toEqual(unknown)
    })

    it('ruling 25: keeps only the newest of the tenant, also when it is told to keep fewer than before', async () => {
      const tenant = newTenant()
      for (const detail of ['1', '2', '3', '4', '5'])
        await stores().refusals.add(tenant, refusalOf(detail), 3)
      expect(await details(tenant)).toEqual(['5', '4', '3'])
      await stores().refusals.add(tenant, refusalOf('6'), 2)
      expect(await details(tenant)).toEqual(['6', '5'])
    })

    it('ruling 24: another tenant sees none of them, and its own do not push them out', async () => {
      const [first, second] = [newTenant(), newTenant()]
      await stores().refusals.add(first, refusalOf('mine'), 2)
      for (const detail of ['a', 'b', 'c']) await stores().refusals.add(second, refusalOf(detail), 2)
      expect(await details(first)).toEqual(['mine'])
      expect(await details(second)).toEqual(['c', 'b'])
    })

    it('refuses a cursor it did not make', async () => {
      await expect(stores().refusals.list(newTenant(), { limit: 1, cursor: 'rubbish' })).rejects.toThrow(
        'cursor',
      )
    })
  })
}
