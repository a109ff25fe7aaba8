/**
 * How a statement that is not visible yet says which journal decides it: its seq waits in `claim`, under a member that only
 * this journal has. So showing it is one `$rename` that finds it by `_id` alone and does nothing to whatever else may have
 * the id by then, however late it comes. Claims are found by their `seq`, which is missing.
 */
import type { Filter } from 'mongodb'
import type { StatementDoc } from './collections.ts'
import { keyOf, partsOf } from './keys-of.ts'

type Claim = NonNullable<StatementDoc['claim']>

export function claimUnder(batch: string, seq: number): Claim {
  const [, journal] = partsOf(batch)
  return { [journal]: seq }
}

/** The journal that decides a claim. */
export function batchOf({ tenant, claim = {} }: Pick<StatementDoc, 'tenant' | 'claim'>): string {
  const [journal = ''] = Object.keys(claim)
  return keyOf(tenant, journal)
}

/** Where the seq of the journal's claims waits. */
export function claimPath(batch: string): `claim.${string}` {
  const [, journal] = partsOf(batch)
  return `claim.${journal}`
}

/** Everything that is claimed for the journal and not visible. */
export function claimedFor(batch: string): Filter<StatementDoc> {
  const [tenant] = partsOf(batch)
  return { tenant, seq: { $exists: false }, [claimPath(batch)]: { $exists: true } }
}
