import type { Policy } from './policy.ts'

interface AlertLevel {
  /** As the policy spells it, without leading zeros: `80%` or `900`. One level alerts once per version and window (Q26). */
  readonly at: string
  /** The smallest count that reaches it; null for a percentage without a limit. */
  readonly threshold: number | null
  readonly reached: boolean
  /** Addresses and webhook ids of all alerts on this level. */
  readonly to: readonly string[]
}

/** The figures of the licence view (A18) for one window. Without a limit the figures measured against it are null. */
export interface LicenceFigures {
  readonly limit: number | null
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

/**
 * @param active counted learners of the window: only these are compared with the limit (A19)
 * @param total learners who ever qualified; shown, never compared
 */
export function licenceFigures({
  policy,
  active,
}: {
  policy: Policy
  active: number
  total: number
}): LicenceFigures {
  const { included: limit, tolerancePct } = policy.limit
  const shared = { surchargePct: policy.price.surchargePct, alerts: alertLevels(policy, active) }
  if (limit === undefined) {
    return { limit: null, remaining: null, over: null, percent: null, tolerated: null, ...shared }
  }
  return {
    limit,
    remaining: Math.max(0, limit - active),
    over: Math.max(0, active - limit),
    percent: limit === 0 ? null : Math.floor((100 * active) / limit),
    tolerated: 100 * active <= (100 + tolerancePct) * limit,
    ...shared,
  }
}

/** Levels on the actual count; 0 and blank are none (A20), and the same level twice is one. */
function alertLevels(policy: Policy, active: number): readonly AlertLevel[] {
  const levels = new Map<string, AlertLevel>()
  for (const { at, on, to } of policy.alerts) {
    const level = Number.parseInt(at, 10)
    if (on !== 'actual' || !(level > 0)) continue
    const name = at.endsWith('%') ? `${level}%` : String(level)
    const threshold = at.endsWith('%') ? thresholdOf(level, policy.limit.included) : level
    const recipients = new Set([...(levels.get(name)?.to ?? []), ...to])
    levels.set(name, {
      at: name,
      threshold,
      reached: threshold !== null && active >= threshold,
      to: [...recipients],
    })
  }
  const rank = ({ threshold }: AlertLevel) => threshold ?? Number.MAX_VALUE
  return [...levels.values()].sort((a, b) => rank(a) - rank(b))
}

/** Q23 in whole numbers: the smallest count with 100 · count ≥ pct · limit; at least one learner. */
function thresholdOf(percent: number, limit: number | undefined): number | null {
  if (limit === undefined) return null
  return Math.max(1, Math.ceil((percent * limit) / 100))
}
