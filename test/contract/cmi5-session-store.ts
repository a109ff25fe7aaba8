import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Cmi5Session } from '../../src/store/ports.ts'
import { newTenant, type Open, opened } from './opened.ts'

const AT = 1_700_000_000_000

function sessionOf(tenant: string, given: Partial<Cmi5Session> = {}): Cmi5Session {
  return {
    tenant,
    id: randomUUID(),
    key: `cmi5-${randomUUID()}`,
    label: 'LMS',
    subAccount: null,
    learner: 'account:https://lms.example.org|ana',
    registration: randomUUID(),
    activity: 'https://lms.example.org/au/1',
    mode: 'Normal',
    created: AT,
    expires: AT + 3_600_000,
    fetchHash: 'f'.repeat(64),
    fetchBy: AT + 60_000,
    secretHash: null,
    ...given,
  }
}

export function cmi5SessionStoreContract(open: Open): void {
  describe('Cmi5SessionStore', () => {
    const stores = opened(open)
    const created = async (tenant: string, given: Partial<Cmi5Session> = {}): Promise<Cmi5Session> => {
      const session = sessionOf(tenant, given)
      expect(await stores().cmi5Sessions.create(session)).toBe('created')
      return session
    }

    it('finds a session by its key over all tenants, and by its id, exactly as created', async () => {
      const session = await created(newTenant(), { mode: 'Browse', subAccount: 'north' })
      expect(await stores().cmi5Sessions.byKey(session.key)).toEqual(session)
      expect(await stores().cmi5Sessions.byId(session.tenant, session.id)).toEqual(session)
      expect(await stores().cmi5Sessions.byKey('nobody')).toBeNull()
    })

    it('refuses an id that its tenant has, and a key that any tenant has, and keeps the first', async () => {
      const first = await created(newTenant())
      const { create, byKey } = stores().cmi5Sessions
      expect(await create(sessionOf(first.tenant, { id: first.id }))).toBe('taken')
      expect(await create(sessionOf(newTenant(), { key: first.key }))).toBe('taken')
      expect(await byKey(first.key)).toEqual(first)
    })

    it('cmi5 §8.2.3.1: of all who open a session one gets its secret, once', async () => {
      const { tenant, id, key } = await created(newTenant())
      const offers = Array.from({ length: 8 }, () => randomUUID())
      const won = await Promise.all(offers.map((hash) => stores().cmi5Sessions.open(tenant, id, hash)))
      expect(won.filter(Boolean)).toHaveLength(1)
      const winner = offers[won.indexOf(true)]
      expect((await stores().cmi5Sessions.byKey(key))?.secretHash).toBe(winner)
      expect(await stores().cmi5Sessions.open(tenant, id, 'later')).toBe(false)
      expect((await stores().cmi5Sessions.byKey(key))?.secretHash).toBe(winner)
    })

    it('a session that is not there is neither opened nor made by opening it', async () => {
      const tenant = newTenant()
      expect(await stores().cmi5Sessions.open(tenant, 'nothing', 'x')).toBe(false)
      expect(await stores().cmi5Sessions.byId(tenant, 'nothing')).toBeNull()
    })

    it('a removed session opens nothing, and its id is free', async () => {
      const session = await created(newTenant())
      expect(await stores().cmi5Sessions.remove(session.tenant, session.id)).toBe(true)
      expect(await stores().cmi5Sessions.remove(session.tenant, session.id)).toBe(false)
      expect(await stores().cmi5Sessions.byKey(session.key)).toBeNull()
      expect(await stores().cmi5Sessions.create(session)).toBe('created')
    })

    it('prunes what has expired, the oldest first, and no more than asked for', async () => {
      const tenant = newTenant()
      const sessions = [3, 1, 2, 9].map((hour) => sessionOf(tenant, { expires: AT + hour }))
      for (const session of sessions) await stores().cmi5Sessions.create(session)
      expect(await stores().cmi5Sessions.prune(tenant, AT + 9, 2)).toBe(2)
      const left = await Promise.all(sessions.map(({ key }) => stores().cmi5Sessions.byKey(key)))
      expect(left.map((one) => one?.expires ?? null)).toEqual([AT + 3, null, null, AT + 9])
      expect(await stores().cmi5Sessions.prune(tenant, AT + 9, 2)).toBe(1)
      expect(await stores().cmi5Sessions.prune(tenant, AT + 9, 2)).toBe(0)
    })

    it('ruling 24: the same id may exist in two tenants, and neither sees, opens, prunes or removes the other’s', async () => {
      const mine = await created(newTenant())
      const stranger = newTenant()
      await created(stranger, { id: mine.id })
      const other = newTenant()
      expect(await stores().cmi5Sessions.byId(other, mine.id)).toBeNull()
      expect(await stores().cmi5Sessions.open(stranger, mine.id, 'theirs')).toBe(true)
      expect(await stores().cmi5Sessions.prune(stranger, AT * 2, 10)).toBe(1)
      expect(await stores().cmi5Sessions.remove(stranger, mine.id)).toBe(false)
      expect(await stores().cmi5Sessions.byKey(mine.key)).toEqual(mine)
    })
  })
}
