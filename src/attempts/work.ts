import type { Obstacle } from './derivation.ts'
import type { ElementDecision } from './element.ts'
import type { ElementRoot } from './element-root.ts'
import type { LaunchMode, StoredFact } from './fact.ts'

/** One fact on its way through derive: each step reads what the ones before have set. */
export interface Work {
  readonly fact: StoredFact
  /** Effective time, ms. */
  readonly at: number
  readonly root: ElementRoot
  readonly decision: ElementDecision
  /** Not about using an element at all: belongs to no attempt. */
  readonly detached: boolean
  readonly obstacles: readonly Obstacle[]
  readonly launchModeUnknown: boolean
  readonly launchMode: LaunchMode | undefined
}

/** What the first step sets. */
export type Placed = Omit<Work, 'obstacles' | 'launchModeUnknown' | 'launchMode'>

/** A total order over facts that knows nothing of arrival numbers: permuting a history does not change it (ruling 6). */
export function inOrder(a: { fact: StoredFact; at: number }, b: { fact: StoredFact; at: number }): number {
  return (
    a.at - b.at ||
    a.fact.stored - b.fact.stored ||
    compare(a.fact.statementId, b.fact.statementId) ||
    compare(a.fact.learner, b.fact.learner)
  )
}

export function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
