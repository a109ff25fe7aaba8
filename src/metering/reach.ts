/** When statements of one key fill what the policy asks for: `atLeast` n different ones (counting §3). */
import type { Classified } from '../attempts/derivation.ts'
import type { Evidence } from './count.ts'
import { localDay } from './dates.ts'
import type { Policy } from './policy.ts'

/** A qualifying statement of one learner. */
export interface Qualifying {
  readonly evidence: Evidence
  readonly of: Classified
}

/** By effective time, then when it was received, then statement id: the order in which evidence is told. */
export function inTime(a: Evidence, b: Evidence): number {
  return a.at - b.at || a.stored - b.stored || compare(a.statementId, b.statementId)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** How many different ones are needed, and what tells them apart; null for a statement that is none of them. */
export interface Need {
  readonly n: number
  distinct(one: Qualifying): string | number | null
}

export function needOf({ count, window }: Policy): Need {
  const { n, distinct } = count.atLeast ?? { n: 1, distinct: 'statement' as const }
  const values: Record<typeof distinct, Need['distinct']> = {
    statement: ({ evidence }) => evidence.statementId,
    activity: ({ of }) => of.element,
    attempt: ({ of }) => of.attempt,
    day: ({ evidence }) => localDay(evidence.at, window.timeZone),
  }
  return { n, distinct: values[distinct] }
}

/** The statement that fills the number, the earliest first; null when it is not filled. */
export function firstReached(items: readonly Qualifying[], need: Need): Evidence | null {
  return filledBy(
    [...items].sort((a, b) => inTime(a.evidence, b.evidence)),
    need,
  )
}

/** The same from the end: whoever looks back to this statement's time still finds the number filled. */
export function lastReached(items: readonly Qualifying[], need: Need): Evidence | null {
  return filledBy(
    [...items].sort((a, b) => inTime(b.evidence, a.evidence)),
    need,
  )
}

function filledBy(sorted: readonly Qualifying[], { n, distinct }: Need): Evidence | null {
  const seen = new Set<string | number>()
  for (const one of sorted) {
    const value = distinct(one)
    if (value !== null) seen.add(value)
    if (seen.size >= n) return one.evidence
  }
  return null
}

/** How many different ones there are. */
export function filled(items: readonly Qualifying[], { distinct }: Need): number {
  return new Set(items.map(distinct).filter((value) => value !== null)).size
}
