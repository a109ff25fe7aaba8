/** The rows of a learner under a policy version, as they are kept together, put apart again. */
import { type CountedKey, isStanding, type LearnerCount } from '../metering/count.ts'

export function countedParts(rows: readonly CountedKey[]): Pick<LearnerCount, 'counted' | 'standing'> {
  const standing = rows.filter(isStanding)
  const counted = rows.filter((row) => !isStanding(row))
  return standing.length > 0 ? { counted, standing } : { counted }
}
