/**
 * Totals of windows and policies: absolute numbers, counted again by whoever changed the rows (ruling 12). Nothing
 * increments. A total is written only if nobody wrote it since before it was counted, and everybody counts after their rows
 * are written: so whichever comes last has seen the rows of all. They are counted in parts (learner-bucket.ts).
 */
import type { Collection, Db, Document } from 'mongodb'
import { bucketOf } from '../../learner-bucket.ts'
import type { TenantId, WindowRef } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { isDuplicate, retried } from '../driver/writing.ts'
import { meterCollections, type TotalDoc } from '../schema/meter-collections.ts'

/** What a recount has touched. */
export interface Touched {
  readonly windows: readonly WindowRef[]
  readonly policies: readonly string[]
}

export interface TotalsRefresh {
  add(tenant: TenantId, learner: string, touched: Touched): void
  /** Counts each touched bucket of each touched total once. */
  refresh(): Promise<void>
}

/** One total: where it is kept, which rows it counts, and which buckets of them are touched. */
interface Total {
  readonly _id: string
  readonly kept: Collection<TotalDoc>
  count(buckets: readonly string[]): Promise<ReadonlyMap<string, number>>
  readonly buckets: Set<string>
}

/** Counts whole totals again, and writes those that were wrong. */
export interface TotalsRepair {
  /** `touched`: rows of it were just removed; then it is written also when it is right, for whoever counted before that. */
  window(tenant: TenantId, window: WindowRef, touched: boolean): Promise<boolean>
  policy(tenant: TenantId, policy: string, touched: boolean): Promise<boolean>
}

/** @returns whether each was wrong */
export function totalsRepair(db: Db): TotalsRepair {
  const { counted, recounts, windowTotals, policyTotals } = meterCollections(db)
  return {
    window: (tenant, window, touched) => {
      const { policy, version, start: windowStart } = window
      const rows = () => countBy(counted, { tenant, policy, version, windowStart })
      return mend(windowTotals, windowId(tenant, window), rows, touched)
    },
    policy: (tenant, policy, touched) => {
      const rows = () => countBy(recounts, { tenant, 'qualified.policy': policy })
      return mend(policyTotals, keyOf(tenant, policy), rows, touched)
    },
  }
}

async function mend(
  kept: Collection<TotalDoc>,
  _id: string,
  count: () => Promise<ReadonlyMap<string, number>>,
  touched: boolean,
): Promise<boolean> {
  for (;;) {
    const found = await kept.findOne({ _id })
    const buckets = Object.fromEntries(await count())
    const right = sameBuckets(found?.buckets ?? {}, buckets)
    if (right && !touched) return false
    const revision = found?.revision ?? 0
    if (await swapped(kept, { _id, revision }, { $set: { buckets, revision: revision + 1 } })) return !right
  }
}

/** One that is not there is empty. */
function sameBuckets(a: TotalDoc['buckets'], b: TotalDoc['buckets']): boolean {
  return [...Object.keys(a), ...Object.keys(b)].every((bucket) => (a[bucket] ?? 0) === (b[bucket] ?? 0))
}

export function totalsWriter(db: Db): () => TotalsRefresh {
  const { counted, recounts, windowTotals, policyTotals } = meterCollections(db)
  const ofWindow = (tenant: TenantId, window: WindowRef): Total => {
    const { policy, version, start: windowStart } = window
    return {
      _id: windowId(tenant, window),
      kept: windowTotals,
      count: (buckets) =>
        countBy(counted, { tenant, policy, version, windowStart, bucket: { $in: buckets } }),
      buckets: new Set(),
    }
  }
  const ofPolicy = (tenant: TenantId, policy: string): Total => ({
    _id: keyOf(tenant, policy),
    kept: policyTotals,
    count: (buckets) => countBy(recounts, { tenant, 'qualified.policy': policy, bucket: { $in: buckets } }),
    buckets: new Set(),
  })
  return () => {
    const totals = new Map<string, Total>()
    const touch = (total: Total, learner: string) => {
      const known = totals.get(total._id) ?? total
      totals.set(total._id, known)
      known.buckets.add(bucketOf(learner))
    }
    return {
      add: (tenant, learner, { windows, policies }) => {
        for (const window of windows) touch(ofWindow(tenant, window), learner)
        for (const policy of policies) touch(ofPolicy(tenant, policy), learner)
      },
      refresh: async () => {
        // The same order for everybody, so that two who refresh the same totals do not hinder each other (mongo.md).
        const inOrder = [...totals.values()].sort((a, b) => (a._id < b._id ? -1 : 1))
        for (const total of inOrder) await write(total)
      },
    }
  }
}

export function windowId(tenant: TenantId, { policy, version, start }: WindowRef): string {
  return keyOf(tenant, policy, version, start)
}

export function totalsReads(db: Db) {
  const { windowTotals, policyTotals } = meterCollections(db)
  const sum = async (totals: Collection<TotalDoc>, _id: string): Promise<number> => {
    const found = await totals.findOne({ _id })
    return Object.values(found?.buckets ?? {}).reduce((total, keys) => total + keys, 0)
  }
  return {
    countOf: (tenant: TenantId, window: WindowRef) => sum(windowTotals, windowId(tenant, window)),
    totalLearners: (tenant: TenantId, policy: string) => sum(policyTotals, keyOf(tenant, policy)),
  }
}

async function write({ _id, kept, count, buckets }: Total): Promise<void> {
  for (;;) {
    // The revision first: what is counted afterwards is not older than it.
    const found = await kept.findOne({ _id }, { projection: { revision: 1 } })
    const revision = found?.revision ?? 0
    const counts = await count([...buckets])
    const numbers = [...buckets].map((bucket) => [`buckets.${bucket}`, counts.get(bucket) ?? 0])
    const $set = { ...Object.fromEntries(numbers), revision: revision + 1 }
    if (await swapped(kept, { _id, revision }, { $set })) return
  }
}

async function swapped(
  totals: Collection<TotalDoc>,
  before: { _id: string; revision: number },
  update: Document,
): Promise<boolean> {
  try {
    const { matchedCount, upsertedCount } = await retried(() =>
      totals.updateOne(before, update, { upsert: before.revision === 0 }),
    )
    return matchedCount + upsertedCount === 1
  } catch (error) {
    if (!isDuplicate(error)) throw error
    return false
  }
}

async function countBy<D extends Document>(
  rows: Collection<D>,
  match: Document,
): Promise<ReadonlyMap<string, number>> {
  const pipeline = [{ $match: match }, { $group: { _id: '$bucket', rows: { $sum: 1 } } }]
  const counts = await rows.aggregate<{ _id: string; rows: number }>(pipeline).toArray()
  return new Map(counts.map(({ _id, rows: number }) => [_id, number]))
}
