/** The windows in which a version counts a learner's keys: enough of them, old enough, and not counted before. */
import type { CountedKey, Evidence } from './count.ts'
import type { Learner } from './evidence.ts'
import { agesOf, type KeyOf, keyOfPolicy } from './keys.ts'
import { BEFORE_ANY, pooled } from './pools.ts'
import { firstReached, inTime, needOf, type Qualifying } from './reach.ts'
import type { PolicyVersion } from './windows.ts'

/** A key that reached what its policy asks in one window. */
export interface Reached extends CountedKey {
  readonly windowEnd: number
}

/** Every key that fills `atLeast` in a window, before age and memory are looked at. */
export function filledKeys(learner: Learner, index: number, keyOf: KeyOf): readonly Reached[] {
  const { policy } = learner.versions[index] as PolicyVersion
  const need = policy.count.atLeast && needOf(policy)
  const found: Reached[] = []
  for (const [key, pool] of pooled(learner, index, keyOf)) {
    for (const { span, items } of pool.values()) {
      const evidence = need ? firstReached(items, need) : earliest(items)
      if (evidence) found.push({ windowStart: span.start, windowEnd: span.end, key, evidence })
    }
  }
  return found
}

function earliest(items: readonly Qualifying[]): Evidence | null {
  let found: Evidence | null = null
  for (const { evidence } of items) if (!found || inTime(evidence, found) < 0) found = evidence
  return found
}

/**
 * Splits by age: a key counts in a window that had not ended when it came of age, and from that moment on.
 * @returns those of age, and when the next one will be (null = none)
 */
export function ofAge(
  reached: readonly Reached[],
  learner: Learner,
  index: number,
  keyOf: KeyOf,
): { readonly reached: readonly Reached[]; readonly next: Reached | null } {
  const { policy, version } = learner.versions[index] as PolicyVersion
  if (policy.count.minAgeHours === 0) return { reached, next: null }
  const agesBy = agesKnown(learner, index, keyOf)
  const ageOf = ({ key, windowStart: start }: Reached) =>
    agesBy(learner.closedTo({ version, start })).get(key) ?? Number.POSITIVE_INFINITY
  const possible = reached.filter((one) => ageOf(one) < one.windowEnd)
  const young = possible.filter((one) => ageOf(one) > learner.now)
  const [next] = young.sort((a, b) => ageOf(a) - ageOf(b) || inTime(a.evidence, b.evidence))
  return {
    reached: possible.filter((one) => ageOf(one) <= learner.now),
    next: next ? { ...next, evidence: { ...next.evidence, at: ageOf(next) } } : null,
  }
}

/** When each key comes of age, as statements up to a number tell: what came late makes nobody older in a closed window. */
function agesKnown(
  learner: Learner,
  index: number,
  keyOf: KeyOf,
): (cutoff: number) => ReadonlyMap<string, number> {
  const { policy } = learner.versions[index] as PolicyVersion
  // What is left of purged evidence knows how old a key is, too.
  const all = [...learner.classified, ...(learner.qualifying[index] ?? []).map(({ of }) => of)]
  const known = new Map<number, ReadonlyMap<string, number>>()
  return (cutoff) => {
    const before = cutoff === Number.POSITIVE_INFINITY ? all : all.filter(({ fact }) => fact.seq <= cutoff)
    const ages = known.get(cutoff) ?? agesOf(before, policy, keyOf)
    known.set(cutoff, ages)
    return ages
  }
}

/** The windows in which a version counts the learner's keys, once per window or once ever. */
export function countedIn(
  learner: Learner,
  index: number,
): { readonly reached: readonly Reached[]; readonly next: Reached | null } {
  const { policy } = learner.versions[index] as PolicyVersion
  const keyOf = keyOfPolicy(policy)
  const own = ofAge(filledKeys(learner, index, keyOf), learner, index, keyOf)
  const counted = policy.unique.once === 'ever' ? notBefore(own.reached, learner, index, keyOf) : own.reached
  return { reached: counted.filter(({ windowStart }) => windowStart !== BEFORE_ANY.start), next: own.next }
}

/** Each key in its first window only, over all versions: what an earlier version or the time before the anchor saw counts too. */
function notBefore(
  own: readonly Reached[],
  learner: Learner,
  index: number,
  keyOf: KeyOf,
): readonly Reached[] {
  const firsts = new Map<string, number>()
  learner.versions.forEach((_, version) => {
    const reached =
      version === index ? own : ofAge(filledKeys(learner, version, keyOf), learner, version, keyOf).reached
    for (const { key, windowEnd } of reached)
      firsts.set(key, Math.min(firsts.get(key) ?? Number.POSITIVE_INFINITY, windowEnd))
  })
  return own.filter(({ key, windowEnd }) => firsts.get(key) === windowEnd)
}
