import { type AlertLevel, alertLevels } from './alert-levels.ts'
import { type Judged, judge } from './judge.ts'
import type { Policy } from './policy.ts'

/** The figures of the licence view (A18) for one window. Without a limit the figures measured against it are null. */
export interface LicenceFigures {
  readonly limit: number | null
  /** What is compared with the limit, and what a bank still covers (counting §3). */
  readonly judged: Pick<Judged, 'by' | 'value' | 'windows' | 'bankLeft'> | null
  /** `enforce: "signal-block"`: whether the LMS should let nobody new in now. Rollcall itself refuses nothing (Q24). */
  readonly block: boolean
  /** Learners who may still become active; never below 0. */
  readonly remaining: number | null
  /** Learners above the limit (Q23). */
  readonly over: number | null
  /** Whole percent of the limit, rounded down, so that 100 is never shown before it is reached. Null for a limit of 0. */
  readonly percent: number | null
  /** Whether the count is within limit and tolerance (`limit.tolerancePct`). */
  readonly tolerated: boolean | null
  readonly surchargePct: number
  /** In rising order (F4). */
  readonly alerts: readonly AlertLevel[]
}

const NO_LIMIT = {
  limit: null,
  judged: null,
  block: false,
  remaining: null,
  over: null,
  percent: null,
  tolerated: null,
}

/**
 * @param active counted learners of the window: only these are compared with the limit (A19)
 * @param total learners who ever qualified; shown, never compared
 * @param before counts of the windows just before, newest first; `ofTerm`: of those of the term. See `neededBy`
 */
export function licenceFigures({
  policy,
  active,
  before = [],
  ofTerm = [],
}: {
  policy: Policy
  active: number
  total: number
  before?: readonly number[]
  ofTerm?: readonly number[]
}): LicenceFigures {
  const { included: limit, enforce } = policy.limit
  const { surchargePct } = policy.price
  if (limit === undefined)
    return { ...NO_LIMIT, surchargePct, alerts: alertLevels(policy, { sum: active, limits: 1 }) }
  const judged = judge(policy, limit, { active, before, ofTerm })
  const { by, value, windows, bankLeft, sum, limits, over, tolerated } = judged
  return {
    limit,
    judged: { by, value, windows, bankLeft },
    block: enforce === 'signal-block' && !isRoomFor(sum + 1, policy, { limit, limits, bankLeft }),
    remaining: Math.max(0, limits * limit - sum),
    over,
    percent: limit === 0 ? null : Math.floor((100 * sum) / (limits * limit)),
    tolerated,
    surchargePct,
    alerts: alertLevels(policy, judged),
  }
}

/** Whether so many would still be within limit, tolerance and bank. */
function isRoomFor(
  sum: number,
  { limit: { tolerancePct } }: Policy,
  { limit, limits, bankLeft }: { limit: number; limits: number; bankLeft: number | null },
): boolean {
  return 100 * (sum - (bankLeft ?? 0)) <= (100 + tolerancePct) * limit * limits
}
