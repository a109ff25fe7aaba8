/** A window's count by group (F12): distinct in each group, so that groups which overlap need not add up to the count. */
import type { Classified } from '../attempts/derivation.ts'
import type { Window } from './count.ts'
import { type Circumstances, learnerOf } from './evidence.ts'
import { evidenceIn } from './pools.ts'
import type { PolicyVersion } from './windows.ts'

export interface Tally {
  /** Largest first, then by name. */
  readonly groups: readonly { readonly group: string; readonly count: number }[]
  /** Counted, and in no group. */
  readonly none: number
  /** Counted, and in more than one group. */
  readonly inSeveral: number
  /** What the groups and `none` add up to: the count, and once more for each further group of anybody. */
  readonly sum: number
}

/** @param counted for each counted key the groups it is in, each once */
export function tally(counted: readonly (readonly string[])[]): Tally {
  const sizes = new Map<string, number>()
  for (const group of counted.flat()) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const groups = [...sizes].map(([group, count]) => ({ group, count }))
  const none = counted.filter((list) => list.length === 0).length
  return {
    groups: groups.sort((a, b) => b.count - a.count || (a.group < b.group ? -1 : 1)),
    none,
    inSeveral: counted.filter((list) => list.length > 1).length,
    sum: groups.reduce((total, { count }) => total + count, none),
  }
}

export type EvidenceGroup = 'element' | 'sub-account'

/** Of each key of one learner: the groups of all its evidence in the window, sorted. */
export function groupsOfKeys(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  window: Window,
  by: EvidenceGroup,
  circumstances: Circumstances,
): ReadonlyMap<string, readonly string[]> {
  const found = evidenceIn(learnerOf(classified, versions, circumstances), window)
  return new Map(
    [...found].map(([key, items]) => {
      const groups = items.map(({ of }) => (by === 'element' ? of.element : of.fact.subAccount))
      return [key, [...new Set(groups.filter((group) => group !== undefined))].sort()]
    }),
  )
}
