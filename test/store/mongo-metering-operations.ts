/** What metering, deleting, people and closing write, as a job or a client does it: each may be repeated until it is done. */
import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { newSigningKey, type SealContent, sealOf } from '../../src/evidence/seal.ts'
import type { Policy } from '../../src/metering/policy.ts'
import { presets } from '../../src/metering/presets.ts'
import type { CloseRequest, Lease, StoredPolicy, Stores } from '../../src/store/ports.ts'
import { attemptOf, countOf, historyOf, learnerOf, NOON, resultOf, store } from '../contract/evidence.ts'
import { goOn, rowOf } from '../contract/snapshot-store.ts'

const ANA = 'account:https://lms.example|ana'
const ANA_HR = 'account:https://hr.example|4711'
const BEN = 'account:https://lms.example|ben'
const WINDOW = { policy: 'p', version: 1, start: NOON - 1 }
const POLICY: StoredPolicy = {
  policy: { ...(presets[0] as Policy), id: 'p' },
  version: 1,
  countHash: 'c',
  commercialHash: 'm',
  effectiveFrom: null,
  recorded: NOON,
}

export interface Operation {
  prepare(stores: Stores, tenant: string, url: string): Promise<unknown>
  act(stores: Stores, tenant: string, given: unknown): Promise<void>
  /** What can be seen of it, without what differs between two runs. */
  look(stores: Stores, tenant: string, given: unknown): Promise<unknown>
  /** One commit: never seen by half once a sweep has been. */
  readonly whole: boolean
}

export const leaseOf = async (stores: Stores): Promise<Lease> =>
  (await stores.leases.acquire(`drain ${randomUUID()}`, 'test', 60_000)) as Lease

/** Recounts whoever is marked, as the drain does, until nobody is. */
async function drain(stores: Stores, tenant: string, ifis: readonly string[], counts: boolean) {
  for (let tries = 0; tries < 20; tries++) {
    const dirty = []
    for (const ifi of ifis) {
      const history = await historyOf(stores, tenant, ifi)
      if (history.marks.length > 0) dirty.push(history)
    }
    if (dirty.length === 0) return
    const given = () => ({
      counts: [countOf('p', WINDOW.start)],
      attempts: [attemptOf({ id: randomUUID() })],
      untracked: { resource: 1 },
    })
    await stores.metering.writeRecounts(
      await leaseOf(stores),
      dirty.map((history) => resultOf(history, counts ? given() : {})),
    )
  }
  throw new Error('a recount does not come to its end')
}

const marked = async (stores: Stores, tenant: string, ...ifis: string[]) =>
  Promise.all(ifis.map(async (ifi) => (await historyOf(stores, tenant, ifi)).marks.length > 0))

async function people(stores: Stores, tenant: string): Promise<readonly string[]> {
  const ids = await store(stores, tenant, [{ ifi: ANA }, { ifi: ANA, at: NOON + 1 }, { ifi: BEN }])
  await drain(stores, tenant, [ANA, BEN], false)
  return ids
}

const removal = {
  prepare: people,
  whole: true,
  look: async (stores: Stores, tenant: string, given: unknown) => {
    const ids = given as readonly string[]
    const found = await Promise.all(ids.map((id) => stores.statements.find(tenant, id)))
    return {
      found: found.map((one) => one && { voided: one.voided }),
      marked: await marked(stores, tenant, ANA, BEN),
      facts: (await historyOf(stores, tenant, ANA)).facts.map(({ voided }) => voided),
      tombstones: (await historyOf(stores, tenant, ANA)).tombstones.length,
      listed: (await stores.statements.scan(tenant, 0, 10)).length,
    }
  },
} as const

const tombstoneOf = (tenant: string) => ({
  id: `tomb-${tenant}`,
  learner: ANA,
  policy: 'p',
  version: 1,
  at: NOON,
  stored: NOON,
  element: 'https://example.org/course',
  attempt: null,
})

const linkOf = (tenant: string) => ({
  id: `link-${tenant}`,
  a: ANA,
  b: ANA_HR,
  author: 'admin',
  source: 'alias' as const,
  at: NOON,
})
const LINKING = { dryRun: false, confirmAbove: 20 }

async function meet(stores: Stores, tenant: string): Promise<void> {
  for (const ifi of [ANA, ANA_HR]) await store(stores, tenant, [{ ifi }])
  await drain(stores, tenant, [ANA, ANA_HR], false)
}
const joined = {
  whole: true,
  look: async (stores: Stores, tenant: string) => ({
    one: (await learnerOf(stores, tenant, ANA)) === (await learnerOf(stores, tenant, ANA_HR)),
    marked: await marked(stores, tenant, ANA, ANA_HR),
    links: (await stores.identities.links(tenant, { limit: 9 })).items.length,
    facts: (await historyOf(stores, tenant, ANA)).facts.length,
  }),
} as const

/** Everything derived of the tenant. */
async function derived(stores: Stores, tenant: string) {
  const counted = (await stores.metering.counted(tenant, WINDOW, { limit: 99 })).items
  return {
    keys: await stores.metering.countOf(tenant, WINDOW),
    total: await stores.metering.totalLearners(tenant, 'p'),
    counted: counted.map(({ key }) => key),
    attempts: (await stores.metering.attempts(tenant, { limit: 99 })).items.length,
    untracked: (await stores.metering.review(tenant)).untracked,
    marked: await marked(stores, tenant, ANA, BEN),
  }
}

async function dirtyPeople(stores: Stores, tenant: string): Promise<void> {
  await stores.policies.add(tenant, POLICY)
  await people(stores, tenant)
  await store(stores, tenant, [{ ifi: ANA }, { ifi: BEN }])
}

/** A counted row of nobody, and totals that are not what their rows add up to. */
async function damage(url: string, tenant: string): Promise<void> {
  const client = new MongoClient(url)
  const db = client.db()
  const totals = db.collection<{ _id: string }>('window_totals')
  const total = { _id: [tenant, 'p', 1, WINDOW.start].join('\n') }
  await totals.updateOne(total, { $inc: { 'buckets.zzz': 7, revision: 1 } }, { upsert: true })
  await db.collection<{ _id: string }>('counted').insertOne({
    _id: `${tenant}\nnobody\nx`,
    tenant,
    learner: 'nobody',
    n: 3,
    ...{ policy: 'p', version: 1, windowStart: WINDOW.start, key: 'learner', bucket: 'nob' },
    ...{ statementId: randomUUID(), at: NOON, stored: NOON, rule: 'evidence' },
  } as { _id: string })
  await client.close()
}

const SEAL = newSigningKey()
const REQUEST: Omit<CloseRequest, 'draft' | 'tenant'> = {
  ...WINDOW,
  window: 'p.1.x',
  end: NOON + 1,
  requested: NOON + 2,
  author: null,
  reason: null,
}

export const OPERATIONS = {
  hide: {
    ...removal,
    act: async (stores, tenant, given) => {
      await stores.removals.hide(tenant, given as readonly string[])
    },
  },
  purge: {
    ...removal,
    act: async (stores, tenant, given) => {
      await stores.removals.purge(tenant, given as readonly string[], [tombstoneOf(tenant)])
    },
  },
  link: {
    ...joined,
    prepare: meet,
    act: async (stores, tenant) => {
      await stores.identities.link(tenant, [linkOf(tenant)], LINKING)
    },
  },
  unlink: {
    ...joined,
    prepare: async (stores, tenant) => {
      await meet(stores, tenant)
      await stores.identities.link(tenant, [linkOf(tenant)], LINKING)
      await drain(stores, tenant, [ANA], false)
    },
    act: async (stores, tenant) => {
      await stores.identities.unlink(tenant, `link-${tenant}`, { dryRun: false })
    },
  },
  profiles: {
    whole: true,
    prepare: people,
    act: async (stores, tenant) => {
      const given = { name: 'Ana', teams: ['Sales'], roles: [], test: false, author: 'admin', at: NOON }
      await stores.profiles.put(
        tenant,
        [ANA, BEN].map((ifi) => ({ ifi, ...given })),
      )
    },
    look: async (stores, tenant) => ({
      members: (await stores.profiles.members(tenant, [{ kind: 'team', name: 'Sales' }], { limit: 9 })).items
        .length,
      groups: await stores.profiles.groups(tenant),
      marked: await marked(stores, tenant, ANA, BEN),
    }),
  },
  recounts: {
    whole: false,
    prepare: dirtyPeople,
    act: (stores, tenant) => drain(stores, tenant, [ANA, BEN], true),
    look: derived,
  },
  repair: {
    whole: false,
    prepare: async (stores, tenant, url) => {
      await dirtyPeople(stores, tenant)
      await drain(stores, tenant, [ANA, BEN], true)
      await damage(url, tenant)
    },
    act: async (stores, tenant) => {
      await stores.metering.repair(tenant)
    },
    look: derived,
  },
  'recounts of damaged rows': {
    whole: false,
    prepare: async (stores, tenant, url) => {
      await dirtyPeople(stores, tenant)
      await damage(url, tenant)
    },
    act: async (stores, tenant) => {
      await drain(stores, tenant, [ANA, BEN], true)
      await stores.metering.repair(tenant)
    },
    look: derived,
  },
  closing: {
    whole: false,
    prepare: (stores, tenant) => stores.snapshots.request({ tenant, ...REQUEST }),
    act: async (stores, tenant) => {
      const id = randomUUID()
      if ((await stores.snapshots.begin(tenant, WINDOW, id)) === 'sealed') return
      await stores.snapshots.addRows(tenant, WINDOW, id, [rowOf('t-1'), rowOf('t-2')], goOn)
      const facts = { cutoff: { at: NOON + 3, seq: 7 }, count: 2, closed: NOON + 4, secret: 'secret' }
      const seal = sealOf({ count: 2 } as SealContent, SEAL)
      const snapshot = { ...WINDOW, window: REQUEST.window, id, ...facts, ...seal }
      await stores.snapshots.seal(await leaseOf(stores), tenant, snapshot)
    },
    look: async (stores, tenant) => {
      const snapshot = await stores.snapshots.byWindow(tenant, WINDOW)
      const rows = snapshot && (await stores.snapshots.rows(tenant, snapshot.id, { limit: 9 })).items
      return {
        count: snapshot?.count,
        tokens: rows?.map(({ token }) => token),
        waits: (await stores.snapshots.requestOf(tenant, WINDOW)) !== null,
      }
    },
  },
} as const satisfies Readonly<Record<string, Operation>>
