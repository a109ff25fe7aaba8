/** Which key of a learner a statement counts for (ruling 7), and how long keys are known. */
import type { Classified } from '../attempts/derivation.ts'
import { isPreviewObstacle } from '../attempts/preview.ts'
import type { Policy } from './policy.ts'
import { effectiveTime } from './qualify.ts'

export type KeyOf = (classified: Classified) => string

/** The key of policies that count nothing but learners. */
const LEARNER = 'learner'

/** Whether one learner may count for several keys: then counts, lists and totals are of keys, not of learners. */
export function countsSeveralKeys({ unique }: Policy): boolean {
  return unique.by.some((part) => part === 'activity' || part === 'sub-account')
}

/**
 * What the policy counts once: `learner`, or what tells a learner's keys apart, e.g. `activity:<IRI>`. The activity is the
 * learning element, so pages and questions within it add nothing. Rows belong to a tenant and a learner already, so
 * neither is named.
 */
export function keyOfPolicy(policy: Policy): KeyOf {
  if (!countsSeveralKeys(policy)) return () => LEARNER
  const parts = policy.unique.by.flatMap((part): KeyOf[] => {
    if (part === 'activity') return [({ element }) => `activity:${element}`]
    if (part === 'sub-account') return [({ fact }) => `sub-account:${fact.subAccount ?? ''}`]
    return []
  })
  return (classified) => parts.map((part) => part(classified)).join(' ')
}

/**
 * When each key comes of age, ms: `minAgeHours` after the first statement about it, evidence or not. A preview's time never
 * counts (ruling 4).
 */
export function agesOf(classified: readonly Classified[], policy: Policy, keyOf: KeyOf): Map<string, number> {
  const ages = new Map<string, number>()
  for (const one of classified) {
    if (one.obstacles.some(isPreviewObstacle)) continue
    const key = keyOf(one)
    const age = effectiveTime(one, policy) + policy.count.minAgeHours * 3_600_000
    ages.set(key, Math.min(ages.get(key) ?? Number.POSITIVE_INFINITY, age))
  }
  return ages
}
