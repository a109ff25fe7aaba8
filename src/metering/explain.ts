import type { Classified } from '../attempts/derivation.ts'
import { type CountedKey, type Evidence, LIVE, type Window } from './count.ts'
import { filledKeys, ofAge } from './counting.ts'
import { type Circumstances, type Learner, learnerOf } from './evidence.ts'
import { keyOfPolicy } from './keys.ts'
import { type LateOutcome, lateText } from './late.ts'
import { progressOf } from './match.ts'
import type { Policy } from './policy.ts'
import { evidenceIn } from './pools.ts'
import { effectiveTime, type Miss, type MissReason, qualify } from './qualify.ts'
import { filled, needOf } from './reach.ts'
import { recount, recountWindow } from './recount.ts'
import { ruleText } from './rule-text.ts'
import { english } from './text-en.ts'
import { type PolicyVersion, reignOf, windowAt } from './windows.ts'

/** Why statements that qualify do not make anything count. */
type Uncounted = 'below-at-least' | 'too-young' | 'counted-earlier'

interface NearestMiss {
  readonly statementId: string
  /** Effective time under the policy, ms. */
  readonly at: number
  readonly reason: MissReason | Uncounted | 'late' | 'outside-window' | 'before-reign'
  /** A sentence when the policy is the reason; empty when an obstacle is (attempts/reasons.ts has its sentence). */
  readonly detail: string
}

export type Explanation =
  | {
      readonly counted: true
      readonly evidence: Evidence
      readonly keys: readonly CountedKey[]
      /** A sentence where the evidence alone does not say it: that it came too late for its own window. */
      readonly detail: string
    }
  | { readonly counted: false; readonly nearestMiss: NearestMiss | null }

interface Candidate {
  readonly statementId: string
  readonly at: number
  readonly stored: number
  readonly of: Classified
  /** null = it qualifies. */
  readonly miss: Miss | null
  /** What becomes of it when it came too late for the window; null when it did not. */
  readonly late: LateOutcome | null
  readonly distance: number
}

/** One learner, one policy, one window. */
interface Question {
  readonly classified: readonly Classified[]
  readonly versions: readonly PolicyVersion[]
  readonly index: number
  readonly policy: Policy
  readonly window: Window
  readonly circumstances: Circumstances
  readonly learner: Learner
}

/**
 * Why a learner is counted in a window, or not (F1). The nearest miss is the statement inside the window that came closest to
 * qualifying (fewest obstacles, then the earliest); if there is none inside, the nearest in time outside, preferring one
 * that would have qualified. Null = nothing was ever received.
 */
export function explain(
  classified: readonly Classified[],
  versions: readonly PolicyVersion[],
  window: Window,
  circumstances: Circumstances = {},
): Explanation {
  const keys = recountWindow(classified, versions, window, circumstances)
  const [counted] = keys
  if (counted) {
    const { evidence } = counted
    return { counted: true, evidence, keys, detail: lateDetail(versions, window, evidence.at) }
  }
  const index = versions.findIndex(({ version }) => version === window.version)
  const policy = versions[index]?.policy
  if (!policy) return { counted: false, nearestMiss: null }
  const learner = learnerOf(classified, versions, circumstances)
  const question = { classified, versions, index, policy, window, circumstances, learner }
  const late = latenessIn(question)
  const candidates = classified.map((each) => candidateOf(each, question, late))
  return {
    counted: false,
    nearestMiss: missInside(candidates, question) ?? missOutside(candidates, question),
  }
}

/** Why evidence from before a window (effective time, ms) counts in it; empty when it lies in it. */
export function lateDetail(versions: readonly PolicyVersion[], window: Window, at: number): string {
  if (window.row !== undefined || at >= window.start) return ''
  const own = windowAt(versions, at)
  return english.countedLate(own && own.version === window.version ? own.id : null)
}

/** Of the statements that came too late for the window: what becomes of them. */
function latenessIn({ learner, window }: Question): ReadonlyMap<Classified, LateOutcome> {
  const here = learner.late.filter(
    (fact) =>
      fact.window.version === window.version &&
      fact.window.start === window.start &&
      window.row === undefined,
  )
  return new Map(here.map(({ one, outcome }) => [one.of, outcome]))
}

function candidateOf(
  of: Classified,
  { policy, circumstances }: Question,
  lateness: ReadonlyMap<Classified, LateOutcome>,
): Candidate {
  const result = qualify(of, policy, circumstances.groups)
  const { statementId, stored } = of.fact
  const late = lateness.get(of) ?? null
  const about = { statementId, at: effectiveTime(of, policy), stored, of, late }
  return result.qualifies
    ? { ...about, miss: null, distance: late ? BARELY : 0 }
    : { ...about, miss: result, distance: result.distance }
}

/** Nearer than anything with an obstacle, farther than what came in time. */
const BARELY = 0.5

function missInside(candidates: readonly Candidate[], question: Question): NearestMiss | null {
  const { window } = question
  const inside = candidates.filter(({ at }) => at >= window.start && at < window.end)
  const [nearest] = inside.sort((a, b) => a.distance - b.distance || inTime(a, b))
  if (!nearest) return null
  const { statementId, at, miss, late } = nearest
  if (late) return { statementId, at, reason: 'late', detail: lateText(late.kind, intoOf(late)) }
  return miss
    ? { statementId, at, reason: miss.reason, detail: detailOf(miss, nearest, question) }
    : { statementId, at, ...uncounted(question) }
}

function intoOf(late: LateOutcome): string | null {
  return late.kind === 'next-window' ? late.into.id : null
}

function detailOf(miss: Miss, { of }: Candidate, { policy }: Question): string {
  if (miss.excludedBy) return english.excluded(ruleText(miss.excludedBy, english))
  if (miss.reason === 'progress-too-low') return english.progress((progressOf(of) ?? 0) * 100)
  if (miss.reason === 'back-dated') return english.backDated(policy.time.maxBackdateDays ?? 0)
  const details: Partial<Record<MissReason, string>> = english.misses
  return details[miss.reason] ?? ''
}

/** Something inside qualifies, and yet no key counts: too few of them, too young, or counted before. */
function uncounted(question: Question): Pick<NearestMiss, 'reason' | 'detail'> {
  const { policy, window, index, learner } = question
  const keyOf = keyOfPolicy(policy)
  const inWindow = filledKeys(learner, index, keyOf).filter(
    ({ windowStart, windowEnd }) => windowStart === window.start && windowEnd === window.end,
  )
  const live = window.row === LIVE
  if (inWindow.length === 0 && !live) return belowAtLeast(question)
  const aged = ofAge(inWindow, learner, index, keyOf).reached
  if (policy.count.minAgeHours > 0 && aged.length === 0)
    return { reason: 'too-young', detail: english.tooYoung(policy.count.minAgeHours) }
  if (policy.unique.once === 'ever') return countedEarlier(question)
  return belowAtLeast(question)
}

function belowAtLeast({ policy, window, learner }: Question): Pick<NearestMiss, 'reason' | 'detail'> {
  const need = needOf(policy)
  const inside = [...evidenceIn(learner, window).values()].map((items) => filled(items, need))
  const { distinct } = policy.count.atLeast ?? { distinct: 'statement' }
  return {
    reason: 'below-at-least',
    detail: english.belowAtLeast({ needs: need.n, has: Math.max(0, ...inside), distinct }),
  }
}

function countedEarlier(question: Question): Pick<NearestMiss, 'reason' | 'detail'> {
  const { classified, versions, circumstances, window } = question
  const earlier = recount(classified, versions, circumstances)
    .flatMap(({ counted }) => counted)
    .filter(({ windowStart }) => windowStart < window.start)
    .map(({ windowStart }) => windowStart)
  const first = earlier.length === 0 ? null : earlier.reduce((least, at) => Math.min(least, at))
  return {
    reason: 'counted-earlier',
    detail: english.countedEarlier(first === null ? null : new Date(first).toISOString()),
  }
}

function missOutside(candidates: readonly Candidate[], question: Question): NearestMiss | null {
  const { window, versions, index } = question
  const away = ({ at }: Candidate) => (at < window.start ? window.start - at : at - window.end)
  const group = candidates.some(({ miss }) => miss === null)
    ? candidates.filter(({ miss }) => miss === null)
    : candidates
  const [nearest] = [...group].sort((a, b) => away(a) - away(b) || inTime(a, b))
  if (!nearest) return null
  const { statementId, at, miss } = nearest
  if (miss === null && at < reignOf(versions, index).from)
    return { statementId, at, reason: 'before-reign', detail: english.beforeReign }
  const detail = miss === null ? english.outside(at < window.start) : english.outsideAnyway(at < window.start)
  return { statementId, at, reason: 'outside-window', detail }
}

function inTime(a: Candidate, b: Candidate): number {
  return a.at - b.at || a.stored - b.stored || (a.statementId < b.statementId ? -1 : 1)
}
