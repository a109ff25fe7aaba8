import type { Classified } from '../attempts/derivation.ts'
import { type CountedKey, type LearnerCount, LIVE, type Window } from './count.ts'
import { countedIn } from './counting.ts'
import { type Circumstances, type Learner, learnerOf } from './evidence.ts'
import { standingRows } from './standing.ts'
import type { PolicyVersion } from './windows.ts'

export type { Circumstances } from './evidence.ts'

/**
 * What one learner counts for under every version of one policy, worked out from all that is known of the learner
 * (design.md, idea 2). A set of statements goes in, so order and repetition do not matter (ruling 6).
 *
 * A statement is judged by the version that decides at its effective time; what a rolling window holds, by the version that
 * decides when it is evaluated. `firstQualified` belongs to the policy, so it is the same on every version: the earliest
 * evidence that qualifies under any, before the anchor included (ruling 9). Hence active ≤ total (A25).
 * @param versions one policy's, ascending
 */
export function recount(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  circumstances: Circumstances = {},
): LearnerCount[] {
  const learner = learnerOf(classified, versions, circumstances)
  const firstQualified = firstOf(learner)
  return versions.map(({ policy, version }, index) => {
    const { counted, standing } = rowsOf(learner, index)
    return {
      policy: policy.id,
      version,
      counted,
      firstQualified,
      ...(standing.length > 0 && { standing }),
    }
  })
}

function firstOf({ qualifying }: Learner): number | null {
  let first: number | null = null
  for (const ofVersion of qualifying)
    for (const { evidence } of ofVersion) if (first === null || evidence.at < first) first = evidence.at
  return first
}

function rowsOf(
  learner: Learner,
  index: number,
): { readonly counted: readonly CountedKey[]; readonly standing: readonly CountedKey[] } {
  const { reached, next } = countedIn(learner, index)
  const counted = reached
    .map(({ windowStart, key, evidence }) => ({ windowStart, key, evidence }))
    .sort((a, b) => a.windowStart - b.windowStart || (a.key < b.key ? -1 : 1))
  return { counted, standing: standingRows(learner, index, next) }
}

/** The same, for one window only: what `recount` says about it. `window` is one of the versions' windows. */
export function recountWindow(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  window: Window,
  circumstances: Circumstances = {},
): readonly CountedKey[] {
  const index = versions.findIndex(
    ({ policy, version }) => policy.id === window.policy && version === window.version,
  )
  if (index < 0) return []
  const { counted, standing } = rowsOf(learnerOf(classified, versions, circumstances), index)
  if (window.row === LIVE)
    return standing.filter(({ windowStart, evidence }) => windowStart === LIVE && evidence.at >= window.start)
  return counted.filter(({ windowStart }) => windowStart === window.start)
}
