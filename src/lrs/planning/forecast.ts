/** `POST /forecasts`: the open window's end, and what a planned roll-out would add (F5, F6). Stores nothing, counts nobody. */
import { z } from 'zod'
import type { Window } from '../../metering/count.ts'
import { type Forecast, forecastOf, type Model } from '../../metering/forecast/forecast.ts'
import { type Rollout, type RolloutEffect, rolloutEffect } from '../../metering/forecast/rollout.ts'
import type { OptionEstimate } from '../../metering/forecast/window-options.ts'
import { judge } from '../../metering/judge.ts'
import type { Policy } from '../../metering/policy.ts'
import { liveWindow, windowAt } from '../../metering/windows.ts'
import type { StoredPolicy, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { earlierCounts } from '../counting/judged-counts.ts'
import { type PolicyHistory, policyOf } from '../counting/policies.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { liveCount, versionOf } from '../counting/window-view.ts'
import { parseInput } from '../parse-input.ts'
import { Refusal } from '../refusal.ts'
import type { Step } from '../studies/step.ts'
import { type Calibration, forecastModel, type KnownModel } from './forecast-model.ts'
import { plannedOf, type RolloutInput, rolloutInput, withinWindow } from './planned-rollouts.ts'
import { campaignOf, rolloutOptions } from './rollout-options.ts'

const REQUIREMENT = 'POST /forecasts, counting.md §6'
const text = z.string().min(1)
const amount = z
  .string()
  .regex(/^[0-9]{1,20}(\.[0-9]{1,8})?$/, 'must be a decimal number as text, e.g. "1000.00"')

const request = z.strictObject({
  policy: text.optional(),
  rollouts: z.array(rolloutInput).max(100).default([]),
  /** What a limit costs a year, ascending: asks for the roll-outs under other windows as well; may be empty. */
  prices: z
    .array(z.strictObject({ upTo: z.int().min(1), fee: amount }))
    .max(1_000)
    .refine(
      (prices) => prices.every(({ upTo }, at) => upTo > (prices[at - 1]?.upTo ?? 0)),
      'must be ascending by upTo',
    )
    .optional(),
})

export interface ForecastView {
  readonly policy: string
  readonly version: number
  readonly window: { readonly id: string; readonly start: string; readonly end: string }
  /** The counted rows as they were then. */
  readonly asOf: string
  /** No statement stored up to then is missing from the count. */
  readonly computedThrough: string
  /** `building`: the past is still being counted, and the numbers grow (ruling 18). */
  readonly state: 'building' | Forecast['state']
  readonly text: string
  readonly counted: number
  readonly median: number | null
  readonly band: { readonly low: number; readonly high: number; readonly holdsPct: number } | null
  readonly bounds: Forecast['bounds']
  readonly limit: number | null
  readonly probabilityOver: number | null
  /** The day on which the count is expected to reach the limit; null when it is not within the window. */
  readonly reachesLimitOn: string | null
  readonly pastErrors: Forecast['pastErrors']
  /** Of the same forecast in past windows, made as far into them as now. */
  readonly accuracy: Forecast['accuracy']
  /** What those past windows are: the policy's own, or windows as long that began in every month; null without a band. */
  readonly calibration: Calibration | null
  /** Of a rolling policy: the live number now. */
  readonly live?: number
  readonly joinersExpected: number
  readonly rollouts: readonly RolloutView[]
  /** The same without the roll-outs; absent where none is planned. */
  readonly without?: Pick<ForecastView, 'median' | 'band' | 'probabilityOver'>
  /** The roll-outs under windows of 12, 3 and 1 months, the cheapest first; null where windows roll or tile a term; absent without `prices`. */
  readonly options?: readonly OptionEstimate[] | null
}

interface RolloutView {
  readonly people: number
  readonly alreadyCounted: number
  /** Learners it adds beside those expected anyway. */
  readonly added: number
  /** The share reckoned with by the end of the window, and whether somebody said so or it is the stated prior. */
  readonly rate: number
}

/** @throws Refusal `malformed`, `not-found` (policy), `conflict` (no window is open) */
export async function checkForecast(lrs: Lrs, tenant: TenantId, input: unknown): Promise<void> {
  const { policy } = parseInput(request, input, REQUIREMENT)
  openWindow(await policyOf(lrs.stores, tenant, policy, REQUIREMENT), lrs.clock.now())
}

/** @throws Refusal as `checkForecast`, `malformed` (learner), `too-large`, `not-yet-available` (roll-outs where several keys count), Interrupted */
export async function forecastFor(
  deps: RecountDeps,
  tenant: TenantId,
  question: unknown,
  step: Step,
): Promise<ForecastView> {
  const { policy: id, rollouts, prices } = parseInput(request, question, REQUIREMENT)
  const history = await policyOf(deps.stores, tenant, id, REQUIREMENT)
  const open = openWindow(history, deps.clock.now())
  const stored = versionOf(history, open.version)
  const { policy } = stored
  const planned = await plannedOf(deps, tenant, policy, rollouts)
  const { at: through } = await deps.stores.metering.computedThrough(tenant)
  const { model, calibration } = await modelNow(deps, tenant, history, open, step)
  const over = await overFrom(deps, tenant, history, { policy, open })
  const effects = planned.map((one, index) =>
    withinWindow(one, rollouts[index] as RolloutInput, model.asOf, open),
  )
  const added = rolloutEffect(model.point, effects, (person) => model.standing.get(person))
  const forecast = forecastOf(model, over, added)
  const telling = {
    building: through < stored.recorded,
    calibration,
    rolling: isRolling(policy),
    end: open.end,
  }
  const campaigns = planned.map((people, index) =>
    campaignOf(people, rollouts[index] as RolloutInput, deps.clock.now()),
  )
  const bare = rollouts.length > 0 ? forecastOf(model, over) : null
  return {
    policy: history.id,
    version: open.version,
    window: { id: open.id, start: iso(open.start), end: iso(open.end) },
    asOf: iso(model.asOf),
    computedThrough: iso(through),
    ...viewOf(forecast, telling),
    ...(await liveNow(deps, tenant, stored)),
    limit: policy.limit.included ?? null,
    reachesLimitOn: reachedOn(model, telling),
    joinersExpected: Math.round(model.point.joiners.mean),
    rollouts: added.map((effect, index) => rolloutView(effect, effects[index] as Rollout)),
    ...(bare && { without: withoutOf(viewOf(bare, telling)) }),
    ...(prices && { options: await rolloutOptions(deps, tenant, { policy, campaigns, prices }, step) }),
  }
}

/** The window that is open, or, of a rolling policy, the one that is evaluated next: its end is what is forecast. */
function openWindow({ id, versions }: PolicyHistory, now: number): Window {
  const open = windowAt(versions, now)
  if (!open) throw new Refusal('conflict', `no window of «${id}» is open now: nothing can be forecast`)
  return open
}

async function modelNow(
  deps: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
  open: Window,
  step: Step,
): Promise<KnownModel> {
  const { policy } = versionOf(history, open.version)
  const count = await liveCount(deps, tenant, open)
  return forecastModel(deps, tenant, history, { open, count, limit: policy.limit.included ?? null }, step)
}

function isRolling({ window }: Policy): boolean {
  return window.kind === 'rolling'
}

/** Of a rolling policy the number that is compared with the limit now: it holds some who will have left by the evaluation. */
async function liveNow(
  deps: RecountDeps,
  tenant: TenantId,
  stored: StoredPolicy,
): Promise<{ readonly live?: number }> {
  const live = liveWindow(stored, deps.clock.now())
  return live ? { live: await liveCount(deps, tenant, live) } : {}
}

/** The least count that is over the limit, judged as the policy says; null without a limit. */
async function overFrom(
  deps: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
  { policy, open }: { readonly policy: Policy; readonly open: Window },
): Promise<number | null> {
  const { included } = policy.limit
  if (included === undefined) return null
  const earlier = await earlierCounts(deps, tenant, history, { policy, open })
  const isOver = (active: number) => judge(policy, included, { active, ...earlier }).over > 0
  let [within, over] = [-1, 1]
  while (!isOver(over)) over *= 2
  while (over - within > 1) {
    const middle = Math.floor((within + over) / 2)
    if (isOver(middle)) over = middle
    else within = middle
  }
  return over
}

interface Telling {
  readonly building: boolean
  readonly calibration: Calibration
  readonly rolling: boolean
  readonly end: number
}

function viewOf(forecast: Forecast, telling: Telling) {
  const { counted, bounds, pastErrors, accuracy, band } = forecast
  const { building, calibration } = telling
  const state = building ? ('building' as const) : forecast.state
  const told = state === 'ready'
  return {
    state,
    text: textOf(forecast, telling),
    counted,
    median: building ? null : forecast.median,
    band: told && band ? { ...band, holdsPct: 80 } : null,
    bounds: building ? { least: counted, most: null } : bounds,
    probabilityOver: building ? null : forecast.probabilityOver,
    pastErrors,
    accuracy: building ? null : accuracy,
    calibration: told ? calibration : null,
  }
}

function textOf({ median, band, pastErrors }: Forecast, telling: Telling): string {
  const { building, calibration, rolling, end } = telling
  if (building) return 'The past is still being counted: ask again when the policy is ready.'
  const { known, needed } = pastErrors
  if (!band)
    return `Too little history: ${known} past windows could be checked, ${needed} are needed to say how far off this may be.`
  const when = rolling ? `when the window is evaluated (${iso(end)})` : 'at the end'
  const number = `About ${median} ${when}; in 8 of 10 windows between ${band.low} and ${band.high}.`
  return calibration === 'windows'
    ? number
    : `${number} Checked on ${known} windows as long that began in every month: they overlap, so how far off this may be is less sure.`
}

function withoutOf({ median, band, probabilityOver }: ReturnType<typeof viewOf>) {
  return { median, band, probabilityOver }
}

/** The curve of a rolling window is not the live number, which also falls. */
function reachedOn({ crossing }: Model, { building, rolling }: Telling): string | null {
  return crossing === null || building || rolling ? null : (iso(crossing).split('T')[0] ?? null)
}

function rolloutView({ people, alreadyCounted, added }: RolloutEffect, { rate }: Rollout): RolloutView {
  return { people, alreadyCounted, added: Math.round(added), rate: Math.round(1_000 * rate) / 1_000 }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
