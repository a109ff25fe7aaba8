/**
 * Mends what recounts leave alone: derived rows of nobody, and totals that are not what their rows add up to. In small
 * commits on the writer, each of which decides by what it reads itself.
 */

import type { Remote } from '../../calls.ts'
import type { Repaired, TenantId, WindowRef } from '../../ports.ts'
import type { Database } from '../database.ts'
import { learnerLookup } from '../learners/learners.ts'
import { totalsRepair } from './totals.ts'

const DERIVED = ['attempt', 'untracked', 'counted', 'qualified'] as const
type Derived = (typeof DERIVED)[number]

/** Learners looked at in one commit. */
const LEARNERS = 500

const FIRST: WindowRef = { policy: '', version: 0, start: 0 }

export function repairWrites(db: Database) {
  return { ...strayWrites(db), ...totalRepairs(db) }
}

/** All of it for one tenant. */
export async function repairWith(
  writes: Remote<ReturnType<typeof repairWrites>>,
  tenant: TenantId,
): Promise<Repaired> {
  const found = { strays: 0, windows: 0 }
  for (const table of DERIVED) {
    for (let after: string | null = ''; after !== null; ) {
      const step = await writes.removeStrays(tenant, table, after, LEARNERS)
      found.strays += step.removed
      after = step.next
    }
  }
  for (let after: WindowRef | null = FIRST; after !== null; ) {
    const step = await writes.recountNextWindow(tenant, after)
    found.windows += Number(step.changed)
    after = step.next
  }
  let policies = 0
  for (let after: string | null = ''; after !== null; ) {
    const step = await writes.recountNextPolicy(tenant, after)
    policies += Number(step.changed)
    after = step.next
  }
  return { ...found, policies }
}

function strayWrites(db: Database) {
  const isStray = strayTest(db)
  const tables = Object.fromEntries(DERIVED.map((table) => [table, prepareTable(db, table)])) as Record<
    Derived,
    ReturnType<typeof prepareTable>
  >
  return {
    /** Looks at the table's next learners; `next`: where to go on, null at the end. */
    removeStrays: (
      tenant: TenantId,
      table: Derived,
      position: string,
      slice: number,
    ): { readonly removed: number; readonly next: string | null } => {
      const { following, removeAll, removeUnknown } = tables[table]
      let removed = 0
      let after = position
      for (let looked = 0; looked < slice; looked += 1) {
        const learner = following.get(tenant, after)
        if (learner === undefined) return { removed, next: null }
        const remove = isStray(tenant, learner) ? removeAll : removeUnknown
        removed += remove?.run(tenant, learner).changes ?? 0
        after = learner
      }
      return { removed, next: after }
    },
  }
}

function prepareTable(db: Database, table: Derived) {
  const ofPolicy = table === 'counted' || table === 'qualified'
  return {
    following: db
      .prepare<[string, string], string>(
        `SELECT learner FROM ${table} WHERE tenant = ? AND learner > ? ORDER BY learner LIMIT 1`,
      )
      .pluck(),
    removeAll: db.prepare<[string, string]>(`DELETE FROM ${table} WHERE tenant = ? AND learner = ?`),
    /** Counts under no version of any policy of the tenant. */
    removeUnknown: ofPolicy
      ? db.prepare<[string, string]>(
          `DELETE FROM ${table} WHERE tenant = ? AND learner = ? AND NOT EXISTS (
             SELECT 1 FROM policy p
             WHERE p.tenant = ${table}.tenant AND p.id = ${table}.policy AND p.version = ${table}.version)`,
        )
      : null,
  }
}

/** Not in the list of learners, and nobody is about to be recounted who would take the rows away (a merge). */
function strayTest(db: Database): (tenant: TenantId, learner: string) => boolean {
  const learners = learnerLookup(db)
  const listed = db.prepare<[string, string]>(
    `SELECT 1 FROM learner l WHERE l.id = ? AND l.tenant = ? AND l.redirect IS NULL
       AND EXISTS (SELECT 1 FROM identity WHERE learner = l.number AND seen = 1)`,
  )
  const due = db.prepare<[number]>(
    'SELECT 1 FROM identity i JOIN mark m ON m.identity = i.id WHERE i.learner = ? LIMIT 1',
  )
  return (tenant, learner) => {
    if (listed.get(learner, tenant) !== undefined) return false
    const current = learners.current(tenant, learner)
    return current === null || due.get(current.number) === undefined
  }
}

function totalRepairs(db: Database) {
  const totals = totalsRepair(db)
  const after = 'WHERE tenant = @tenant AND (policy, version, window_start) > (@policy, @version, @start)'
  const least = (table: string) =>
    `SELECT * FROM (SELECT policy, version, window_start AS start FROM ${table} ${after}
       ORDER BY policy, version, window_start LIMIT 1)`
  const following = db.prepare<[object], WindowRef>(
    `${least('window_total')} UNION ALL ${least('counted')} ORDER BY policy, version, start LIMIT 1`,
  )
  const followingPolicy = db
    .prepare<[object], string>(
      `SELECT policy FROM policy_total WHERE tenant = @tenant AND policy > @policy
       UNION SELECT id FROM policy p WHERE tenant = @tenant AND id > @policy
         AND EXISTS (SELECT 1 FROM qualified WHERE tenant = p.tenant AND policy = p.id)
       ORDER BY policy LIMIT 1`,
    )
    .pluck()
  return {
    /** Counts the next window that has a total or a counted key: all of its rows, so each in a commit of its own. */
    recountNextWindow: (tenant: TenantId, position: WindowRef): Step<WindowRef> => {
      const next = following.get({ tenant, ...position }) ?? null
      return { changed: next !== null && totals.window(tenant, next), next }
    },
    /** The same of policies. */
    recountNextPolicy: (tenant: TenantId, position: string): Step<string> => {
      const next = followingPolicy.get({ tenant, policy: position }) ?? null
      return { changed: next !== null && totals.policy(tenant, next), next }
    },
  }
}

interface Step<Position> {
  readonly changed: boolean
  /** Where to go on; null at the end. */
  readonly next: Position | null
}
