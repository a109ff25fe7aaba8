/** Raising and delivering over a store, with senders of the test (A20, F4, Q26; rulings 18, 37). */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { type DeliverDeps, deliverDue } from '../../src/lrs/alerts/deliver.ts'
import { muteFor } from '../../src/lrs/alerts/mute.ts'
import { type RaiseDeps, raiseAlerts } from '../../src/lrs/alerts/raise.ts'
import type { Mail, SendOutcome } from '../../src/lrs/alerts/senders.ts'
import { countHash, policySchema } from '../../src/metering/policy.ts'
import type { Alert, ComputedThrough, Outlook, Stores } from '../../src/store/ports.ts'
import { storeOf } from '../harness/mongo.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const never = new AbortController().signal

let directory: string
let store: ReturnType<typeof storeOf>
let stores: Stores
let clock: MovableClock
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-alerts-'))
  clock = systemClock()
  store = storeOf(directory)
  const settings = { ...store.settings, ROLLCALL_DATA: directory, ROLLCALL_READERS: '1' }
  stores = await openStores(loadConfig(settings), clock)
})
afterAll(async () => {
  await stores.close()
  await store.drop()
  rmSync(directory, { recursive: true })
})

let tenant: string
let count: number
let through: ComputedThrough | null
beforeEach(() => {
  tenant = `t-${randomUUID()}`
  count = 0
  through = null
  // At noon: no test ends in another day, and window, than it began.
  clock.moveBy(DAY + DAY / 2 - (clock.now() % DAY))
})

/** The store, with the counts and the one tenant of the test. */
function counting(): RaiseDeps {
  const metering = {
    countOf: async () => count,
    computedThrough: async () => through ?? { at: clock.now(), behind: null, failing: null },
  }
  const tenants = { list: async () => [{ id: tenant, slug: tenant, name: tenant, created: 0 }] }
  return { clock, stores: { ...stores, ...{ metering, tenants } } as unknown as Stores }
}
async function policy(alerts: object[]): Promise<void> {
  const given = policySchema.parse({
    schema: 1,
    id: 'day',
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01' },
    limit: { included: 10 },
    alerts,
  })
  const hashes = { countHash: countHash(given), commercialHash: '' }
  await stores.policies.add(tenant, {
    policy: given,
    version: 1,
    ...hashes,
    effectiveFrom: null,
    recorded: clock.now(),
  })
}
const alerts = async (): Promise<readonly Alert[]> =>
  [...(await stores.alerts.list(tenant, { limit: 100 })).items].sort((a, b) => (a.level < b.level ? -1 : 1))
/** Of the day that is open. */
const outlook = (given: Partial<Outlook>) =>
  stores.alerts.putOutlook(tenant, {
    ...{ policy: 'day', version: 1, start: clock.now() - (clock.now() % DAY) },
    ...{ made: clock.now(), took: 1, count, state: 'ready', median: 6, band: { low: 5, high: 8 } },
    ...{ calibration: 'windows', chances: [], ...given },
  })
const levels = async () => (await alerts()).map(({ level, state }) => `${level} ${state}`)

describe('raising', () => {
  it('Q23, Q26: 100 % fires at the limit and not below; dipping and crossing again fires nothing', async () => {
    await policy([{ at: '100%' }])
    count = 9
    await raiseAlerts(counting())
    expect(await alerts()).toEqual([])
    for (count of [10, 9, 12]) await raiseAlerts(counting())
    expect(await alerts()).toMatchObject([{ level: '100%', value: 10, limit: 10 }])
  })

  it('Q26: processes that look at the same time raise an alert once', async () => {
    await policy([{ at: '50%', to: ['a@example.org', 'b@example.org'] }])
    count = 5
    const pending = await Promise.all([1, 2, 3].map(() => raiseAlerts(counting())))
    expect(pending.reduce((sum, one) => sum + one, 0)).toBe(2)
    expect(await levels()).toEqual(['50% pending', '50% pending'])
  })

  it('whoever a crash left untold is told, also after the count has dipped', async () => {
    await policy([{ at: '50%', to: ['a@example.org', 'b@example.org'] }])
    count = 5
    const died = counting()
    let writes = 0
    const raise = async (alert: Alert) => {
      writes += 1
      if (writes === 2) throw new Error('killed')
      return await stores.alerts.raise(alert)
    }
    const half = { ...died, stores: { ...died.stores, alerts: { ...stores.alerts, raise } } }
    await expect(raiseAlerts(half)).rejects.toThrow('killed')
    expect(await alerts()).toHaveLength(1)
    count = 4
    await raiseAlerts(counting())
    expect((await alerts()).map(({ recipient }) => recipient).sort()).toEqual([
      'a@example.org',
      'b@example.org',
    ])
  })

  it('ruling 18: nothing while the policy is building; a learner who cannot be counted silences nobody', async () => {
    await policy([{ at: '1' }])
    count = 5
    through = { at: clock.now() - HOUR, behind: 'building', failing: null }
    await raiseAlerts(counting())
    expect(await alerts()).toEqual([])
    through = { ...through, failing: { learners: 1, tried: clock.now(), others: clock.now() } }
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['1 unaddressed'])
  })

  it('ruling 37: what is reached while an import runs is muted for good, until what it brought is counted', async () => {
    await policy([{ at: '1' }, { at: '2' }, { at: '3', to: ['a@example.org'] }])
    count = 1
    const muted = await muteFor(counting(), tenant, 'old-lrs')
    await raiseAlerts(counting())
    await muted.end()
    clock.moveBy(1_000)
    // Stored, but not counted yet.
    through = { at: clock.now() - 60_000, behind: null, failing: null }
    await raiseAlerts(counting())
    expect(await stores.alerts.mutes(tenant)).toHaveLength(1)
    through = null
    count = 2
    await raiseAlerts(counting())
    expect(await stores.alerts.mutes(tenant)).toEqual([])
    count = 3
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['1 muted', '2 muted', '3 pending'])
  })

  it('ruling 37: an import that died does not mute for ever', async () => {
    await policy([{ at: '1' }])
    await muteFor(counting(), tenant, 'died')
    clock.moveBy(HOUR)
    await raiseAlerts(counting())
    count = 1
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['1 unaddressed'])
  })

  it('levels on the forecast ask it, with their probability, and are apart from those on the count', async () => {
    await policy([
      { at: '50%' },
      { at: '50%', on: 'forecast' },
      { at: '50%', on: 'forecast', probability: 0.9 },
    ])
    count = 4
    await raiseAlerts(counting())
    expect(await alerts()).toEqual([])
    await outlook({ chances: [[5, 0.8]] })
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['50%@0.5 unaddressed'])
    expect(await alerts()).toMatchObject([{ on: 'forecast', value: 4, forecast: { median: 6, chance: 0.8 } }])
    // Q26: not again when the forecast falls and rises.
    for (const chance of [0.1, 0.8]) {
      await outlook({ chances: [[5, chance]] })
      await raiseAlerts(counting())
    }
    expect(await alerts()).toHaveLength(1)
  })

  it('F4: no level on the forecast from too little history, from one that is days old, or for a window that is over', async () => {
    await policy([{ at: '50%', on: 'forecast' }])
    count = 4
    await outlook({ state: 'too-little-history', band: null, chances: [] })
    await raiseAlerts(counting())
    await outlook({ chances: [[5, 1]], made: clock.now() - 2 * DAY })
    await raiseAlerts(counting())
    await outlook({ chances: [[5, 1]] })
    clock.moveBy(DAY)
    await raiseAlerts(counting())
    expect(await alerts()).toEqual([])
  })

  it('ruling 37: a forecast while an import runs raises nothing, and is judged again after it', async () => {
    await policy([{ at: '50%', on: 'forecast' }, { at: '3' }])
    count = 4
    await outlook({ chances: [[5, 1]] })
    const muted = await muteFor(counting(), tenant, 'old-lrs')
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['3 muted'])
    await muted.end()
    clock.moveBy(1_000)
    await raiseAlerts(counting())
    await raiseAlerts(counting())
    expect(await levels()).toEqual(['3 muted', '50%@0.5 unaddressed'])
  })
})

describe('delivering', () => {
  /** Raises the levels 1, 2, 3 of one address and gives what delivers them. */
  async function raised(
    send: (mail: Mail) => Promise<SendOutcome>,
  ): Promise<{ deps: DeliverDeps; sent: string[] }> {
    // What other tests left in the outbox is not looked at.
    const to = `${tenant}@example.org`
    await policy([1, 2, 3].map((at) => ({ at, to: [to] })))
    count = 3
    await raiseAlerts(counting())
    const sent: string[] = []
    const mail = async (given: Mail) => {
      if (given.to !== to) return null
      sent.push(/reached (\d)/.exec(given.subject)?.[1] ?? given.subject)
      return await send(given)
    }
    clock.moveBy(1_000)
    return { deps: { stores, clock, home: 'http://x', senders: { mail, post: async () => null } }, sent }
  }

  it('F4: in rising order, and each once', async () => {
    const { deps, sent } = await raised(async () => null)
    await deliverDue(deps, never)
    expect(sent).toEqual(['1', '2', '3'])
    await deliverDue(deps, never)
    expect(sent).toHaveLength(3)
    expect(await levels()).toEqual(['1 delivered', '2 delivered', '3 delivered'])
  })

  it('F4: racing processes send nothing twice', async () => {
    const { deps, sent } = await raised(async () => null)
    await Promise.all([1, 2, 3, 4].map(() => deliverDue(deps, never)))
    expect(sent.sort()).toEqual(['1', '2', '3'])
  })

  it('F4: a level that fails holds the higher ones back, and is tried again with growing pauses until it is given up', async () => {
    let down = true
    const { deps, sent } = await raised(async () => (down ? { error: 'refused', permanent: false } : null))
    await deliverDue(deps, never)
    expect(sent).toEqual(['1'])
    await deliverDue(deps, never)
    expect(sent).toEqual(['1'])
    clock.moveBy(31_000)
    await deliverDue(deps, never)
    expect(sent).toEqual(['1', '1'])
    down = false
    clock.moveBy(121_000)
    await deliverDue(deps, never)
    expect(sent).toEqual(['1', '1', '1', '2', '3'])
    const [first] = await alerts()
    expect(first?.tries.map(({ error }) => error)).toEqual(['refused', 'refused', null])
  })

  it('is given up after seven tries, or at once when trying again would not help', async () => {
    const { deps, sent } = await raised(async ({ subject }) =>
      subject.includes('reached 1') ? { error: 'no', permanent: false } : { error: 'gone', permanent: true },
    )
    for (let day = 0; day < 9; day++) {
      await deliverDue(deps, never)
      clock.moveBy(25 * HOUR)
    }
    expect(await levels()).toEqual(['1 failed', '2 failed', '3 failed'])
    expect(sent.filter((level) => level === '1')).toHaveLength(7)
    expect(sent.filter((level) => level === '2')).toHaveLength(1)
  })

  it('A20: without a mail server alerts are kept and shown, and not sent when one comes', async () => {
    const { deps, sent } = await raised(async () => null)
    await deliverDue({ ...deps, senders: { ...deps.senders, mail: null } }, never)
    expect(await levels()).toEqual(['1 kept', '2 kept', '3 kept'])
    await deliverDue(deps, never)
    expect(sent).toEqual([])
  })

  it('a process that died while sending leaves the alert to the next one, a minute later', async () => {
    const { deps, sent } = await raised(async () => await Promise.reject(new Error('killed')))
    await expect(deliverDue(deps, never)).rejects.toThrow('killed')
    await deliverDue({ ...deps, senders: { ...deps.senders, mail: async () => null } }, never)
    expect(await levels()).toEqual(['1 pending', '2 delivered', '3 delivered'])
    clock.moveBy(61_000)
    await deliverDue({ ...deps, senders: { ...deps.senders, mail: async () => null } }, never)
    expect(await levels()).toEqual(['1 delivered', '2 delivered', '3 delivered'])
    expect(sent).toEqual(['1'])
  })

  it('told to stop in the middle, it notes no failure and sends it again', async () => {
    const stopping = new AbortController()
    const { deps } = await raised(async () => {
      stopping.abort()
      return { error: 'aborted', permanent: false }
    })
    await deliverDue(deps, stopping.signal)
    expect(await alerts()).toMatchObject([1, 2, 3].map(() => ({ state: 'pending', tries: [] })))
  })
})
