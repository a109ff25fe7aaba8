import type { Classified } from '../attempts/derivation.ts'
import { type CountedKey, type Evidence, LIVE, type Window } from './count.ts'
import { type Circumstances, filledKeys, learnerOf, ofAge } from './evidence.ts'
import { keyOfPolicy } from './keys.ts'
import { progressOf } from './match.ts'
import type { Policy } from './policy.ts'
import { effectiveTime, type Miss, type MissReason, qualify } from './qualify.ts'
import { filled, needOf } from './reach.ts'
import { recount, recountWindow } from './recount.ts'
import { ruleText } from './text.ts'
import { english } from './text-en.ts'
import { type PolicyVersion, reignOf } from './windows.ts'

/** Why statements that qualify do not make anything count. */
type Uncounted = 'below-at-least' | 'too-young' | 'counted-earlier'

interface NearestMiss {
  readonly statementId: string
  /** Effective time under the policy, ms. */
  readonly at: number
  readonly reason: MissReason | Uncounted | 'outside-window' | 'before-reign'
  /** A sentence when the policy is the reason; empty when an obstacle is (attempts/reasons.ts has its sentence). */
  readonly detail: string
}

export type Explanation =
  | { readonly counted: true; readonly evidence: Evidence; readonly keys: readonly CountedKey[] }
  | { readonly counted: false; readonly nearestMiss: NearestMiss | null }

interface Candidate {
  readonly statementId: string
  readonly at: number
  readonly stored: number
  readonly of: Classified
  /** null = it qualifies. */
  readonly miss: Miss | null
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
  if (counted) return { counted: true, evidence: counted.evidence, keys }
  const index = versions.findIndex(({ version }) => version === window.version)
  const policy = versions[index]?.policy
  if (!policy) return { counted: false, nearestMiss: null }
  const question = { classified, versions, index, policy, window, circumstances }
  const candidates = classified.map((each) => candidateOf(each, question))
  return {
    counted: false,
    nearestMiss: missInside(candidates, question) ?? missOutside(candidates, question),
  }
}

function candidateOf(of: Classified, { policy, circumstances }: Question): Candidate {
  const result = qualify(of, policy, circumstances.groups)
  const { statementId, stored } = of.fact
  const about = { statementId, at: effectiveTime(of, policy), stored, of }
  return result.qualifies
    ? { ...about, miss: null, distance: 0 }
    : { ...about, miss: result, distance: result.distance }
}

function missInside(candidates: readonly Candidate[], question: Question): NearestMiss | null {
  const { window } = question
  const inside = candidates.filter(({ at }) => at >= window.start && at < window.end)
  const [nearest] = inside.sort((a, b) => a.distance - b.distance || inTime(a, b))
  if (!nearest) return null
  const { statementId, at, miss } = nearest
  return miss
    ? { statementId, at, reason: miss.reason, detail: detailOf(miss, nearest, question) }
    : { statementId, at, ...uncounted(question) }
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
  const { policy, window, index } = question
  const learner = learnerOf(question.classified, question.versions, question.circumstances)
  const keyOf = keyOfPolicy(policy)
  const inWindow = filledKeys(learner, index, keyOf).filter(
    ({ windowStart, windowEnd }) => windowStart === window.start && windowEnd === window.end,
  )
  const live = window.row === LIVE
  if (inWindow.length === 0 && !live) return belowAtLeast(question, learner.qualifying[index] ?? [])
  const aged = ofAge(inWindow, learner, index, keyOf).reached
  if (policy.count.minAgeHours > 0 && aged.length === 0)
    return { reason: 'too-young', detail: english.tooYoung(policy.count.minAgeHours) }
  if (policy.unique.once === 'ever') return countedEarlier(question)
  return belowAtLeast(question, learner.qualifying[index] ?? [])
}

function belowAtLeast(
  { policy, window }: Question,
  qualifying: Parameters<typeof filled>[0],
): Pick<NearestMiss, 'reason' | 'detail'> {
  const need = needOf(policy)
  const inside = qualifying.filter(({ evidence }) => evidence.at >= window.start && evidence.at < window.end)
  const { distinct } = policy.count.atLeast ?? { distinct: 'statement' }
  return {
    reason: 'below-at-least',
    detail: english.belowAtLeast({ needs: need.n, has: filled(inside, need), distinct }),
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
