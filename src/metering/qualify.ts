import type { Classified, Obstacle } from '../attempts/derivation.ts'
import type { MatchRule, Policy } from './policy.ts'
import { verbMatches } from './verbs.ts'

/** Why a statement does not qualify: an obstacle the policy does not forgive, or the policy itself. */
export type MissReason =
  | Obstacle
  | 'no-rule-matches'
  | 'excluded-by-none'
  | 'launch-mode-unknown'
  | 'group-member'

interface Miss {
  readonly qualifies: false
  readonly reason: MissReason
  /** How far it was from qualifying: the number of obstacles; more than any when no rule is about it. */
  readonly distance: number
}

/** `rule`: the parts of the first rule that matched, e.g. `evidence` or `verb`. */
export type Qualification = { readonly qualifies: true; readonly rule: string } | Miss

/**
 * What keeps a statement from counting by its verb: no preview, no non-person, nothing void or repeated (ruling 4). What the
 * element is and whether the verb proves use does not matter then: the rule names the verb because it shall count.
 */
const STOPS_VERB_RULES: ReadonlySet<Obstacle> = new Set<Obstacle>([
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

/** Whether a statement is qualifying evidence under a policy, by which rule, or why not. Time is not looked at. */
export function qualify(classified: Classified, policy: Policy): Qualification {
  const { any, none, launchModeUnknown } = policy.count
  const { obstacles, fact } = classified
  const remaining = obstacles.length === 0 ? obstacles : withoutForgiven(obstacles, policy)
  const nearest = nearestRule(any, remaining, fact.verb)
  if (!nearest) return miss('no-rule-matches', FARTHEST)
  const [reason] = nearest.obstacles
  if (reason !== undefined) return miss(reason, nearest.obstacles.length)
  if (none.some((rule) => obstaclesUnder(rule, remaining, fact.verb)?.length === 0))
    return miss('excluded-by-none', 1)
  if (classified.launchModeUnknown && launchModeUnknown === 'skip') return miss('launch-mode-unknown', 1)
  if (fact.member && policy.unique.groupActors === 'ignore') return miss('group-member', 1)
  return { qualifies: true, rule: nearest.name }
}

const FARTHEST = Number.MAX_SAFE_INTEGER

function miss(reason: MissReason, distance: number): Miss {
  return { qualifies: false, reason, distance }
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

interface NearestRule {
  readonly name: string
  readonly obstacles: readonly Obstacle[]
}

/** The first rule that matches, else the one with the fewest obstacles; null when none is about this statement. */
function nearestRule(
  rules: readonly MatchRule[],
  remaining: readonly Obstacle[],
  verb: string,
): NearestRule | null {
  let nearest: NearestRule | null = null
  for (const rule of rules) {
    const obstacles = obstaclesUnder(rule, remaining, verb)
    if (obstacles && (!nearest || obstacles.length < nearest.obstacles.length)) {
      nearest = { name: nameOf(rule), obstacles }
    }
  }
  return nearest
}

/** What stands between the statement and the rule; null when the rule is not about it. All given parts must hold. */
function obstaclesUnder(
  rule: MatchRule,
  remaining: readonly Obstacle[],
  verb: string,
): readonly Obstacle[] | null {
  if (rule.verb && !verbMatches(rule.verb, verb)) return null
  if (rule.evidence) return remaining
  // Parts other than these two are refused with the policy (availability.ts).
  return rule.verb ? remaining.filter((obstacle) => STOPS_VERB_RULES.has(obstacle)) : null
}

function nameOf(rule: MatchRule): string {
  return [rule.evidence && 'evidence', rule.verb && 'verb'].filter(Boolean).join('+')
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
