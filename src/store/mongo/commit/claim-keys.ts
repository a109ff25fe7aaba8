/**
 * How a statement that is not visible yet says which journal decides it: its seq waits in `claim`, under a member that only
 * this journal has. So showing it is one `$rename` that finds it by `_id` alone and does nothing to whatever else may have
 * the id by then, however late it comes. Claims are found by their `seq`, which is missing.
 */
import type { Filter } from 'mongodb'
import type { Description } from '../../../xapi/description.ts'
import { keyOf, partsOf } from '../driver/keys-of.ts'
import type { StatementDoc } from '../schema/collections.ts'

type Claim = NonNullable<StatementDoc['claim']>
type Describes = NonNullable<StatementDoc['describes']>

export function claimUnder(batch: string, seq: number): Claim {
  const [, journal] = partsOf(batch)
  return { [journal]: seq }
}

/** Nothing when nothing is described. */
export function describesUnder(batch: string, describes: Describes[string] = []): { describes?: Describes } {
  const [, journal] = partsOf(batch)
  return describes.length === 0 ? {} : { describes: { [journal]: describes } }
}

export function describedBy({ describes = {} }: Pick<StatementDoc, 'describes'>): readonly Description[] {
  return Object.values(describes).flat()
}

/** The seq a statement has, or will have. */
export function seqOf({ seq, claim = {} }: Pick<StatementDoc, 'seq' | 'claim'>): number {
  return seq ?? Object.values(claim)[0] ?? 0
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

/** Where what its claims describe waits. */
export function describesPath(batch: string): `describes.${string}` {
  const [, journal] = partsOf(batch)
  return `describes.${journal}`
}

/** Everything that is claimed for the journal and not visible. */
export function claimedFor(batch: string): Filter<StatementDoc> {
  const [tenant] = partsOf(batch)
  return { tenant, seq: { $exists: false }, [claimPath(batch)]: { $exists: true } }
}
