/**
 * Totals of windows and policies: absolute numbers, counted again by whoever changed the rows (ruling 12). Nothing
 * increments, so they cannot drift from the rows.
 */
import type { TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

export interface TouchedTotals {
  window(tenant: TenantId, policy: string, version: number, start: number): void
  policy(tenant: TenantId, policy: string): void
  /** Counts each touched window and policy once, and writes those that were something else. */
  refresh(): { readonly windows: number; readonly policies: number }
}

export function totalsWriter(db: Database): () => TouchedTotals {
  const window = db.prepare(
    `INSERT INTO window_total (tenant, policy, version, window_start, keys)
     SELECT @tenant, @policy, @version, @start, count(*) FROM counted
     WHERE tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start
     ON CONFLICT DO UPDATE SET keys = excluded.keys WHERE keys <> excluded.keys`,
  )
  const policy = db.prepare(
    `INSERT INTO policy_total (tenant, policy, learners)
     SELECT @tenant, @policy, count(*) FROM (
       SELECT 1 FROM qualified WHERE tenant = @tenant AND policy = @policy GROUP BY learner)
     WHERE true ON CONFLICT DO UPDATE SET learners = excluded.learners WHERE learners <> excluded.learners`,
  )
  return () => {
    const windows = new Map<string, object>()
    const policies = new Map<string, object>()
    return {
      window: (tenant, id, version, start) => {
        windows.set(JSON.stringify([tenant, id, version, start]), { tenant, policy: id, version, start })
      },
      policy: (tenant, id) => {
        policies.set(JSON.stringify([tenant, id]), { tenant, policy: id })
      },
      refresh: () => {
        let [changedWindows, changedPolicies] = [0, 0]
        for (const touched of windows.values()) changedWindows += window.run(touched).changes
        for (const touched of policies.values()) changedPolicies += policy.run(touched).changes
        return { windows: changedWindows, policies: changedPolicies }
      },
    }
  }
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
