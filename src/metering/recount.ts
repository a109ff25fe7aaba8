import type { Classified } from '../attempts/derivation.ts'
import type { CountedKey, Evidence, LearnerCount, Window } from './count.ts'
import { effectiveTime, qualify } from './qualify.ts'
import { evidenceOf, type Tombstone } from './tombstone.ts'
import { type PolicyVersion, reignOf, windowOfVersion } from './windows.ts'

/** `unique.by: [learner]` counts one key (ruling 7). */
const LEARNER_KEY = 'learner'

/**
 * What one learner counts for under every version of one policy, worked out from all that is known of the learner
 * (design.md, idea 2). A set of statements goes in, so order and repetition do not matter (ruling 6).
 *
 * A statement is judged by the version that decides at its effective time. `firstQualified` belongs to the policy, so it is
 * the same on every version: the earliest qualifying evidence under the version then deciding, before the anchor included
 * (ruling 9). Hence active ≤ total (A25).
 * @param versions one policy's, ascending
 */
export function recount(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  tombstones: readonly Tombstone[] = [],
): LearnerCount[] {
  let firstQualified: number | null = null
  const counted = versions.map((_, index) => {
    const evidence = evidenceUnder(classified, versions, index, tombstones)
    for (const { at } of evidence)
      firstQualified = firstQualified === null ? at : Math.min(firstQualified, at)
    return keysOf(evidence, versions, index)
  })
  return versions.map(({ policy, version }, index) => ({
    policy: policy.id,
    version,
    counted: counted[index] ?? [],
    firstQualified,
  }))
}

/** The same, for one window only: what `recount` says about it. `window` is one of the versions' windows. */
export function recountWindow(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  window: Window,
  tombstones: readonly Tombstone[] = [],
): readonly CountedKey[] {
  const index = versions.findIndex(
    ({ policy, version }) => policy.id === window.policy && version === window.version,
  )
  const inside = evidenceUnder(classified, versions, index, tombstones).filter(
    ({ at }) => at >= window.start && at < window.end,
  )
  const first = inside.reduce<Evidence | null>(earlier, null)
  return first ? [{ windowStart: window.start, key: LEARNER_KEY, evidence: first }] : []
}

/** Every statement that qualifies under a version, at a time that version decides. */
function evidenceUnder(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  index: number,
  tombstones: readonly Tombstone[],
): Evidence[] {
  const version = versions[index]
  if (!version) return []
  const { from, until } = reignOf(versions, index)
  const found: Evidence[] = tombstones
    .filter((one) => one.policy === version.policy.id && one.version === version.version)
    .map(evidenceOf)
  for (const each of classified) {
    const qualification = qualify(each, version.policy)
    if (!qualification.qualifies) continue
    const at = effectiveTime(each, version.policy)
    if (at < from || at >= until) continue
    found.push({ statementId: each.fact.statementId, at, stored: each.fact.stored, rule: qualification.rule })
  }
  return found
}

/** One key for each window with evidence, ascending (A3). Evidence before the anchor has no window. */
function keysOf(
  evidence: readonly Evidence[],
  versions: readonly PolicyVersion[],
  index: number,
): readonly CountedKey[] {
  const firsts = new Map<number, Evidence>()
  for (const each of evidence) {
    const window = windowOfVersion(versions, index, each.at)
    if (window) firsts.set(window.start, earlier(firsts.get(window.start) ?? null, each))
  }
  return [...firsts]
    .sort(([a], [b]) => a - b)
    .map(([windowStart, first]) => ({ windowStart, key: LEARNER_KEY, evidence: first }))
}

/** The one that makes a key count: by effective time, then when it was received, then statement id. */
function earlier(a: Evidence | null, b: Evidence): Evidence {
  if (!a) return b
  const order = a.at - b.at || a.stored - b.stored || (a.statementId < b.statementId ? -1 : 1)
  return order <= 0 ? a : b
}
