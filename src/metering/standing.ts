/** Rows of a learner that belong to no window: what moves with time, what is due, and every key that ever qualified. */
import { groupBy } from '../attempts/group-by.ts'
import { BACK_DATED, type CountedKey, DUE, EVER, type Evidence, LIVE } from './count.ts'
import { countedIn, type Reached } from './counting.ts'
import type { Learner } from './evidence.ts'
import { agesOf, countsSeveralKeys, type KeyOf, keyOfPolicy } from './keys.ts'
import { lateRows } from './late.ts'
import { firstReached, inTime, lastReached, needOf } from './reach.ts'
import type { PolicyVersion } from './windows.ts'

/** @param next the key that comes of age next, if any */
export function standingRows(learner: Learner, index: number, next: Reached | null): readonly CountedKey[] {
  const { policy } = learner.versions[index] as PolicyVersion
  const keyOf = keyOfPolicy(policy)
  return [
    ...(policy.window.kind === 'rolling' ? liveRows(learner, index, keyOf) : []),
    ...(next ? [{ windowStart: DUE, key: 'due', evidence: next.evidence }] : []),
    ...(countsSeveralKeys(policy) ? everRows(learner, keyOf) : []),
    ...(learner.tooOld[index] ?? []).map(({ evidence }) => ({
      windowStart: BACK_DATED,
      key: `statement:${evidence.statementId}`,
      evidence,
    })),
    ...lateRows(learner.late, index),
  ]
    .sort((a, b) => a.windowStart - b.windowStart || (a.key < b.key ? -1 : 1))
    .filter((row, at, rows) => row.key !== rows[at - 1]?.key || row.windowStart !== rows[at - 1]?.windowStart)
}

/** Of each key the evidence until whose time plus the length it counts; with `once: ever` that is its first. */
function liveRows(learner: Learner, index: number, keyOf: KeyOf): readonly CountedKey[] {
  const { policy } = learner.versions[index] as PolicyVersion
  const need = needOf(policy)
  const reached = policy.unique.once === 'ever' ? firstReached : lastReached
  const counts = liveKeys(learner, index, keyOf)
  return [...groupBy(learner.qualifying[index] ?? [], ({ of }) => keyOf(of))].flatMap(([key, items]) => {
    const evidence = counts(key) ? reached(items, need) : null
    return evidence ? [{ windowStart: LIVE, key, evidence }] : []
  })
}

/** Which keys are old enough by now, and, with `once: ever`, were not counted before. */
function liveKeys(learner: Learner, index: number, keyOf: KeyOf): (key: string) => boolean {
  const { policy } = learner.versions[index] as PolicyVersion
  const ages = policy.count.minAgeHours > 0 ? agesOf(learner.classified, policy, keyOf) : null
  const ever = policy.unique.once === 'ever' ? countedIn(learner, index).reached : null
  const counted = ever && new Set(ever.map(({ key }) => key))
  return (key) => (ages?.get(key) ?? -Infinity) <= learner.now && (counted?.has(key) ?? true)
}

/** Ruling 9 for keys: those of every version's evidence, so that what counts anywhere is among them. */
function everRows({ qualifying }: Learner, keyOf: KeyOf): readonly CountedKey[] {
  return [...groupBy(qualifying.flat(), ({ of }) => keyOf(of))].map(([key, items]) => ({
    windowStart: EVER,
    key,
    evidence: items
      .map(({ evidence }) => evidence)
      .reduce((first: Evidence, one) => (inTime(one, first) < 0 ? one : first)),
  }))
}
