import type { Classified } from '../attempts/derivation.ts'
import type { Evidence, Window } from './count.ts'
import type { Policy } from './policy.ts'
import { effectiveTime, type MissReason, qualify } from './qualify.ts'
import { recountWindow } from './recount.ts'
import { english } from './text-en.ts'
import type { Tombstone } from './tombstone.ts'
import type { PolicyVersion } from './windows.ts'

interface NearestMiss {
  readonly statementId: string
  /** Effective time under the policy, ms. */
  readonly at: number
  readonly reason: MissReason | 'outside-window'
  /** A sentence when the policy is the reason; empty when an obstacle is (attempts/reasons.ts has its sentence). */
  readonly detail: string
}

export type Explanation =
  | { readonly counted: true; readonly evidence: Evidence }
  | { readonly counted: false; readonly nearestMiss: NearestMiss | null }

interface Candidate {
  readonly statementId: string
  readonly at: number
  readonly stored: number
  /** null = it qualifies. */
  readonly reason: MissReason | null
  readonly distance: number
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
  tombstones: readonly Tombstone[] = [],
): Explanation {
  const [counted] = recountWindow(classified, versions, window, tombstones)
  if (counted) return { counted: true, evidence: counted.evidence }
  const policy = versions.find(({ version }) => version === window.version)?.policy
  const candidates = policy ? classified.map((each) => candidateOf(each, policy)) : []
  return { counted: false, nearestMiss: missInside(candidates, window) ?? missOutside(candidates, window) }
}

function candidateOf(classified: Classified, policy: Policy): Candidate {
  const result = qualify(classified, policy)
  const { statementId, stored } = classified.fact
  const at = effectiveTime(classified, policy)
  if (result.qualifies) return { statementId, at, stored, reason: null, distance: 0 }
  return { statementId, at, stored, reason: result.reason, distance: result.distance }
}

function missInside(candidates: readonly Candidate[], window: Window): NearestMiss | null {
  const inside = candidates.filter(({ at }) => at >= window.start && at < window.end)
  const [nearest] = inside.sort((a, b) => a.distance - b.distance || inTime(a, b))
  if (!nearest?.reason) return null
  const { statementId, at, reason } = nearest
  const details: Partial<Record<MissReason, string>> = english.misses
  return { statementId, at, reason, detail: details[reason] ?? '' }
}

function missOutside(candidates: readonly Candidate[], window: Window): NearestMiss | null {
  const away = ({ at }: Candidate) => (at < window.start ? window.start - at : at - window.end)
  const group = candidates.some(({ reason }) => reason === null)
    ? candidates.filter(({ reason }) => reason === null)
    : candidates
  const [nearest] = [...group].sort((a, b) => away(a) - away(b) || inTime(a, b))
  if (!nearest) return null
  const { statementId, at, reason } = nearest
  const detail =
    reason === null ? english.outside(at < window.start) : english.outsideAnyway(at < window.start)
  return { statementId, at, reason: 'outside-window', detail }
}

function inTime(a: Candidate, b: Candidate): number {
  return a.at - b.at || a.stored - b.stored || (a.statementId < b.statementId ? -1 : 1)
}
