/** The drain works off what is dirty, in slices under one fenced lease, and stops where it is told to (rulings 31, 33, 34). */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { createCrew } from '../../src/counting-crew.ts'
import type { CountingCalls } from '../../src/counting-thread.ts'
import { openStores, type SharedStores } from '../../src/engine.ts'
import { newSigningKey } from '../../src/evidence/seal.ts'
import type { Crew } from '../../src/jobs/crew.ts'
import { type DrainControl, type DrainDeps, drain, LEASE_MS } from '../../src/jobs/drain.ts'
import { startJobs } from '../../src/jobs/jobs.ts'
import type { Caller } from '../../src/lrs/access/access.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { createCatalogues } from '../../src/lrs/counting/catalogue.ts'
import { addPolicy } from '../../src/lrs/counting/policies.ts'
import { recountLearners } from '../../src/lrs/counting/recount.ts'
import type { Counter } from '../../src/lrs/counting/share-out.ts'
import { putElements } from '../../src/lrs/feeds.ts'
import { storeStatements } from '../../src/lrs/statements/store-statements.ts'
import { remote } from '../../src/store/calls.ts'
import type { Lease, Stores } from '../../src/store/ports.ts'
import { createCounters } from '../../src/threads.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'
import { learner, statement } from '../harness/running.ts'

/** The stand-in for MongoDB has no index to count a learner or an element by. */
const [PEOPLE, ELEMENTS] = inject('store') === 'sqlite' ? [300, 3_000] : [60, 300]

const TENANT = 't-1'
const content: Caller = {
  kind: 'credential',
  tenant: TENANT,
  id: 'c-1',
  key: 'k',
  label: 'Content',
  purpose: 'learner',
  scopes: ['all'],
}
const admin: Caller = { kind: 'person', tenant: TENANT, id: 'p-1', email: 'a@example.org', roles: ['admin'] }
/** No policy here alerts anybody. */
const SILENT = { home: 'http://localhost', senders: { mail: null, post: async () => null } }
const WINDOW = { policy: 'year', version: 1, start: Date.UTC(2026, 0, 1) }

let directory: string
let stores: SharedStores
let lrs: Lrs
let deps: DrainDeps
beforeEach(async () => {
  directory = newDirectory('drain')
  const clock = systemClock()
  const settings = { ...storeOf(directory).settings, ROLLCALL_DATA: directory, ROLLCALL_READERS: '1' }
  stores = await openStores(loadConfig(settings), clock)
  const catalogueOf = createCatalogues(stores)
  const keys = { credentials: 'a', sessions: 'b', cursors: 'c', signing: newSigningKey() }
  const home = 'http://localhost'
  lrs = { stores, clock, catalogueOf, newId: randomUUID, keys, home, wake: () => undefined }
  deps = lrs
  await stores.tenants.create({ id: TENANT, slug: 'main', name: 'Main', created: 0 })
  await addPolicy(lrs, admin, {
    schema: 1,
    id: 'year',
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01' },
  })
})
afterEach(async () => {
  await stores.close()
  await removeDirectory(directory)
})

const send = async (people: number): Promise<void> => {
  const list = Array.from({ length: people }, (_, index) => statement({ actor: learner(`u-${index}`) }))
  const bytes = new TextEncoder().encode(JSON.stringify(list))
  await storeStatements(lrs, content, { bytes, version: '1.0.3' })
}
const dirty = async (): Promise<number> => (await stores.metering.dirtyLearners(10_000)).length
const counted = (): Promise<number> => stores.metering.countOf(TENANT, WINDOW)

/** A lease, and that of whoever has taken it over since. */
async function overtaken(): Promise<{ readonly stale: Lease; readonly fresh: Lease }> {
  const stale = await stores.leases.acquire('drain', 'paused process', 1)
  if (!stale) throw new Error('no lease')
  // On MongoDB whoever wants it must have watched it for as long as it lasts: no two clocks are compared.
  for (;;) {
    const fresh = await stores.leases.acquire('drain', 'next process', 60_000)
    if (fresh) return { stale, fresh }
  }
}

function control(): DrainControl & { stop(): void } {
  const stopping = new AbortController()
  return { signal: stopping.signal, touch: async () => undefined, stop: () => stopping.abort() }
}

describe('the drain', () => {
  it('counts everybody and leaves nothing dirty', async () => {
    await send(PEOPLE)
    expect(await dirty()).toBe(PEOPLE)
    await drain(deps, 'one', control())
    expect(await dirty()).toBe(0)
    expect(await counted()).toBe(PEOPLE)
  })

  it('stops at a slice when told to, and its lease is free at once', async () => {
    await send(500)
    const stopping = control()
    const recounts = stores.metering.writeRecounts
    const slow: Stores = {
      ...stores,
      metering: {
        ...stores.metering,
        writeRecounts: async (lease, results) => {
          stopping.stop()
          return recounts(lease, results)
        },
      },
    }
    await drain({ ...deps, stores: slow }, 'one', stopping)
    const done = await counted()
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(500)
    expect(await dirty()).toBe(500 - done)
    expect(await stores.leases.acquire('drain', 'two', 1_000)).toMatchObject({ holder: 'two' })
  })

  it('takes on less of a slow store at once, so that lease and lock never run out, and more when it is quick again', async () => {
    await send(200)
    let now = 0
    let slowness = 700
    const slices: { size: number; tookMs: number }[] = []
    const slow: Stores = {
      ...stores,
      metering: {
        ...stores.metering,
        writeRecounts: async (lease, results) => {
          slices.push({ size: results.length, tookMs: results.length * slowness })
          now += results.length * slowness
          if (slices.length === 60) slowness = 1
          return stores.metering.writeRecounts(lease, results)
        },
      },
    }
    const renewals = [0]
    const touch = async () => {
      renewals.push(now)
    }
    await drain({ ...deps, stores: slow }, 'one', { ...control(), touch, elapsed: () => now })
    expect(await counted()).toBe(200)
    expect(slices[0]?.tookMs).toBeLessThan(LEASE_MS)
    for (const { tookMs } of slices.slice(1)) expect(tookMs).toBeLessThanOrEqual(LEASE_MS / 4)
    expect(slices.at(30)?.size).toBeLessThan(3)
    expect(Math.max(...slices.slice(60).map(({ size }) => size))).toBeGreaterThan(16)
    const pauses = renewals.slice(2).map((at, index) => at - (renewals[index + 1] ?? 0))
    expect(Math.max(...pauses)).toBeLessThan(LEASE_MS / 2)
    expect(await dirty()).toBe(0)
  })

  it('does nothing while another process holds the lease', async () => {
    await send(5)
    await stores.leases.acquire('drain', 'another process', 60_000)
    await drain(deps, 'one', control())
    expect(await counted()).toBe(0)
  })

  it('cannot write under a lease that somebody else has taken over (fencing)', async () => {
    await send(5)
    const { stale, fresh } = await overtaken()
    const learners = await stores.metering.dirtyLearners(10)
    expect(await recountLearners(deps, stale, learners)).toBe(0)
    expect(await counted()).toBe(0)
    expect(await recountLearners(deps, fresh, learners)).toBe(5)
    expect(await counted()).toBe(5)
  })

  it('shows a learner whose recount fails, goes on with the others, and holds computedThrough back', async () => {
    await send(3)
    const [broken] = await stores.metering.dirtyLearners(1)
    const { histories } = stores.metering
    const failing: Stores = {
      ...stores,
      metering: {
        ...stores.metering,
        histories: async (asked) => {
          const at = asked.findIndex(({ learner }) => learner === broken?.learner)
          if (at === 0) throw new Error('unreadable fact')
          return histories(at < 0 ? asked : asked.slice(0, at))
        },
      },
    }
    await drain({ ...deps, stores: failing }, 'one', control())
    expect(await counted()).toBe(2)
    expect(await dirty()).toBe(1)
    const { at, behind } = await stores.metering.computedThrough(TENANT)
    expect(at).toBeLessThan(await stores.statements.consistentThrough())
    expect(behind).toContain('unreadable fact')
    await drain(deps, 'one', control())
    expect(await counted()).toBe(3)
    expect((await stores.metering.computedThrough(TENANT)).behind).toBeNull()
  })
})

describe('a thread that counts beside the drain', () => {
  const counters = () =>
    createCounters({
      stores,
      start: {
        clockOffset: systemClock().offset,
        keys: lrs.keys,
        home: lrs.home,
        cmi5: 'accept',
        alerts: {} as never,
        logLevel: 'error',
      },
      onHelperLost: (error) => {
        throw error
      },
    })

  it('writes under the lease it is given, and not under one that somebody else has taken over', async () => {
    await send(5)
    const { stale, fresh } = await overtaken()
    const learners = await stores.metering.dirtyLearners(10)
    const threads = counters()
    const { recount } = remote<CountingCalls>(threads.start())
    expect(await recount(stale, learners)).toBe(0)
    expect(await counted()).toBe(0)
    expect(await recount(fresh, learners)).toBe(5)
    expect(await counted()).toBe(5)
    await threads.stop()
  })

  it.each([0, 150, 600])(
    'ends when it is sent away %i ms after its start, before it has begun or later',
    async (ms) => {
      const threads = counters()
      const port = threads.start()
      await new Promise((resolve) => setTimeout(resolve, ms))
      port.close()
      await vi.waitFor(() => expect(threads.running()).toBe(0), { timeout: 15_000 })
    },
  )

  it('does its share, and is sent away at the end', async () => {
    await send(PEOPLE)
    const threads = counters()
    const crew = createCrew(() => crew.joined(threads.start()))
    crew.call()
    let helped = 0
    const watched: Crew = {
      get counters() {
        return crew.counters.map(
          (count): Counter =>
            async (lease, learners) => {
              const written = await count(lease, learners)
              helped += written
              return written
            },
        )
      },
      call: crew.call,
      dismiss: crew.dismiss,
    }
    await drain({ ...deps, crew: watched }, 'one', control())
    expect([await counted(), await dirty()]).toEqual([PEOPLE, 0])
    expect(helped).toBeGreaterThan(PEOPLE / 8)
    expect(helped).toBeLessThan(PEOPLE)
    expect(crew.counters).toHaveLength(0)
    await threads.stop()
  })

  it('is called when slices have been full for a while, and dismissed although the drain fails', async () => {
    await send(PEOPLE)
    const told: string[] = []
    const crew = { counters: [], call: () => told.push('call'), dismiss: () => told.push('dismiss') }
    let now = 0
    const slow: Stores = {
      ...stores,
      metering: {
        ...stores.metering,
        writeRecounts: async (lease, results) => {
          now += 1_600
          if (now > 8_000) throw new Error('the store is gone')
          return await stores.metering.writeRecounts(lease, results)
        },
      },
    }
    const draining = drain({ ...deps, stores: slow, crew }, 'one', { ...control(), elapsed: () => now })
    await expect(draining).rejects.toThrow('the store is gone')
    expect(told[0]).toBe('call')
    expect(told.at(-1)).toBe('dismiss')
  })
})

describe('the jobs', () => {
  it('release what they hold when they stop, so that the next process goes on at once', async () => {
    await send(PEOPLE)
    const faults: unknown[] = []
    const first = await startJobs(deps, stores.jobs(), (error) => faults.push(error), SILENT)
    first.wake()
    await new Promise((resolve) => setTimeout(resolve, 30))
    await first.stop()
    const { jobs } = await stores.jobs().repository.queryJobs()
    expect(jobs.length).toBeGreaterThan(0)
    expect(jobs.filter(({ lockedAt }) => lockedAt !== undefined && lockedAt !== null)).toEqual([])
    const second = await startJobs(deps, stores.jobs(), (error) => faults.push(error), SILENT)
    second.wake()
    while ((await dirty()) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await second.stop()
    expect(await counted()).toBe(PEOPLE)
    expect(faults).toEqual([])
  })

  it('count a learner who was marked while a drain ran', async () => {
    const jobs = await startJobs(deps, stores.jobs(), () => undefined, SILENT)
    for (let people = 1; people <= 10; people++) {
      await send(people)
      jobs.wake()
    }
    while ((await dirty()) > 0) await new Promise((resolve) => setTimeout(resolve, 20))
    await jobs.stop()
    expect(await counted()).toBe(10)
  })
})

describe('a catalogue feed', () => {
  it('of many elements is worked off in few turns, and everybody is counted again', async () => {
    await send(20)
    const lms: Caller = { ...admin, roles: ['integrator'] }
    const { id } = statement().object as { id: string }
    const elements = Array.from({ length: ELEMENTS }, (_, index) => ({
      id: `https://lms.example.org/e/${index}`,
      name: 'E',
      kind: 'other',
      utilizationTracking: 'none',
    }))
    await putElements(lrs, lms, [
      ...elements,
      { id, name: 'Fire', kind: 'other', utilizationTracking: 'none' },
    ])
    let turns = 0
    const counting: Stores = {
      ...stores,
      metering: {
        ...stores.metering,
        pendingChanges: (limit) => {
          turns += 1
          return stores.metering.pendingChanges(limit)
        },
      },
    }
    await drain({ ...deps, stores: counting }, 'one', control())
    expect(turns).toBeLessThan(100)
    expect(await stores.metering.pendingChanges(1)).toEqual([])
    expect((await stores.metering.computedThrough(TENANT)).behind).toBeNull()
    // SCORM content stays tracked whatever the catalogue says (in-the-wild §3.1).
    expect(await counted()).toBe(20)
  })
})
