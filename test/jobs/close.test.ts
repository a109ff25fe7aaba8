/** Closing under everything that can come between: later statements, a crash at each step, two processes at once (ruling 33). */
import { createHash, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { newSigningKey } from '../../src/evidence/seal.ts'
import { type DrainDeps, drain } from '../../src/jobs/drain.ts'
import type { Caller } from '../../src/lrs/access/access.ts'
import { copyRows } from '../../src/lrs/close/copy-rows.ts'
import { requestDue } from '../../src/lrs/close/due.ts'
import type { Draft } from '../../src/lrs/close/seal-window.ts'
import { verifyNightly, verifyWindow } from '../../src/lrs/close/verify.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { createCatalogues } from '../../src/lrs/counting/catalogue.ts'
import { addPolicy, policyOf } from '../../src/lrs/counting/policies.ts'
import { putAliases } from '../../src/lrs/feeds.ts'
import { storeStatements } from '../../src/lrs/statements/store-statements.ts'
import { windowsBetween } from '../../src/metering/windows.ts'
import type { CloseRequest, Closing, Lease, SnapshotRow, Stores } from '../../src/store/ports.ts'
import type { Actor } from '../../src/xapi/types.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'
import { learner, statement } from '../harness/running.ts'

const DAY = 86_400_000
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

let directory: string
let store: ReturnType<typeof storeOf>
let stores: Stores
let clock: MovableClock
let lrs: Lrs
let used: number
beforeEach(async () => {
  directory = newDirectory('close')
  clock = systemClock()
  store = storeOf(directory)
  const settings = { ...store.settings, ROLLCALL_DATA: directory, ROLLCALL_READERS: '1' }
  stores = await openStores(loadConfig(settings), clock)
  const keys = { credentials: 'a', sessions: 'b', cursors: 'c', signing: newSigningKey() }
  const catalogueOf = createCatalogues(stores)
  const home = 'http://localhost'
  lrs = { stores, clock, catalogueOf, newId: randomUUID, keys, home, wake: () => undefined }
  await stores.tenants.create({ id: TENANT, slug: 'main', name: 'Main', created: 0 })
  await addPolicy(lrs, admin, {
    schema: 1,
    id: 'day',
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01' },
  })
  used = clock.now()
})
afterEach(async () => {
  await stores.close()
  await removeDirectory(directory)
})

async function use(names: readonly string[], at = used): Promise<void> {
  const list = names.map((name) => statement({ actor: learner(name), timestamp: new Date(at).toISOString() }))
  await storeStatements(lrs, content, {
    bytes: new TextEncoder().encode(JSON.stringify(list)),
    version: '1.0.3',
  })
}
const run = (deps: DrainDeps = lrs, holder = 'one') =>
  drain(deps, holder, { signal: new AbortController().signal, touch: async () => undefined })
/** The first day is over, and its grace. */
async function due(): Promise<void> {
  clock.moveBy(5 * DAY)
  await requestDue(lrs)
}
const first = async (): Promise<Closing | undefined> =>
  (await stores.snapshots.closings(TENANT)).find(({ start }) => start <= used && used < start + DAY)
const rowsOf = async ({ id }: Closing) =>
  (await stores.snapshots.rows(TENANT, id, { limit: 1000 })).items as readonly SnapshotRow[]

/** The same stores, with some functions of the snapshot store replaced. */
function withSnapshots(over: Partial<Stores['snapshots']>): DrainDeps {
  return { ...lrs, stores: { ...stores, snapshots: { ...stores.snapshots, ...over } } }
}

describe('closing', () => {
  it('closes every window whose grace is over, once, empty ones too; drains again change nothing', async () => {
    await use(['ana', 'ben'])
    await due()
    await run()
    const closings = await stores.snapshots.closings(TENANT)
    expect(closings.map(({ count }) => count)).toEqual([2, 0])
    expect(await requestDue(lrs)).toBe(false)
    await run()
    expect(await stores.snapshots.closings(TENANT)).toEqual(closings)
  })

  it('what is stored after the cutoff is no part of it, though it is counted before the seal (ruling 15)', async () => {
    await use(['ana', 'ben'])
    await run()
    await due()
    let once = true
    const late = withSnapshots({
      cutoff: async () => {
        const cutoff = await stores.snapshots.cutoff()
        // Ana was seen earlier, Zoe at all: both are counted while the window closes.
        if (once) await use(['ana', 'zoe'], used - 1)
        once = false
        return cutoff
      },
    })
    await run(late)
    const closing = (await first()) as Closing
    expect(closing.count).toBe(2)
    const rows = await rowsOf(closing)
    expect(rows.map(({ evidence }) => evidence?.at)).toEqual([used, used])
    await run()
    expect(await stores.adjustments.sums(TENANT, closing)).toEqual({ automatic: 1, purged: 0, manual: 0 })
    expect(await stores.metering.countOf(TENANT, closing)).toBe(3)
    expect(await rowsOf(closing)).toEqual(rows)
  })

  const STEPS = ['cutoff', 'begin', 'addRows', 'rows', 'seal'] as const
  it.each(
    STEPS.flatMap(
      (step) =>
        [
          [step, 'before'],
          [step, 'after'],
        ] as const,
    ),
  )(
    'a process that ends at %s, %s it, leaves nothing half: the next one closes once and right',
    async (step, when) => {
      await use(['ana', 'ben', 'cyd'])
      await due()
      const fails = withSnapshots({
        [step]: async (...given: never[]) => {
          const work = stores.snapshots[step] as (...args: never[]) => Promise<unknown>
          if (when === 'after') await work(...given)
          throw new Error('the process ends')
        },
      })
      await expect(run(fails, 'crashed')).rejects.toThrow('the process ends')
      await stores.leases.release((await stores.leases.acquire('drain', 'crashed', 1)) as never)
      await use(['zoe'], used + 1)
      await run(lrs, 'next')
      const closing = (await first()) as Closing
      // Sealed before the crash: then Zoe is late.
      const sealedBefore = step === 'seal' && when === 'after'
      expect(closing.count).toBe(sealedBefore ? 3 : 4)
      expect(await rowsOf(closing)).toHaveLength(closing.count)
      await run(lrs, 'next')
      expect((await stores.adjustments.sums(TENANT, closing)).automatic).toBe(sealedBefore ? 1 : 0)
      expect((await verifyWindow(lrs, TENANT, closing))?.mismatches).toEqual([])
    },
  )

  it.each(['cutoff', 'begin'] as const)(
    'two who are merged at %s, before their rows are copied, are one afterwards, and nobody is booked twice',
    async (step) => {
      await use(['ana', 'ben', 'cyd'])
      await run()
      await due()
      let once = true
      const merging = withSnapshots({
        [step]: async (...given: never[]) => {
          const outcome = await (stores.snapshots[step] as (...args: never[]) => Promise<unknown>)(...given)
          if (once)
            await putAliases(lrs, admin, { aliases: [{ identities: [learner('ana'), learner('ben')] }] })
          once = false
          return outcome
        },
      })
      await run(merging)
      await run()
      const closing = (await first()) as Closing
      const { automatic, purged } = await stores.adjustments.sums(TENANT, closing)
      expect(await stores.metering.countOf(TENANT, closing)).toBe(2)
      expect(closing.count + automatic + purged).toBe(2)
    },
  )

  it('a learner who cannot be counted holds the window open, and the drain ends (ruling 30)', async () => {
    await use(['ana'])
    await due()
    const failing: DrainDeps = { ...lrs, catalogueOf: () => Promise.reject(new Error('unreadable')) }
    await run(failing)
    expect(await stores.snapshots.closings(TENANT)).toEqual([])
    await run()
    expect((await first())?.count).toBe(1)
  })

  it('two processes that close at once make one snapshot', async () => {
    await use(['ana', 'ben'])
    await due()
    await Promise.all([run(lrs, 'one'), run(lrs, 'two'), run(lrs, 'three')])
    await run()
    const closing = (await first()) as Closing
    expect(closing.count).toBe(2)
    expect(await rowsOf(closing)).toHaveLength(2)
  })

  it('whoever lost the lease while copying seals nothing', async () => {
    await use(['ana'])
    await due()
    const stolen = withSnapshots({
      addRows: async (...given) => {
        const outcome = await stores.snapshots.addRows(...given)
        // Another process takes over, as after a pause that was too long.
        await stores.leases.release((await stores.leases.acquire('drain', 'one', 1)) as never)
        await stores.leases.acquire('drain', 'two', 60_000)
        return outcome
      },
    })
    await run(stolen)
    expect(await stores.snapshots.closings(TENANT)).toEqual([])
    await run(lrs, 'two')
    expect((await first())?.count).toBe(1)
  })
})

describe('copying rows', () => {
  const mails = Array.from({ length: 40 }, (_, n) => `mailto:learner-${n}@example.org`)
  const send = async (actors: readonly Actor[]) => {
    const timestamp = new Date(used).toISOString()
    const bytes = new TextEncoder().encode(
      JSON.stringify(actors.map((actor) => statement({ actor, timestamp }))),
    )
    await storeStatements(lrs, content, { bytes, version: '1.0.3' })
  }
  async function drafted() {
    const policy = await policyOf(stores, TENANT, 'day', 'test')
    const [window] = windowsBetween(policy.versions, used, used + 1)
    if (!window) throw new Error('there is no window')
    const place = { tenant: TENANT, policy: 'day', version: 1, start: window.start }
    const asked = { ...place, window: window.id, end: window.end, requested: 1, author: null, reason: null }
    await stores.snapshots.request(asked)
    await stores.snapshots.begin(TENANT, asked, 'draft')
    const request: CloseRequest = { ...asked, draft: 'draft' }
    const draft: Draft = { request, policy, window, id: 'draft', secret: 's', cutoff: { at: used, seq: 0 } }
    const lease = (await stores.leases.acquire('drain', 'one', 60_000)) as Lease
    return { draft, lease }
  }
  const learnersOf = (rows: readonly { readonly learner: string | null }[]) =>
    rows.map((row) => row.learner).sort()

  it('of more than are held in memory, part by part: each once, whoever gets another identifier meanwhile', async () => {
    const hashOf = (mbox: string) => ({ mbox_sha1sum: createHash('sha1').update(mbox).digest('hex') })
    await send(mails.map(hashOf))
    await run()
    const { draft, lease } = await drafted()
    const parts: number[] = []
    const deps = withSnapshots({
      addRows: async (...given) => {
        const outcome = await stores.snapshots.addRows(...given)
        if (parts.push(given[3].length) === 1) await send(mails.map((mbox) => ({ mbox })))
        return outcome
      },
    })
    const drained = { lease, keep: async () => true, count: async () => null }
    expect(await copyRows(deps, draft, new Set(), drained, 10)).toBe(true)
    expect(parts).toHaveLength(4)
    const { items } = await stores.snapshots.rows(TENANT, 'draft', { limit: 1000 })
    const counted = await stores.metering.counted(TENANT, draft.request, { limit: 1000 })
    expect(learnersOf(items)).toEqual(learnersOf(counted.items))
    expect(items).toHaveLength(40)
  })

  it('each part is added in the order of its tokens', async () => {
    await send(mails.map((mbox) => ({ mbox })))
    await run()
    const { draft, lease } = await drafted()
    const added: (readonly string[])[] = []
    const deps = withSnapshots({
      addRows: async (...given) => {
        added.push(given[3].map(({ token }) => token))
        return stores.snapshots.addRows(...given)
      },
    })
    await copyRows(deps, draft, new Set(), { lease, keep: async () => true, count: async () => null })
    expect(added).toEqual([[...(added[0] ?? [])].sort()])
    expect(added[0]).toHaveLength(40)
  })

  it('a lost lease is noticed also while learners are looked at who have no row', async () => {
    await use(['ana', 'ben', 'cyd'])
    await run()
    const { draft, lease } = await drafted()
    const { items } = await stores.metering.counted(TENANT, draft.request, { limit: 1000 })
    let kept = 0
    const losing = { lease, keep: async () => ++kept <= 1, count: async () => null }
    // The cutoff is before all of them.
    expect(await copyRows(lrs, draft, new Set(items.map((one) => one.learner)), losing)).toBe(false)
  })
})

describe('verifying', () => {
  const closed = async (): Promise<Closing> => {
    await use(['ana', 'ben'])
    await due()
    await run()
    return (await first()) as Closing
  }
  const mismatches = async (deps: DrainDeps, closing: Closing) =>
    (await verifyWindow(deps, TENANT, closing))?.mismatches ?? []

  it('finds nothing where all is as it was, late facts included, and says so beside the snapshot', async () => {
    const closing = await closed()
    await use(['late'])
    await run()
    expect(await mismatches(lrs, closing)).toEqual([])
    expect((await first())?.verification).toMatchObject({ mismatches: [] })
  })

  it.each([
    ['a row is gone', (rows: readonly SnapshotRow[]) => rows.slice(1), /root/],
    [
      'evidence was exchanged',
      (rows: readonly SnapshotRow[]) =>
        rows.map((row) => ({ ...row, evidence: row.evidence && { ...row.evidence, at: 1 } })),
      /evidence of row/,
    ],
  ])('is an alarm when %s, and mends nothing', async (_what, change, sentence) => {
    const closing = await closed()
    const tampered = withSnapshots({
      rows: async (...given) => {
        const page = await stores.snapshots.rows(...given)
        return { ...page, items: change(page.items) }
      },
    })
    expect((await mismatches(tampered, closing)).join()).toMatch(sentence)
    expect((await first())?.verification?.mismatches.length).toBeGreaterThan(0)
    expect(await rowsOf(closing)).toHaveLength(2)
  })

  it('is an alarm when somebody counts whom no row and no adjustment names', async () => {
    const closing = await closed()
    const forgetful: DrainDeps = {
      ...lrs,
      stores: { ...stores, adjustments: { ...stores.adjustments, booked: async () => [] } },
    }
    expect(await mismatches(forgetful, closing)).toHaveLength(2)
  })

  it('nightly it looks at one window of each tenant, once a day', async () => {
    await closed()
    const go = async () => true
    expect(await verifyNightly(lrs, () => 0, go)).toEqual([])
    const at = (await first())?.verification?.at
    expect(at).toBeGreaterThan(0)
    await verifyNightly(lrs, () => 0, go)
    expect((await first())?.verification?.at).toBe(at)
    clock.moveBy(DAY)
    await verifyNightly(lrs, () => 0, go)
    expect((await first())?.verification?.at).toBeGreaterThan(at ?? 0)
  })
})
