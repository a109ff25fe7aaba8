/** `POST /simulations`: a draft policy over the past, with its price and the window advisor (F7, D11). Writes nothing. */
import { z } from 'zod'
import { ACCORD_WINDOWS, adviseWindows, type WindowOption } from '../../metering/advisor.ts'
import type { CountedKey } from '../../metering/count.ts'
import { judge, neededBy, termAt } from '../../metering/judge.ts'
import type { Policy } from '../../metering/policy.ts'
import { costOf, type WindowCost } from '../../metering/price.ts'
import { type PolicyVersion, windowsBefore } from '../../metering/windows.ts'
import type { Study, TenantId } from '../../store/ports.ts'
import { instantOf, isTimestamp } from '../../xapi/formats.ts'
import type { Lrs } from '../context.ts'
import { parsePolicy } from '../counting/policies.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt } from '../refusal.ts'
import type { Step } from '../studies/step.ts'
import { draftOf, replay } from './replay.ts'

const REQUIREMENT = 'POST /simulations, counting.md F7'
/** Windows told, the newest. */
const MOST_WINDOWS = 400

const instant = z
  .string()
  .refine((given) => isTimestamp(given), 'must be an ISO 8601 timestamp')
  .transform((given) => instantOf(given))

const simulation = z
  .strictObject({
    policy: z.unknown(),
    from: instant.optional(),
    to: instant.optional(),
    /** What the limit costs in one window, before the surcharge. */
    baseFee: z
      .string()
      .regex(/^[0-9]{1,20}(\.[0-9]{1,8})?$/, 'must be a decimal number as text, e.g. "1000.00"')
      .optional(),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['to'],
    error: 'must be later than from',
  })

interface SimulatedWindow {
  readonly start: string
  readonly end: string
  readonly count: number
  /** False while the window has not ended, or is cut by `from` or `to`. */
  readonly whole: boolean
  readonly over: number | null
  readonly tolerated: boolean | null
  readonly cost: WindowCost | null
}

export interface SimulationView {
  readonly policy: string
  readonly learners: number
  readonly limit: number | null
  /** Ascending; from the first that counts anybody, unless `from` says otherwise. */
  readonly windows: readonly SimulatedWindow[]
  /** Accord's three windows with the same rules, cheapest first; null for rolling windows and those that tile a term. */
  readonly advice: ReturnType<typeof adviseWindows> | null
}

/** @throws Refusal `malformed`, `not-yet-available` (what cannot be counted yet) */
export async function checkSimulation(lrs: Lrs, _tenant: TenantId, input: unknown): Promise<void> {
  const given = parseInput(simulation, input, REQUIREMENT)
  parsePolicy(given.policy, '$.policy')
  rangeOf(given, lrs.clock.now())
}

/** JSON: what has been replayed so far. */
interface Carried {
  readonly position: string | null
  readonly learners: number
  /** Of each draft: window start, counted keys. */
  readonly counts: readonly (readonly (readonly [number, number])[])[]
}

/** Replays every learner's history under the draft, and under the windows it is compared with. Nothing is stored, and no count changes. */
export async function simulationFor(
  deps: RecountDeps,
  tenant: TenantId,
  { question, asked, carried }: Pick<Study, 'question' | 'asked' | 'carried'>,
  step: Step,
): Promise<SimulationView> {
  const given = parseInput(simulation, question, REQUIREMENT)
  const policy = parsePolicy(given.policy, '$.policy')
  const options = optionsOf(policy)
  const drafts = [policy, ...options.map((option) => withWindow(policy, option))].map(draftOf)
  const range = rangeOf(given, asked)
  const { learners, counts } = await countAll(deps, tenant, drafts, { asked, carried, step })
  const told = drafts.map((draft, index) => windowsOf(draft, counts[index] as Counts, range))
  const [first = []] = told
  const advised = options.map((option, index) => ({
    ...option,
    counts: (told[index + 1] ?? []).filter(({ whole }) => whole).map(({ count }) => count),
  }))
  const limit = policy.limit.included ?? null
  return {
    policy: policy.id,
    learners,
    limit,
    windows: first.map((window, index) =>
      viewOf(policy, first.slice(0, index), window, given.baseFee ?? null),
    ),
    advice: options.length === 0 ? null : adviseWindows(advised, limit),
  }
}

function rangeOf(
  given: { readonly from?: number | undefined; readonly to?: number | undefined },
  now: number,
): { readonly from: number; readonly to: number } {
  const range = { from: given.from ?? Number.MIN_SAFE_INTEGER, to: Math.min(given.to ?? now, now) }
  if (range.from >= range.to) throw malformedAt('$.from', 'must be in the past', REQUIREMENT)
  return range
}

/** The draft keeps everything but its length and surcharge. */
function optionsOf({ window }: Policy): readonly WindowOption[] {
  return window.kind === 'rolling' || window.within ? [] : ACCORD_WINDOWS
}

function withWindow(policy: Policy, { months, surchargePct }: WindowOption): Policy {
  return {
    ...policy,
    window: { ...policy.window, length: { months } },
    price: { ...policy.price, surchargePct },
  }
}

/** Counted keys by window start, ms. */
type Counts = Map<number, number>

async function countAll(
  deps: RecountDeps,
  tenant: TenantId,
  drafts: readonly PolicyVersion[],
  { asked, carried, step }: Pick<Study, 'asked' | 'carried'> & { readonly step: Step },
): Promise<{ readonly learners: number; readonly counts: readonly Counts[] }> {
  const before = carried as Carried | null
  const counts = drafts.map((_, index): Counts => new Map(before?.counts[index]))
  let learners = before?.learners ?? 0
  const from = { now: asked, position: before?.position ?? null }
  for await (const slice of replay(deps, tenant, drafts, from)) {
    for (const { counted } of slice.learners)
      for (const [index, keys] of counted.entries()) add(counts, index, keys)
    learners += slice.learners.length
    const next: Carried = { position: slice.position, learners, counts: counts.map((of) => [...of]) }
    if (slice.position !== null) await step({ done: learners, of: null, unit: 'learners' }, next)
  }
  return { learners, counts }
}

function add(counts: readonly Counts[], draft: number, keys: readonly CountedKey[]): void {
  const of = counts[draft] as Counts
  for (const { windowStart } of keys) of.set(windowStart, (of.get(windowStart) ?? 0) + 1)
}

interface CountedWindow {
  readonly start: number
  readonly end: number
  readonly count: number
  readonly whole: boolean
}

function windowsOf(
  draft: PolicyVersion,
  counts: Counts,
  { from, to }: { readonly from: number; readonly to: number },
): readonly CountedWindow[] {
  const first = [...counts.keys()].reduce((least, start) => Math.min(least, start), to)
  const windows = windowsBefore([draft], { from: Math.max(from, first), to }, MOST_WINDOWS)
  return windows.reverse().map(({ start, end }) => ({
    start,
    end,
    count: counts.get(start) ?? 0,
    whole: start >= from && end <= to,
  }))
}

/** @param earlier the windows before it, ascending */
function viewOf(
  policy: Policy,
  earlier: readonly CountedWindow[],
  { start, end, count, whole }: CountedWindow,
  baseFee: string | null,
): SimulatedWindow {
  const { included } = policy.limit
  const needed = neededBy(policy)
  const term = needed.ofTerm ? termAt(policy.window, start).start : Number.POSITIVE_INFINITY
  const countsOf = (windows: readonly CountedWindow[]) => windows.map((one) => one.count)
  const judged =
    included === undefined
      ? null
      : judge(policy, included, {
          active: count,
          before: needed.before === 0 ? [] : countsOf(earlier.slice(-needed.before).reverse()),
          ofTerm: countsOf(earlier.filter((one) => one.start >= term)),
        })
  return {
    start: new Date(start).toISOString(),
    end: new Date(end).toISOString(),
    count,
    whole,
    over: judged?.over ?? null,
    tolerated: judged?.tolerated ?? null,
    cost: costOf(policy, baseFee, judged?.over ?? null),
  }
}
