import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Alert, Outlook } from '../../src/store/ports.ts'
import { allPages, newTenant, type Open, opened } from './opened.ts'

/** Far in the past of every other suite's alerts, so that those are never among the first due. */
let clock = 1_000_000

function alertOf(tenant: string, given: Partial<Alert> = {}): Alert {
  clock += 1_000
  return {
    tenant,
    id: randomUUID(),
    policy: 'p',
    version: 1,
    start: 0,
    window: 'p.1.1970-01-01',
    end: 86_400_000,
    timeZone: 'Europe/Berlin',
    level: '80%',
    on: 'actual',
    recipient: 'ana@example.org',
    raised: clock,
    value: 8,
    limit: 10,
    state: 'pending',
    due: clock,
    tries: [],
    ...given,
  }
}

export function alertStoreContract(open: Open): void {
  describe('AlertStore', () => {
    const stores = opened(open)
    const alerts = () => stores().alerts
    const raised = async (tenant: string, given: Partial<Alert> = {}): Promise<Alert> => {
      const alert = alertOf(tenant, given)
      expect(await alerts().raise(alert)).toBe('raised')
      return alert
    }
    const listed = (tenant: string) => allPages(10, (page) => alerts().list(tenant, page))
    const dueOf = async (tenant: string, now: number) =>
      (await alerts().due(now, 1_000)).filter((one) => one.tenant === tenant)

    it('Q26: one id is raised once, whoever tries and whatever they bring; the first stands', async () => {
      const alert = alertOf(newTenant())
      const outcomes = await Promise.all(
        [1, 2, 3, 4].map((value) => alerts().raise({ ...alert, value, state: 'pending' })),
      )
      expect(outcomes.filter((one) => one === 'raised')).toHaveLength(1)
      const [first] = await listed(alert.tenant)
      expect(first).toEqual({ ...alert, value: outcomes.indexOf('raised') + 1 })
      expect(await alerts().raise({ ...alert, state: 'muted', due: null })).toBe('there')
      expect(await listed(alert.tenant)).toEqual([first])
    })

    it('keeps what is forecast of a window, the last one, for its tenant alone', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      const window = { policy: 'p', version: 2, start: 86_400_000 }
      expect(await alerts().outlook(tenant, window)).toBeNull()
      const outlook: Outlook = {
        ...window,
        ...{ made: 5, took: 2.5, count: 7, state: 'ready', median: 9, band: { low: 8, high: 11 } },
        ...{ calibration: 'windows', chances: [[10, 0.25]] },
      }
      await alerts().putOutlook(tenant, { ...outlook, count: 1 })
      await alerts().putOutlook(tenant, outlook)
      expect(await alerts().outlook(tenant, window)).toEqual(outlook)
      expect(await alerts().outlook(other, window)).toBeNull()
      expect(await alerts().outlook(tenant, { ...window, version: 1 })).toBeNull()
    })

    it('gives the alerts of a window, by version and start', async () => {
      const tenant = newTenant()
      const mine = [await raised(tenant, { id: 'a' }), await raised(tenant, { id: 'b', level: '900' })]
      await raised(tenant, { version: 2 })
      await raised(tenant, { start: 5 })
      await raised(tenant, { policy: 'q' })
      expect(await alerts().ofWindow(tenant, { policy: 'p', version: 1, start: 0 })).toEqual(mine)
    })

    it('hands out what is due, ascending, over all tenants, and no more than asked for', async () => {
      const [one, other] = [newTenant(), newTenant()]
      const late = await raised(one, { due: 30 })
      const early = await raised(other, { due: 10 })
      await raised(one, { state: 'kept', due: null })
      expect((await alerts().due(30, 1_000)).filter(({ due }) => (due ?? 0) <= 30)).toEqual([early, late])
      expect(await alerts().due(30, 1)).toEqual([early])
      expect(await alerts().due(9, 1_000)).toEqual([])
      for (const { tenant, id, due } of [early, late])
        await alerts().settle(tenant, id, due ?? 0, { state: 'failed', due: null, tries: [] })
    })

    it('of all who postpone an alert from one moment one succeeds, and only that one settles it', async () => {
      const { tenant, id, due } = await raised(newTenant())
      const from = due ?? 0
      const until = [1, 2, 3, 4].map((step) => from + step * 10)
      const won = await Promise.all(until.map((to) => alerts().postpone(tenant, id, from, to)))
      expect(won.filter(Boolean)).toHaveLength(1)
      const claimed = until[won.indexOf(true)] as number
      const tries = [{ at: 7, error: null }]
      const outcome = { state: 'delivered', due: null, tries } as const
      expect(await alerts().settle(tenant, id, from, outcome)).toBe(false)
      expect(await alerts().settle(tenant, id, claimed, outcome)).toBe(true)
      expect(await listed(tenant)).toMatchObject([outcome])
      expect(await dueOf(tenant, claimed + 1_000_000)).toEqual([])
      expect(await alerts().settle(tenant, id, claimed, { ...outcome, state: 'failed' })).toBe(false)
      expect(await alerts().postpone(tenant, id, claimed, claimed + 1)).toBe(false)
    })

    it('keeps what came of each try, and when the next one is due', async () => {
      const { tenant, id, due } = await raised(newTenant())
      const tries = [{ at: 7, error: 'connection refused' }]
      const outcome = { state: 'pending', due: clock + 500, tries } as const
      expect(await alerts().settle(tenant, id, due ?? 0, outcome)).toBe(true)
      expect(await dueOf(tenant, clock)).toEqual([])
      expect(await dueOf(tenant, clock + 500)).toMatchObject([{ id, ...outcome }])
      await alerts().settle(tenant, id, clock + 500, { state: 'failed', due: null, tries })
    })

    it('lists newest first, page by page, by policy, window and state', async () => {
      const tenant = newTenant()
      const made = [
        await raised(tenant, { state: 'kept', due: null }),
        await raised(tenant, { policy: 'q', window: 'q.1.1970-01-01', state: 'muted', due: null }),
        await raised(tenant, { window: 'p.1.1971-01-01', start: 9, state: 'kept', due: null }),
      ].reverse()
      expect(await allPages(1, (page) => alerts().list(tenant, page))).toEqual(made)
      const of = async (selection: object) =>
        (await alerts().list(tenant, { limit: 10, ...selection })).items.map(({ id }) => id)
      expect(await of({ policy: 'q' })).toEqual([made[1]?.id])
      expect(await of({ window: 'p.1.1971-01-01' })).toEqual([made[0]?.id])
      expect(await of({ state: 'kept' })).toEqual([made[0]?.id, made[2]?.id])
      expect(await of({ state: 'kept', policy: 'q' })).toEqual([])
    })

    it('ruling 37: a mute is extended by its name, and ended only as it was seen', async () => {
      const tenant = newTenant()
      await alerts().mute(tenant, { name: 'b', until: 1 })
      await alerts().mute(tenant, { name: 'a', until: 2 })
      await alerts().mute(tenant, { name: 'b', until: 3 })
      await alerts().unmute(tenant, { name: 'b', until: 1 })
      expect(await alerts().mutes(tenant)).toEqual([
        { name: 'a', until: 2 },
        { name: 'b', until: 3 },
      ])
      await alerts().unmute(tenant, { name: 'b', until: 3 })
      expect(await alerts().mutes(tenant)).toEqual([{ name: 'a', until: 2 }])
    })

    it('ruling 24: the same id may exist in two tenants, and neither sees, moves or mutes the other’s', async () => {
      const mine = await raised(newTenant())
      const stranger = newTenant()
      await raised(stranger, { id: mine.id, due: mine.due, value: 99 })
      const nobody = newTenant()
      expect(await listed(nobody)).toEqual([])
      expect(await alerts().ofWindow(nobody, mine)).toEqual([])
      const moved = (mine.due ?? 0) + 1
      expect(await alerts().postpone(stranger, mine.id, mine.due ?? 0, moved)).toBe(true)
      const outcome = { state: 'failed', due: null, tries: [] } as const
      expect(await alerts().settle(stranger, mine.id, moved, outcome)).toBe(true)
      await alerts().mute(stranger, { name: 'x', until: 1 })
      expect(await alerts().mutes(mine.tenant)).toEqual([])
      expect(await listed(mine.tenant)).toEqual([mine])
    })
  })

  describe('WebhookStore', () => {
    const stores = opened(open)
    const webhook = (id: string, created = 1) => ({
      id,
      created,
      url: `https://example.org/${id}`,
      author: 'ana@example.org',
    })

    it('keeps webhooks as they were added, oldest first, until they are removed', async () => {
      const tenant = newTenant()
      const { add, byId, list, remove } = stores().webhooks
      expect(await add(tenant, webhook('b', 2))).toBe('added')
      expect(await add(tenant, webhook('a', 2))).toBe('added')
      expect(await add(tenant, webhook('c', 1))).toBe('added')
      expect(await add(tenant, { ...webhook('c', 1), url: 'https://other.example.org' })).toBe('taken')
      expect(await list(tenant)).toEqual([webhook('c', 1), webhook('a', 2), webhook('b', 2)])
      expect(await byId(tenant, 'c')).toEqual(webhook('c', 1))
      expect(await remove(tenant, 'c')).toBe(true)
      expect(await remove(tenant, 'c')).toBe(false)
      expect(await byId(tenant, 'c')).toBeNull()
    })

    it('ruling 24: nothing of another tenant is found or removed', async () => {
      const [mine, stranger] = [newTenant(), newTenant()]
      const { add, byId, list, remove } = stores().webhooks
      await add(mine, webhook('a'))
      expect(await add(stranger, webhook('a', 5))).toBe('added')
      expect(await remove(stranger, 'a')).toBe(true)
      expect(await byId(stranger, 'a')).toBeNull()
      expect(await list(stranger)).toEqual([])
      expect(await list(mine)).toEqual([webhook('a')])
    })
  })
}
