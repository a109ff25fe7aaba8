/** Attempts as rows. */
import { isDeepStrictEqual } from 'node:util'
import type { Attempt } from '../../../attempts/derivation.ts'
import type { TenantId } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { AttemptDoc } from '../schema/meter-collections.ts'

/** Member by member in one order, so that equal rows have equal JSON. */
export function attemptRowsOf(
  tenant: TenantId,
  learner: string,
  n: number,
  attempts: readonly Attempt[],
): readonly AttemptDoc[] {
  return attempts.map((attempt) => {
    const { id, element, first, tracked, reason, deleted } = attempt
    return {
      _id: keyOf(tenant, learner, id),
      tenant,
      learner,
      n,
      id,
      element,
      first,
      tracked,
      reason,
      deleted,
      ...(attempt.elementRule === 'default' && !deleted && { byDefault: element }),
      ...(attempt.mixed && !deleted && { mixed: true as const }),
      data: JSON.stringify(attempt),
    }
  })
}

/** @throws StoreError `damaged` */
export function attemptOf(row: AttemptDoc): Attempt & { readonly learner: string } {
  const { tenant, learner, n, id, data } = row
  const attempt = parsed(data)
  const [again] = attempt ? attemptRowsOf(tenant, learner, n, [attempt]) : []
  if (!attempt || !isDeepStrictEqual(again, row))
    throw new StoreError('damaged', `attempt ${id} is not what it is found by: «recount» mends it`)
  return { ...attempt, learner }
}

function parsed(data: string): Attempt | null {
  try {
    return JSON.parse(data) as Attempt
  } catch {
    return null
  }
}
