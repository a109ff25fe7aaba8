/**
 * Totals of windows and policies: absolute numbers, counted again by whoever changed the rows (ruling 12), in parts
 * (learner-bucket.ts). Nothing increments, so they cannot drift from the rows.
 */
import { bucketOf } from '../../learner-bucket.ts'
import type { TenantId, WindowRef } from '../../ports.ts'
import type { Database } from '../database.ts'

/** What recounts have changed, by the learner whose rows came or went. */
export interface TouchedTotals {
  window(tenant: TenantId, window: WindowRef, learner: string): void
  policy(tenant: TenantId, policy: string, learner: string): void
  /** Counts each touched bucket of each touched window and policy once. */
  refresh(): void
}

/** One total: what its rows and parts are found by, and its touched buckets. */
interface Touched {
  readonly of: object
  readonly buckets: Set<string>
}

export function totalsWriter(db: Database): () => TouchedTotals {
  const ofWindow = refresher(db, windowSql)
  const ofPolicy = refresher(db, policySql)
  return () => {
    const windows = new Map<string, Touched>()
    const policies = new Map<string, Touched>()
    const touch = (totals: Map<string, Touched>, of: object, learner: string) => {
      const name = JSON.stringify(of)
      const total = totals.get(name) ?? { of, buckets: new Set() }
      totals.set(name, total)
      total.buckets.add(bucketOf(learner))
    }
    return {
      window: (tenant, { policy, version, start }, learner) =>
        touch(windows, { tenant, policy, version, start }, learner),
      policy: (tenant, policy, learner) => touch(policies, { tenant, policy }, learner),
      refresh: () => {
        for (const total of windows.values()) ofWindow(total)
        for (const total of policies.values()) ofPolicy(total)
      },
    }
  }
}

/** The statements that keep one kind of total. `+`: an index over all learners would be no help. */
interface TotalSql {
  /** Of one bucket: @bucket to @end. */
  readonly part: string
  /** Of all buckets that have rows, and of those that have none any more. */
  readonly parts: string
  readonly empty: string
  readonly total: string
}

const OF_WINDOW = 'tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start'
const windowSql: TotalSql = {
  part: `INSERT INTO window_part (tenant, policy, version, window_start, bucket, keys)
    SELECT @tenant, @policy, @version, @start, @bucket, count(*) FROM counted
    WHERE tenant = @tenant AND learner >= @bucket AND learner < @end
      AND +policy = @policy AND +version = @version AND +window_start = @start
    ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
  parts: `INSERT INTO window_part (tenant, policy, version, window_start, bucket, keys)
    SELECT @tenant, @policy, @version, @start, substr(learner, 1, 3), count(*) FROM counted WHERE ${OF_WINDOW} GROUP BY 5
    ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
  empty: `UPDATE window_part SET keys = 0 WHERE ${OF_WINDOW} AND keys <> 0
    AND bucket NOT IN (SELECT substr(learner, 1, 3) FROM counted WHERE ${OF_WINDOW})`,
  total: `INSERT INTO window_total (tenant, policy, version, window_start, keys)
    SELECT @tenant, @policy, @version, @start, coalesce(sum(keys), 0) FROM window_part WHERE ${OF_WINDOW}
    ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
}

const OF_POLICY = 'tenant = @tenant AND policy = @policy'
const policySql: TotalSql = {
  part: `INSERT INTO policy_part (tenant, policy, bucket, learners)
    SELECT @tenant, @policy, @bucket, count(DISTINCT learner) FROM qualified
    WHERE ${OF_POLICY} AND learner >= @bucket AND learner < @end
    ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
  parts: `INSERT INTO policy_part (tenant, policy, bucket, learners)
    SELECT @tenant, @policy, substr(learner, 1, 3), count(DISTINCT learner) FROM qualified WHERE ${OF_POLICY} GROUP BY 3
    ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
  empty: `UPDATE policy_part SET learners = 0 WHERE ${OF_POLICY} AND learners <> 0
    AND bucket NOT IN (SELECT substr(learner, 1, 3) FROM qualified WHERE ${OF_POLICY})`,
  total: `INSERT INTO policy_total (tenant, policy, learners)
    SELECT @tenant, @policy, coalesce(sum(learners), 0) FROM policy_part WHERE ${OF_POLICY}
    ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
}

/** Later than every id that begins with the bucket's letters. */
const LAST = '\u{10FFFF}'

function refresher(db: Database, sql: TotalSql): (total: Touched) => void {
  const part = db.prepare<[object]>(sql.part)
  const sum = db.prepare<[object]>(sql.total)
  return ({ of, buckets }) => {
    for (const bucket of buckets) part.run({ ...of, bucket, end: `${bucket}${LAST}` })
    sum.run(of)
  }
}

/** Counts whole totals again, whatever their parts say. @returns of each: whether it or one of them was wrong */
export function totalsRepair(db: Database): {
  window(tenant: TenantId, window: WindowRef): boolean
  policy(tenant: TenantId, policy: string): boolean
} {
  const window = repairer(db, windowSql)
  const policy = repairer(db, policySql)
  return {
    window: (tenant, { policy: id, version, start }) => window({ tenant, policy: id, version, start }),
    policy: (tenant, id) => policy({ tenant, policy: id }),
  }
}

function repairer(db: Database, { parts, empty, total }: TotalSql): (of: object) => boolean {
  const steps = [parts, empty, total].map((sql) => db.prepare<[object]>(sql))
  return (of) => steps.reduce((changes, step) => changes + step.run(of).changes, 0) > 0
}

export function totalsReads(db: Database) {
  const window = db.prepare<[string, string, number, number], { keys: number }>(
    'SELECT keys FROM window_total WHERE tenant = ? AND policy = ? AND version = ? AND window_start = ?',
  )
  const policy = db.prepare<[string, string], { learners: number }>(
    'SELECT learners FROM policy_total WHERE tenant = ? AND policy = ?',
  )
  return {
    windowTotal: (tenant: TenantId, id: string, version: number, start: number): number =>
      window.get(tenant, id, version, start)?.keys ?? 0,
    policyTotal: (tenant: TenantId, id: string): number => policy.get(tenant, id)?.learners ?? 0,
  }
}
