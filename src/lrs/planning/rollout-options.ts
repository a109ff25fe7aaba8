/** The last year under windows of 12, 3 and 1 months, for planned roll-outs (D11, F6): everybody's history, replayed. */
import { ACCORD_WINDOWS } from '../../metering/advisor.ts'
import {
  type Campaign,
  estimateOptions,
  type OptionEstimate,
  type PastYear,
  type Price,
} from '../../metering/forecast/window-options.ts'
import type { Policy } from '../../metering/policy.ts'
import { type PolicyVersion, windowsBefore } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import type { RecountDeps } from '../counting/recount.ts'
import type { Step } from '../studies/step.ts'
import type { RolloutInput } from './planned-rollouts.ts'
import { draftOf, replay } from './replay.ts'

const MONTH_MS = (365.25 / 12) * 86_400_000
/** The calendar comes back after so many years: an anchor moved by them lies on the same day. */
const CALENDAR_YEARS = 28

export function campaignOf(
  people: readonly string[],
  { newPeople, rate, starts, due, lastsMonths }: RolloutInput,
  now: number,
): Campaign {
  const spread = due === undefined ? 0 : due - (starts ?? now)
  return { people, newPeople, rate, lastsMonths, spreadMonths: Math.max(0, spread / MONTH_MS) }
}

/** Null for rolling windows, and those within a term. @throws Interrupted */
export async function rolloutOptions(
  deps: RecountDeps,
  tenant: TenantId,
  {
    policy,
    campaigns,
    prices,
  }: {
    readonly policy: Policy
    readonly campaigns: readonly Campaign[]
    readonly prices: readonly Price[]
  },
  step: Step,
): Promise<readonly OptionEstimate[] | null> {
  if (policy.window.kind === 'rolling' || policy.window.within) return null
  const now = deps.clock.now()
  const drafts = ACCORD_WINDOWS.map(({ months }) => draftOf(withLength(policy, months)))
  const planned = new Set(campaigns.flatMap(({ people }) => people))
  const counts = drafts.map(() => new Map<number, number>())
  const seen = drafts.map(() => new Map<string, readonly number[]>())
  let done = 0
  for await (const { learners } of replay(deps, tenant, drafts, { now, position: null })) {
    for (const { learner, counted } of learners)
      for (const [index, keys] of counted.entries()) {
        const starts = keys.map(({ windowStart }) => windowStart)
        addTo(counts[index] as Map<number, number>, starts)
        if (planned.has(learner)) seen[index]?.set(learner, starts)
      }
    done += learners.length
    await step({ done, of: null, unit: 'learners' })
  }
  const past = ACCORD_WINDOWS.map((option, index): PastYear => {
    const year = wholeWindows(drafts[index] as PolicyVersion, option.months, now)
    return { ...option, ...lastYear(year, counts[index] as Map<number, number>, seen[index] ?? new Map()) }
  })
  return estimateOptions(past, campaigns, prices)
}

/** Other windows with the same rules, long before the anchor as well: before a roll-out there often is no window yet. */
function withLength(policy: Policy, months: number): Policy {
  const { anchor } = policy.window
  const earlier =
    anchor === undefined
      ? {}
      : {
          anchor: `${String(Number(anchor.slice(0, 4)) - CALENDAR_YEARS).padStart(4, '0')}${anchor.slice(4)}`,
        }
  return { ...policy, window: { ...policy.window, ...earlier, length: { months } } }
}

/** Starts of those of the last year, newest first. */
function wholeWindows(draft: PolicyVersion, months: number, now: number): readonly number[] {
  const count = 12 / months
  return windowsBefore([draft], { from: Number.MIN_SAFE_INTEGER, to: now }, count + 1)
    .filter(({ end }) => end <= now)
    .slice(0, count)
    .map(({ start }) => start)
}

function addTo(counts: Map<number, number>, starts: readonly number[]): void {
  for (const start of starts) counts.set(start, (counts.get(start) ?? 0) + 1)
}

/** From the first window with use on: before it nobody knew of anybody. */
function lastYear(
  windows: readonly number[],
  counts: ReadonlyMap<number, number>,
  seen: ReadonlyMap<string, readonly number[]>,
): Pick<PastYear, 'counts' | 'shares'> {
  const first = windows.findLastIndex((start) => (counts.get(start) ?? 0) > 0)
  const known = windows.slice(0, first + 1)
  const shares = [...seen].map(
    ([person, starts]) =>
      [person, known.filter((start) => starts.includes(start)).length / Math.max(1, known.length)] as const,
  )
  return { counts: known.map((start) => counts.get(start) ?? 0), shares: new Map(shares) }
}
