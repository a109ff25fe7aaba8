import type { Classified, Obstacle } from '../attempts/derivation.ts'
import { isAbout, type Lack, lacksOf } from './match.ts'
import type { MatchRule, Policy } from './policy.ts'

/** Why a statement does not qualify: an obstacle the policy does not forgive, what a rule misses, or the policy itself. */
export type MissReason =
  | Obstacle
  | Lack
  | 'no-rule-matches'
  | 'excluded-by-none'
  | 'launch-mode-unknown'
  | 'group-member'
  | 'back-dated'

export interface Miss {
  readonly qualifies: false
  readonly reason: MissReason
  /** How far it was from qualifying: the number of obstacles; more than any when no rule is about it. */
  readonly distance: number
  /** The rule of `none` that excludes it. */
  readonly excludedBy?: MatchRule
}

/** `rule`: the parts of the first rule that matched, e.g. `evidence` or `verb`. */
export type Qualification = { readonly qualifies: true; readonly rule: string } | Miss

/**
 * What keeps a statement from counting by a rule without `evidence`: no preview, no non-person, nothing void or repeated
 * (ruling 4). What the element is and whether the verb proves use does not matter then: the rule names what shall count.
 */
const STOPS_NAMING_RULES: ReadonlySet<Obstacle> = new Set<Obstacle>([
  'group-without-members',
  'not-a-person',
  'credential',
  'launch-record',
  'cmi5-browse',
  'scorm-browse',
  'marker',
  'unverified-preview',
  'duplicate',
  'voided',
])

/** Nobody knows of any group. */
export const NO_GROUPS: ReadonlySet<string> = new Set()

/**
 * Whether a statement is qualifying evidence under a policy, by which rule, or why not. When it happened is not looked at,
 * only how long before its receipt (`maxBackdateDays`).
 * @param groups names of the learner's groups, e.g. `test-accounts`
 */
export function qualify(
  classified: Classified,
  policy: Policy,
  groups: ReadonlySet<string> = NO_GROUPS,
): Qualification {
  const { any, none, launchModeUnknown } = policy.count
  const { obstacles, fact } = classified
  const remaining = obstacles.length === 0 ? obstacles : withoutForgiven(obstacles, policy)
  const nearest = nearestRule(any, remaining, classified, groups)
  if (!nearest) return miss('no-rule-matches', FARTHEST)
  const [reason] = nearest.stops
  if (reason !== undefined) return miss(reason, nearest.stops.length)
  const excludedBy = none.find((rule) => stopsUnder(rule, remaining, classified, groups)?.length === 0)
  if (excludedBy) return { ...miss('excluded-by-none', 1), excludedBy }
  if (classified.launchModeUnknown && launchModeUnknown === 'skip') return miss('launch-mode-unknown', 1)
  if (fact.member && policy.unique.groupActors === 'ignore') return miss('group-member', 1)
  if (isTooOld(classified, policy)) return miss('back-dated', 1)
  return { qualifies: true, rule: nearest.name }
}

const FARTHEST = Number.MAX_SAFE_INTEGER

function miss(reason: MissReason, distance: number): Miss {
  return { qualifies: false, reason, distance }
}

/** Q12: older when received than the policy takes; what is counted by its receipt is never old. */
function isTooOld(classified: Classified, policy: Policy): boolean {
  const { maxBackdateDays } = policy.time
  if (maxBackdateDays === null) return false
  return classified.fact.stored - effectiveTime(classified, policy) > maxBackdateDays * 86_400_000
}

/** Obstacles the policy forgives (ruling 13): Browse, plain resources, unverified previews, voids (A23). */
function withoutForgiven(obstacles: readonly Obstacle[], { count, removal }: Policy): readonly Obstacle[] {
  const forgiven = new Set<Obstacle>([
    ...(count.browse === 'count' ? (['cmi5-browse', 'scorm-browse'] as const) : []),
    ...(count.resources === 'count' ? (['resource'] as const) : []),
    ...(count.unverifiedPreview === 'count' ? (['unverified-preview'] as const) : []),
    ...(removal.voided === 'counts' ? (['voided'] as const) : []),
  ])
  return obstacles.filter((obstacle) => !forgiven.has(obstacle))
}

type Stop = Obstacle | Lack

interface NearestRule {
  readonly name: string
  readonly stops: readonly Stop[]
}

/** The first rule that matches, else the one with the fewest stops; null when none is about this statement. */
function nearestRule(
  rules: readonly MatchRule[],
  remaining: readonly Obstacle[],
  classified: Classified,
  groups: ReadonlySet<string>,
): NearestRule | null {
  let nearest: NearestRule | null = null
  for (const rule of rules) {
    const stops = stopsUnder(rule, remaining, classified, groups)
    if (stops && (!nearest || stops.length < nearest.stops.length)) nearest = { name: nameOf(rule), stops }
  }
  return nearest
}

/** What stands between the statement and the rule; null when the rule is not about it. All given parts must hold. */
function stopsUnder(
  rule: MatchRule,
  remaining: readonly Obstacle[],
  classified: Classified,
  groups: ReadonlySet<string>,
): readonly Stop[] | null {
  if (nameOf(rule) === 'evidence') return remaining
  if (!isAbout(rule, classified)) return null
  const obstacles = rule.evidence ? remaining : remaining.filter((one) => STOPS_NAMING_RULES.has(one))
  const lacks = lacksOf(rule, classified, groups)
  return lacks.length === 0 ? obstacles : [...obstacles, ...lacks]
}

const names = new WeakMap<MatchRule, string>()

/** The parts of a rule that are given, in the order of the schema. */
function nameOf(rule: MatchRule): string {
  const known = names.get(rule)
  if (known !== undefined) return known
  const name = Object.entries(rule)
    .filter(([, part]) => part !== undefined)
    .map(([part]) => part)
    .join('+')
  names.set(rule, name)
  return name
}

/**
 * The time, ms, that decides the window under a policy (Q11, Q12; counting §1.5, 3): when it happened, or when it was
 * received if the policy says so, if no time was given, or if the time given is too far ahead.
 */
export function effectiveTime(classified: Classified, { time }: Policy): number {
  const { fact, at, resumedAt } = classified
  if (time.by === 'stored') return fact.stored
  if (time.resumeBy === 'stored' && resumedAt !== at) return resumedAt
  if (time.futureSkewMinutes === DEFAULT_SKEW) return at
  return fact.at === null || fact.at > fact.stored + time.futureSkewMinutes * 60_000 ? fact.stored : fact.at
}

/** Minutes; the one `Classified.at` is made with. */
const DEFAULT_SKEW = 5
