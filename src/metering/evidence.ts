/** The statements of one learner that qualify under a version of a policy, and the windows in which they reach what it asks. */
import type { Classified } from '../attempts/derivation.ts'
import type { CountedKey, Evidence } from './count.ts'
import { agesOf, type KeyOf, keyOfPolicy } from './keys.ts'
import { effectiveTime, NO_GROUPS, qualify } from './qualify.ts'
import { firstReached, inTime, needOf, type Qualifying } from './reach.ts'
import { buriedEvidence, type Tombstone } from './tombstone.ts'
import { type PolicyVersion, reignOf, windowsHolding } from './windows.ts'

/** What counting a learner depends on beside the statements. */
export interface Circumstances {
  /** ms; `minAgeHours` becomes true by it. Without it: at the end of all time. */
  readonly now?: number
  /** Names of the learner's groups (`learnerIn`): teams, roles, `test-accounts`. */
  readonly groups?: ReadonlySet<string>
  /** What is left of purged evidence, for the versions that go on counting it (ruling 8). */
  readonly tombstones?: readonly Tombstone[]
}

/** One learner under one policy. `versions` are the policy's, ascending. */
export interface Learner {
  readonly classified: readonly Classified[]
  readonly versions: readonly PolicyVersion[]
  readonly now: number
  /** For each version, what qualifies under it at a time it decides; of a rolling one at any time. */
  readonly qualifying: readonly (readonly Qualifying[])[]
  /** For each version, what is too old (`maxBackdateDays`). */
  readonly tooOld: readonly (readonly Qualifying[])[]
}

export function learnerOf(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  { now = Number.POSITIVE_INFINITY, groups = NO_GROUPS, tombstones = [] }: Circumstances,
): Learner {
  const found = versions.map((_, index) => judged(classified, versions, index, groups))
  for (const one of tombstones) {
    const index = versions.findIndex(
      ({ policy, version }) => one.policy === policy.id && one.version === version,
    )
    found[index]?.qualifying.push(buriedEvidence(one))
  }
  return {
    classified,
    versions,
    now,
    qualifying: found.map(({ qualifying }) => qualifying),
    tooOld: found.map(({ tooOld }) => tooOld),
  }
}

function judged(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  index: number,
  groups: ReadonlySet<string>,
): { readonly qualifying: Qualifying[]; readonly tooOld: Qualifying[] } {
  const found = { qualifying: [] as Qualifying[], tooOld: [] as Qualifying[] }
  const { policy } = versions[index] as PolicyVersion
  const { from, until } =
    policy.window.kind === 'rolling' ? { from: -Infinity, until: Infinity } : reignOf(versions, index)
  for (const of of classified) {
    const at = effectiveTime(of, policy)
    if (at < from || at >= until) continue
    const result = qualify(of, policy, groups)
    const { statementId, stored } = of.fact
    if (result.qualifies)
      found.qualifying.push({ evidence: { statementId, at, stored, rule: result.rule }, of })
    else if (result.reason === 'back-dated')
      found.tooOld.push({ evidence: { statementId, at, stored, rule: 'back-dated' }, of })
  }
  return found
}

/** A key that reached what its policy asks in one window. */
export interface Reached extends CountedKey {
  readonly windowEnd: number
}

interface Span {
  readonly start: number
  readonly end: number
}

/** Evidence before the anchor: in no window, but remembered by `once: ever`. */
const BEFORE_ANY: Span = { start: -Infinity, end: -Infinity }

/** One version's windows around an instant. Evidence comes in runs: most of the time they are those given just before. */
function holder(versions: readonly PolicyVersion[], index: number): (at: number) => readonly Span[] {
  const isRolling = versions[index]?.policy.window.kind === 'rolling'
  let recent: readonly Span[] = []
  return (at) => {
    const [span] = recent
    if (span && !isRolling && at >= span.start && at < span.end) return recent
    recent = windowsHolding(versions, index, at)
    return recent.length > 0 ? recent : [BEFORE_ANY]
  }
}

/** What is gathered of each key in each window, keys and windows in no order. */
function pooled<Pool>(
  { qualifying, versions }: Learner,
  { index, keyOf }: { readonly index: number; readonly keyOf: KeyOf },
  gather: (pool: Pool | undefined, one: Qualifying) => Pool,
): Map<string, Map<number, { readonly span: Span; pool: Pool }>> {
  const pools = new Map<string, Map<number, { readonly span: Span; pool: Pool }>>()
  const holding = holder(versions, index)
  for (const one of qualifying[index] ?? []) {
    const key = keyOf(one.of)
    const ofKey = pools.get(key) ?? new Map<number, { readonly span: Span; pool: Pool }>()
    pools.set(key, ofKey)
    for (const span of holding(one.evidence.at)) {
      const known = ofKey.get(span.start)
      if (known) known.pool = gather(known.pool, one)
      else ofKey.set(span.start, { span, pool: gather(undefined, one) })
    }
  }
  return pools
}

/** Every key that fills `atLeast` in a window, before age and memory are looked at. */
export function filledKeys(learner: Learner, index: number, keyOf: KeyOf): readonly Reached[] {
  const { policy } = learner.versions[index] as PolicyVersion
  if (!policy.count.atLeast)
    return reachedOf(pooled(learner, { index, keyOf }, earliest), (evidence) => evidence)
  const need = needOf(policy)
  return reachedOf(pooled(learner, { index, keyOf }, together), (items) => firstReached(items, need))
}

function reachedOf<Pool>(
  pools: ReturnType<typeof pooled<Pool>>,
  evidenceOf: (pool: Pool) => Evidence | null,
): readonly Reached[] {
  const found: Reached[] = []
  for (const [key, ofKey] of pools) {
    for (const { span, pool } of ofKey.values()) {
      const evidence = evidenceOf(pool)
      if (evidence) found.push({ windowStart: span.start, windowEnd: span.end, key, evidence })
    }
  }
  return found
}

function earliest(first: Evidence | undefined, { evidence }: Qualifying): Evidence {
  return first && inTime(first, evidence) <= 0 ? first : evidence
}

function together(items: Qualifying[] | undefined, one: Qualifying): Qualifying[] {
  if (!items) return [one]
  items.push(one)
  return items
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
  const { policy } = learner.versions[index] as PolicyVersion
  if (policy.count.minAgeHours === 0) return { reached, next: null }
  // What is left of purged evidence knows how old a key is, too.
  const known = [...learner.classified, ...(learner.qualifying[index] ?? []).map(({ of }) => of)]
  const ages = agesOf(known, policy, keyOf)
  const ageOf = ({ key }: Reached) => ages.get(key) ?? Number.POSITIVE_INFINITY
  const possible = reached.filter((one) => ageOf(one) < one.windowEnd)
  const young = possible.filter((one) => ageOf(one) > learner.now)
  const [next] = young.sort((a, b) => ageOf(a) - ageOf(b) || inTime(a.evidence, b.evidence))
  return {
    reached: possible.filter((one) => ageOf(one) <= learner.now),
    next: next ? { ...next, evidence: { ...next.evidence, at: ageOf(next) } } : null,
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
