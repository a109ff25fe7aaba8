/** `POST /simulations`: a draft policy over the past, with its price and the window advisor (F7, D11). Writes nothing. */
import { z } from 'zod'
import { ACCORD_WINDOWS, adviseWindows, type WindowOption } from '../../metering/advisor.ts'
import { judge, neededBy, termAt } from '../../metering/judge.ts'
import type { Policy } from '../../metering/policy.ts'
import { costOf, type WindowCost } from '../../metering/price.ts'
import { recount } from '../../metering/recount.ts'
import { type PolicyVersion, windowsBefore } from '../../metering/windows.ts'
import { instantOf, isTimestamp } from '../../xapi/formats.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { parsePolicy } from '../counting/policies.ts'
import { circumstancesOf, deriveHistory } from '../counting/recount.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt, Refusal } from '../refusal.ts'

const REQUIREMENT = 'POST /simulations, counting.md F7'
/** Learners one request replays: each history is read and derived while the caller waits. */
const MOST_LEARNERS = 20_000
const PAGE = 1_000
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

/**
 * Replays every learner's history under the draft. Nothing is stored, and no count changes.
 * @throws Refusal `malformed`, `not-yet-available` (what cannot be counted yet), `too-large`
 */
export async function simulate(lrs: Lrs, caller: Caller, input: unknown): Promise<SimulationView> {
  demand(caller, 'read reports')
  const given = parseInput(simulation, input, REQUIREMENT)
  const policy = parsePolicy(given.policy, '$.policy')
  const options = optionsOf(policy)
  const drafts = [policy, ...options.map((option) => withWindow(policy, option))].map(draftOf)
  const { learners, counts } = await replay(lrs, caller, drafts)
  const now = lrs.clock.now()
  const range = { from: given.from ?? Number.MIN_SAFE_INTEGER, to: Math.min(given.to ?? now, now) }
  if (range.from >= range.to) throw malformedAt('$.from', 'must be in the past', REQUIREMENT)
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

function draftOf(policy: Policy): PolicyVersion {
  return { policy, version: 1, effectiveFrom: null }
}

/** Counted keys by window start, ms. */
type Counts = ReadonlyMap<number, number>

async function replay(
  lrs: Lrs,
  { tenant }: Caller,
  drafts: readonly PolicyVersion[],
): Promise<{ readonly learners: number; readonly counts: readonly Counts[] }> {
  const counts = drafts.map(() => new Map<number, number>())
  let learners = 0
  let cursor: string | undefined
  do {
    const page = await lrs.stores.metering.learners(tenant, {
      limit: PAGE,
      ...(cursor === undefined ? {} : { cursor }),
    })
    learners += page.items.length
    if (learners > MOST_LEARNERS)
      throw new Refusal('too-large', `a simulation replays ${MOST_LEARNERS} learners at most`)
    for (const { id } of page.items) await addLearner(lrs, tenant, id, drafts, counts)
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return { learners, counts }
}

async function addLearner(
  lrs: Lrs,
  tenant: string,
  learner: string,
  drafts: readonly PolicyVersion[],
  counts: readonly Map<number, number>[],
): Promise<void> {
  const history = await lrs.stores.metering.history(tenant, learner)
  if (!history || history.facts.length === 0) return
  const { classified } = await deriveHistory(lrs, history)
  // What is left of purged evidence is kept for the policies there were then, and no window of a draft was ever closed.
  const circumstances = { ...circumstancesOf(lrs, history, []), tombstones: [] }
  for (const [index, draft] of drafts.entries()) {
    const of = counts[index] as Map<number, number>
    for (const { counted } of recount(classified, [draft], circumstances))
      for (const { windowStart } of counted) of.set(windowStart, (of.get(windowStart) ?? 0) + 1)
  }
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
