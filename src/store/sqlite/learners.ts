/** Who a learner is: redirects followed, identities in a fixed order. */
import type { Identity, TenantId } from '../ports.ts'
import type { Database } from './database.ts'

export interface LearnerRow {
  readonly number: number
  readonly id: string
  readonly revision: number
}

export interface IdentityRow {
  readonly ifi: string
  readonly learner: string
  readonly name: string | null
  readonly seen: number
}

/** Follows redirects to the learner who stands for this one now. */
const CURRENT = `WITH RECURSIVE line (number, id, revision, redirect) AS (
    SELECT number, id, revision, redirect FROM learner WHERE id = ? AND tenant = ?
    UNION ALL
    SELECT l.number, l.id, l.revision, l.redirect FROM line JOIN learner l ON l.number = line.redirect
  ) SELECT number, id, revision FROM line WHERE redirect IS NULL`

export function learnerLookup(db: Database) {
  const current = db.prepare<[string, string], LearnerRow>(CURRENT)
  const identities = db.prepare<[number], IdentityRow>(
    `SELECT i.ifi, l.id AS learner, i.name, i.seen FROM identity i JOIN learner l ON l.number = i.learner
     WHERE i.learner = ? ORDER BY i.ifi`,
  )
  return {
    /** Null when the tenant has no such learner. */
    current: (tenant: TenantId, id: string): LearnerRow | null => current.get(id, tenant) ?? null,
    identities: (learner: number): readonly Identity[] => identities.all(learner).map(identityOf),
  }
}

export function identityOf(row: IdentityRow): Identity {
  return { ...row, seen: row.seen === 1 }
}
