/** Which statements of a learner a deletion of attempts hits. */
import type { Attempt, Classified, Derivation } from './derivation.ts'

export interface Reach {
  readonly element?: string
  /** Effective time, ms: inclusive / exclusive. */
  readonly after?: number
  readonly before?: number
  /** Statements that came later are as if they were not there (seq). */
  readonly upTo: number
}

/**
 * An attempt is hit as a whole, when all its use lies within reach: one that was resumed later is younger than it looks, so
 * deleting all attempts older than eight months leaves everybody who used anything in the last eight (A21). What the gap
 * joined (K7) is no attempt that anybody named: there each statement is hit on its own (ruling 2). Statements of no attempt,
 * e.g. log-ins, are hit when `countsAlone`, so that whoever counted by them leaves as well.
 */
export function hitsOf(
  { attempts, classified }: Derivation,
  reach: Reach,
  countsAlone: (one: Classified) => boolean,
): readonly Classified[] {
  const whole = wholeAttempts(attempts, classified, reach)
  const inferred = new Set(attempts.filter((attempt) => attempt.inferred).map(({ id }) => id))
  return classified.filter((one) => {
    if (one.fact.seq > reach.upTo) return false
    if (one.attempt === null) return isWithin(one, reach) && countsAlone(one)
    return inferred.has(one.attempt) ? isWithin(one, reach) : whole.has(one.attempt)
  })
}

/** Attempts with a key whose statements all lie within reach. */
function wholeAttempts(
  attempts: readonly Attempt[],
  classified: readonly Classified[],
  reach: Reach,
): ReadonlySet<string> {
  const whole = new Set(attempts.filter(({ inferred }) => !inferred).map(({ id }) => id))
  for (const one of classified) {
    if (one.attempt !== null && one.fact.seq <= reach.upTo && !isWithin(one, reach)) whole.delete(one.attempt)
  }
  return whole
}

/** By every time at which it may count: a SCORM resume has two (counting §1.5, 3). */
function isWithin({ element, at, resumedAt }: Classified, reach: Reach): boolean {
  if (reach.element !== undefined && element !== reach.element) return false
  if (reach.after !== undefined && Math.min(at, resumedAt) < reach.after) return false
  return reach.before === undefined || Math.max(at, resumedAt) < reach.before
}
