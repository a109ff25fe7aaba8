/** Alert levels: what reaches one, in rising order, and the name under which it is sent once (A20, F4, Q23, Q26). */
import { createHash } from 'node:crypto'
import type { Judged } from './judge.ts'
import type { Policy } from './policy.ts'

export interface AlertLevel {
  /**
   * As the policy spells it, without leading zeros: `80%` or `900`; on the forecast with its probability: `80%@0.5`.
   * One level alerts once per version and window (Q26).
   */
  readonly at: string
  /** The smallest count that reaches it; null for a percentage without a limit. */
  readonly threshold: number | null
  readonly reached: boolean
  /** Addresses and webhook ids of all alerts on this level. */
  readonly to: readonly string[]
}

type Alert = Policy['alerts'][number]

/** Unless the policy says otherwise: as likely as not. */
const PROBABILITY = 0.5

/** Levels on what is compared with the limit; 0 and blank are none (A20), and the same level twice is one. */
export function alertLevels(
  policy: Policy,
  { sum, limits }: Pick<Judged, 'sum' | 'limits'>,
): readonly AlertLevel[] {
  return levelsOf(policy, 'actual', ({ name }, threshold) => ({
    at: name,
    reached: threshold !== null && sum >= threshold * limits,
  }))
}

/** The thresholds of all levels on the forecast, each once, ascending. */
export function forecastThresholds(policy: Policy): readonly number[] {
  const thresholds = forecastLevels(policy, () => 0).map(({ threshold }) => threshold)
  return [...new Set(thresholds)].filter((one): one is number => one !== null)
}

/** @param atLeast the probability that the window ends with so many or more */
export function forecastLevels(
  policy: Policy,
  atLeast: (threshold: number) => number,
): readonly AlertLevel[] {
  return levelsOf(policy, 'forecast', ({ name, probability = PROBABILITY }, threshold) => ({
    at: `${name}@${probability}`,
    reached: threshold !== null && atLeast(threshold) >= probability,
  }))
}

function levelsOf(
  policy: Policy,
  kind: Alert['on'],
  judged: (alert: Alert & { name: string }, threshold: number | null) => { at: string; reached: boolean },
): readonly AlertLevel[] {
  const levels = new Map<string, AlertLevel>()
  for (const alert of policy.alerts) {
    const level = Number.parseInt(alert.at, 10)
    if (alert.on !== kind || !(level > 0)) continue
    const isShare = alert.at.endsWith('%')
    const threshold = isShare ? thresholdOf(level, policy.limit.included) : level
    const { at, reached } = judged({ ...alert, name: isShare ? `${level}%` : String(level) }, threshold)
    const to = new Set([...(levels.get(at)?.to ?? []), ...alert.to])
    levels.set(at, { at, threshold, reached, to: [...to] })
  }
  const rank = ({ threshold }: AlertLevel) => threshold ?? Number.MAX_VALUE
  return [...levels.values()].sort((a, b) => rank(a) - rank(b))
}

/** Q23 in whole numbers: the smallest count with 100 · count ≥ pct · limit; at least one learner. */
function thresholdOf(percent: number, limit: number | undefined): number | null {
  if (limit === undefined) return null
  return Math.max(1, Math.ceil((percent * limit) / 100))
}

interface AlertName {
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly on: Alert['on'] | 'test'
  readonly level: string
  readonly recipient: string
}

/** The same alert has the same name, whoever finds it and how often (Q26). */
export function alertId({ policy, version, start, on, level, recipient }: AlertName): string {
  return createHash('sha256')
    .update(JSON.stringify([policy, version, start, on, level, recipient]))
    .digest('base64url')
    .slice(0, 22)
}
