/** Who a learner is: redirects followed, identities in a fixed order. */
import type { GivenProfile } from '../../../attempts/profile.ts'
import type { Identity, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

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
  /** The GivenProfile as JSON; null when it has none. */
  readonly profile: string | null
}

/** What an IdentityRow is read from. */
export const IDENTITY_ROWS = `SELECT i.ifi, l.id AS learner, i.name, i.seen, p.data AS profile
     FROM identity i JOIN learner l ON l.number = i.learner LEFT JOIN profile p ON p.identity = i.id`

interface FoundRow extends LearnerRow {
  readonly redirect: number | null
}

export function learnerLookup(db: Database) {
  const named = db.prepare<[string, string], FoundRow>(
    'SELECT number, id, revision, redirect FROM learner WHERE id = ? AND tenant = ?',
  )
  const numbered = db.prepare<[number], FoundRow>(
    'SELECT number, id, revision, redirect FROM learner WHERE number = ?',
  )
  /** Follows redirects to the learner who stands for this one now. */
  const current = (tenant: TenantId, id: string): LearnerRow | null => {
    let found = named.get(id, tenant)
    while (found && found.redirect !== null) found = numbered.get(found.redirect)
    return found ?? null
  }
  const identities = db.prepare<[number], IdentityRow>(`${IDENTITY_ROWS} WHERE i.learner = ? ORDER BY i.ifi`)
  return {
    /** Null when the tenant has no such learner. */
    current,
    identities: (learner: number): readonly Identity[] => identities.all(learner).map(identityOf),
  }
}

export function identityOf({ profile, ...row }: IdentityRow): Identity {
  return {
    ...row,
    seen: row.seen === 1,
    ...(profile !== null && { profile: JSON.parse(profile) as GivenProfile }),
  }
}
