/**
 * Where windows are long, or a policy is new, too few of them are over: then windows as long that began in every month take
 * their place, read from everybody's history (counting §6, last line). They overlap, so their errors are alike.
 */
import type { Window } from '../../metering/count.ts'
import { type ActivationHistory, buildHistory, type HistoryBuilder } from '../../metering/forecast/history.ts'
import type { Policy } from '../../metering/policy.ts'
import { windowsBefore, windowsHolding } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import type { RecountDeps } from '../counting/recount.ts'
import type { Step } from '../studies/step.ts'
import { draftOf, type Replayed, replay } from './replay.ts'

/** Calibration compares twelve windows, each forecast from the twelve before. */
const WINDOWS = 24

interface Asked {
  readonly policy: Policy
  readonly open: Window
  readonly now: number
}

/**
 * @returns null where windows are not counted in months, or all that could be gained is there already
 * @throws Interrupted
 */
export async function shiftedHistory(
  deps: RecountDeps,
  tenant: TenantId,
  { policy, open, now }: Asked,
  step: Step,
): Promise<ActivationHistory | null> {
  const every = everyMonth(policy)
  if (!every) return null
  const draft = draftOf({ ...policy, window: every.rule })
  // One that a new version has cut short has no equals.
  const own = windowsHolding([draft], 0, now).find(({ start }) => start === open.start)
  if (own?.end !== open.end) return null
  const range = { from: Number.MIN_SAFE_INTEGER, to: now }
  const over = windowsBefore([draft], range, WINDOWS + every.months + 1).filter(({ end }) => end <= now)
  const windows = [...over.reverse(), open]
  const indexOf = new Map(windows.map(({ start }, index) => [start, index]))
  const builder = buildHistory(windows)
  let done = 0
  for await (const { learners } of replay(deps, tenant, [draft], { now, position: null })) {
    for (const one of learners) addTo(builder, indexOf, one)
    done += learners.length
    await step({ done, of: null, unit: 'learners' })
  }
  return builder.done()
}

function addTo(
  builder: HistoryBuilder,
  indexOf: ReadonlyMap<number, number>,
  { learner, counted: [keys = []] }: Replayed,
): void {
  for (const { windowStart, key, evidence } of keys) {
    const index = indexOf.get(windowStart)
    if (index !== undefined) builder.add(index, { ...evidence, key: keyOf(learner, key) })
  }
}

/** The policy's windows, but one begins in each month, and before an anchor as well. */
function everyMonth({
  window,
  unique,
}: Policy): { readonly months: number; readonly rule: Policy['window'] } | null {
  const { kind, length, within, anchor, timeZone } = window
  const { months } = length
  if (kind === 'rolling' || within || months === undefined || unique.once === 'ever') return null
  // Calendar months are all there already.
  if (kind === 'calendar' && months === 1) return null
  const day = kind === 'anchored' ? Number((anchor ?? '').slice(8)) : 1
  return { months, rule: { kind: 'rolling', length, timeZone, evaluateAt: { months: 1, day } } }
}

/** A learner's one key is the learner. */
export function keyOf(learner: string, key: string): string {
  return key === 'learner' ? learner : `${learner}|${key}`
}
