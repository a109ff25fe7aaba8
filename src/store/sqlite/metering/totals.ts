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
  /** Counts each touched bucket once, and adds up what it was a part of. */
  refresh(): void
}

/** The learners of one bucket, and the totals that have changed by them; those by a name. */
interface Bucket<Of> {
  readonly tenant: TenantId
  readonly bucket: string
  readonly touched: Map<string, Of>
}

export function totalsWriter(db: Database): () => TouchedTotals {
  const countWindows = windowParts(db)
  const countPolicies = policyParts(db)
  const sumWindow = db.prepare<[object]>(windowSql.total)
  const sumPolicy = db.prepare<[object]>(policySql.total)
  return () => {
    const windows = new Map<string, Bucket<WindowRef>>()
    const policies = new Map<string, Bucket<string>>()
    return {
      window: (tenant, window, learner) =>
        bucketIn(windows, tenant, learner).touched.set(windowName(window), window),
      policy: (tenant, policy, learner) => bucketIn(policies, tenant, learner).touched.set(policy, policy),
      refresh: () => {
        for (const bucket of windows.values()) countWindows(bucket)
        for (const bucket of policies.values()) countPolicies(bucket)
        for (const { tenant, of } of totalsOf(windows.values())) sumWindow.run({ tenant, ...of })
        for (const { tenant, of } of totalsOf(policies.values())) sumPolicy.run({ tenant, policy: of })
      },
    }
  }
}

function bucketIn<Of>(buckets: Map<string, Bucket<Of>>, tenant: TenantId, learner: string): Bucket<Of> {
  const bucket = bucketOf(learner)
  const name = JSON.stringify([tenant, bucket])
  const found = buckets.get(name) ?? { tenant, bucket, touched: new Map() }
  buckets.set(name, found)
  return found
}

/** Each once, of whichever buckets. */
function totalsOf<Of>(
  buckets: Iterable<Bucket<Of>>,
): Iterable<{ readonly tenant: TenantId; readonly of: Of }> {
  const totals = new Map<string, { tenant: TenantId; of: Of }>()
  for (const { tenant, touched } of buckets)
    for (const [name, of] of touched) totals.set(JSON.stringify([tenant, name]), { tenant, of })
  return totals.values()
}

function windowName({ policy, version, start }: WindowRef): string {
  return JSON.stringify([policy, version, start])
}

/** Later than every id that begins with the bucket's letters. */
const LAST = '\u{10FFFF}'

/** All windows of a bucket in one look at its rows. */
function windowParts(db: Database): (bucket: Bucket<WindowRef>) => void {
  const count = db.prepare<[TenantId, string, string], WindowRef & { readonly keys: number }>(
    `SELECT policy, version, window_start AS start, count(*) AS keys FROM counted
     WHERE tenant = ? AND learner >= ? AND learner < ? GROUP BY policy, version, window_start`,
  )
  const put = db.prepare<[object]>(
    `INSERT INTO window_part (tenant, policy, version, window_start, bucket, keys)
     VALUES (@tenant, @policy, @version, @start, @bucket, @keys)
     ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
  )
  return ({ tenant, bucket, touched }) => {
    const counts = new Map(count.all(tenant, bucket, bucket + LAST).map((row) => [windowName(row), row.keys]))
    for (const [name, { policy, version, start }] of touched)
      put.run({ tenant, policy, version, start, bucket, keys: counts.get(name) ?? 0 })
  }
}

function policyParts(db: Database): (bucket: Bucket<string>) => void {
  const put = db.prepare<[object]>(
    `INSERT INTO policy_part (tenant, policy, bucket, learners)
     SELECT @tenant, @policy, @bucket, count(DISTINCT learner) FROM qualified
     WHERE ${OF_POLICY} AND learner >= @bucket AND learner < @end
     ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
  )
  return ({ tenant, bucket, touched }) => {
    for (const policy of touched.values()) put.run({ tenant, policy, bucket, end: bucket + LAST })
  }
}

/** The statements that keep one kind of total. */
interface TotalSql {
  /** Of all buckets that have rows, and of those that have none any more. */
  readonly parts: string
  readonly empty: string
  readonly total: string
}

const OF_WINDOW = 'tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start'
const windowSql: TotalSql = {
  parts: `INSERT INTO window_part (tenant, policy, version, window_start, bucket, keys)
    SELECT @tenant, @policy, @version, @start, substr(learner, 1, 3), count(*) FROM counted WHERE ${OF_WINDOW} GROUP BY 5
    ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
  empty: `UPDATE window_part SET keys = 0 WHERE ${OF_WINDOW} AND keys <> 0 AND NOT EXISTS (
      SELECT 1 FROM counted c WHERE c.tenant = @tenant AND c.learner >= window_part.bucket
        AND c.learner < window_part.bucket || @last
        AND +c.policy = @policy AND +c.version = @version AND +c.window_start = @start)`,
  total: `INSERT INTO window_total (tenant, policy, version, window_start, keys)
    SELECT @tenant, @policy, @version, @start, coalesce(sum(keys), 0) FROM window_part WHERE ${OF_WINDOW}
    ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
}

const OF_POLICY = 'tenant = @tenant AND policy = @policy'
const policySql: TotalSql = {
  parts: `INSERT INTO policy_part (tenant, policy, bucket, learners)
    SELECT @tenant, @policy, substr(learner, 1, 3), count(DISTINCT learner) FROM qualified WHERE ${OF_POLICY} GROUP BY 3
    ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
  empty: `UPDATE policy_part SET learners = 0 WHERE ${OF_POLICY} AND learners <> 0 AND NOT EXISTS (
      SELECT 1 FROM qualified q WHERE q.tenant = @tenant AND q.policy = @policy AND q.learner >= policy_part.bucket
        AND q.learner < policy_part.bucket || @last)`,
  total: `INSERT INTO policy_total (tenant, policy, learners)
    SELECT @tenant, @policy, coalesce(sum(learners), 0) FROM policy_part WHERE ${OF_POLICY}
    ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
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
  return (of) => steps.reduce((changes, step) => changes + step.run({ ...of, last: LAST }).changes, 0) > 0
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
