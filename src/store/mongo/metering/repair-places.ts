/** Where derived rows and totals of a tenant are: found by what is there, not by what should be, in steps of the indexes. */
import type { Collection, Db, Filter } from 'mongodb'
import type { TenantId, WindowRef } from '../../ports.ts'
import { slicesOf } from '../driver/bulk.ts'
import { keysAfter } from '../driver/keys-of.ts'
import { type CountedDoc, meterCollections, type RowDoc, type TotalDoc } from '../schema/meter-collections.ts'
import { windowOf } from './counted-rows.ts'
import { windowId } from './totals.ts'

interface Version {
  readonly policy: string
  readonly version: number
}

/** Rows read at once. */
const PAGE = 1_000

export function derivedPlaces(db: Db) {
  const { recounts, counted, attempts, windowTotals, policyTotals, policies } = meterCollections(db)

  /** The first window with counted keys after this one. */
  const nextWindow = async (tenant: TenantId, { policy, version, start }: WindowRef) => {
    const ranges: readonly Filter<CountedDoc>[] = [
      { tenant, policy, version, windowStart: { $gt: start } },
      { tenant, policy, version: { $gt: version } },
      { tenant, policy: { $gt: policy } },
    ]
    for (const range of ranges) {
      const order = { policy: 1, version: 1, windowStart: 1 } as const
      const [found] = await counted.find(range).sort(order).limit(1).toArray()
      if (found) return windowOf(found)
    }
    return null
  }
  async function* countedWindows(tenant: TenantId): AsyncGenerator<WindowRef> {
    let window = await nextWindow(tenant, { policy: '', version: 0, start: 0 })
    while (window !== null) {
      yield window
      window = await nextWindow(tenant, window)
    }
  }
  async function* learnersIn({ policy, version, start: windowStart }: WindowRef, tenant: TenantId) {
    const rows = counted.find({ tenant, policy, version, windowStart }, { projection: { learner: 1 } })
    for await (const { learner } of rows) yield learner
  }
  return {
    /** Everybody who has a row, or a document of recounts; some twice. */
    learners: async function* (tenant: TenantId): AsyncGenerator<readonly string[]> {
      const documents = recounts.find({ _id: keysAfter(tenant) }, { projection: { learner: 1 } })
      for await (const slice of slicesOf(documents)) yield slice.map(({ learner }) => learner)
      yield* learnersOf(counted, tenant)
      yield* learnersOf(attempts, tenant)
    },
    /** Everybody who counts, or ever qualified, under such a version of a policy; some twice. */
    learnersUnder: async function* (
      tenant: TenantId,
      wanted: (version: Version) => boolean,
    ): AsyncGenerator<string> {
      for await (const window of countedWindows(tenant)) if (wanted(window)) yield* learnersIn(window, tenant)
      const documents = recounts.find(
        { _id: keysAfter(tenant) },
        { projection: { learner: 1, qualified: 1 } },
      )
      for await (const { learner, qualified } of documents) if (qualified.some(wanted)) yield learner
    },
    /** With a total, or a counted key. */
    windows: async (tenant: TenantId): Promise<readonly WindowRef[]> => {
      const kept = await idsIn(windowTotals, tenant)
      const found = kept.map(
        ([policy = '', version, start]): WindowRef => ({
          policy,
          version: Number(version),
          start: Number(start),
        }),
      )
      for await (const window of countedWindows(tenant)) found.push(window)
      return [...new Map(found.map((window) => [windowId(tenant, window), window])).values()]
    },
    /** With a total, or of the tenant. */
    policies: async (tenant: TenantId): Promise<readonly string[]> => {
      const kept = await idsIn(policyTotals, tenant)
      const own = await policies.find({ tenant }, { projection: { id: 1 } }).toArray()
      return [...new Set([...kept.map(([policy = '']) => policy), ...own.map(({ id }) => id)])].sort()
    },
  }
}

async function* learnersOf<Row extends RowDoc>(
  rows: Collection<Row>,
  tenant: TenantId,
): AsyncGenerator<readonly string[]> {
  let after: string | undefined = ''
  while (after !== undefined) {
    const rest = { tenant, learner: { $gt: after } } as Filter<Row>
    const projection = { projection: { learner: 1 } }
    const found: { readonly learner: string }[] = await rows
      .find<{ learner: string }>(rest, projection)
      .sort({ learner: 1 })
      .limit(PAGE)
      .toArray()
    after = found.at(-1)?.learner
    if (found.length > 0) yield [...new Set(found.map(({ learner }) => learner))]
  }
}

/** The parts of each `_id` after the tenant. */
async function idsIn(
  totals: Collection<TotalDoc>,
  tenant: TenantId,
): Promise<readonly (readonly string[])[]> {
  const found = await totals.find({ _id: keysAfter(tenant) }, { projection: { _id: 1 } }).toArray()
  return found.map(({ _id }) => _id.split('\n').slice(1))
}
