/** `POST /forecasts`: the open window's end, and what a planned roll-out would add (F5, F6). Stores nothing, counts nobody. */
import { z } from 'zod'
import type { Window } from '../../metering/count.ts'
import { type Forecast, forecastOf, type Model } from '../../metering/forecast/forecast.ts'
import { type Rollout, type RolloutEffect, rolloutEffect } from '../../metering/forecast/rollout.ts'
import { judge } from '../../metering/judge.ts'
import type { Policy } from '../../metering/policy.ts'
import { windowAt } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { earlierCounts } from '../counting/judged-counts.ts'
import { type PolicyHistory, policyOf } from '../counting/policies.ts'
import { liveCount, versionOf } from '../counting/window-view.ts'
import { parseInput } from '../parse-input.ts'
import { Refusal } from '../refusal.ts'
import { forecastModel } from './forecast-model.ts'
import { plannedOf, type RolloutInput, rolloutInput, withinWindow } from './planned-rollouts.ts'

const REQUIREMENT = 'POST /forecasts, counting.md §6'
const text = z.string().min(1)

const request = z.strictObject({
  policy: text.optional(),
  rollouts: z.array(rolloutInput).max(100).default([]),
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
  readonly joinersExpected: number
  readonly rollouts: readonly RolloutView[]
  /** The same without the roll-outs; absent where none is planned. */
  readonly without?: Pick<ForecastView, 'median' | 'band' | 'probabilityOver'>
}

interface RolloutView {
  readonly people: number
  readonly alreadyCounted: number
  /** Learners it adds beside those expected anyway. */
  readonly added: number
  /** The share reckoned with by the end of the window, and whether somebody said so or it is the stated prior. */
  readonly rate: number
}

/**
 * @throws Refusal `malformed`, `not-found` (policy, learner), `conflict` (no window is open), `too-large`, `not-yet-available` (a rolling
 * window has no end)
 */
export async function readForecast(lrs: Lrs, caller: Caller, input: unknown): Promise<ForecastView> {
  demand(caller, 'read reports')
  const { policy: id, rollouts } = parseInput(request, input, REQUIREMENT)
  const history = await policyOf(lrs.stores, caller.tenant, id)
  const open = openWindow(history, lrs.clock.now())
  const { policy, recorded } = versionOf(history, open.version)
  const planned = await plannedOf(lrs, caller.tenant, policy, rollouts)
  const { at: through } = await lrs.stores.metering.computedThrough(caller.tenant)
  const count = await liveCount(lrs, caller.tenant, open)
  const model = await forecastModel(lrs, caller.tenant, history, {
    open,
    count,
    limit: policy.limit.included ?? null,
  })
  const over = await overFrom(lrs, caller.tenant, history, { policy, open })
  const effects = planned.map((one, index) =>
    withinWindow(one, rollouts[index] as RolloutInput, model.asOf, open),
  )
  const added = rolloutEffect(model.point, effects, (person) => model.standing.get(person))
  const forecast = forecastOf(model, over, added)
  const building = through < recorded
  const bare = rollouts.length > 0 ? forecastOf(model, over) : null
  return {
    policy: history.id,
    version: open.version,
    window: { id: open.id, start: iso(open.start), end: iso(open.end) },
    asOf: iso(model.asOf),
    computedThrough: iso(through),
    ...viewOf(forecast, building),
    limit: policy.limit.included ?? null,
    reachesLimitOn: reachedOn(model, building),
    joinersExpected: Math.round(model.point.joiners.mean),
    rollouts: added.map((effect, index) => rolloutView(effect, effects[index] as Rollout)),
    ...(bare && { without: withoutOf(viewOf(bare, building)) }),
  }
}

function openWindow({ id, versions }: PolicyHistory, now: number): Window {
  const open = windowAt(versions, now)
  if (!open) throw new Refusal('conflict', `no window of «${id}» is open now: nothing can be forecast`)
  const rule = versions.find(({ version }) => version === open.version)?.policy.window
  if (rule?.kind === 'rolling')
    throw new Refusal(
      'not-yet-available',
      'a rolling window has no end to forecast; its number moves with time',
    )
  return open
}

/** The least count that is over the limit, judged as the policy says; null without a limit. */
async function overFrom(
  lrs: Lrs,
  tenant: TenantId,
  history: PolicyHistory,
  { policy, open }: { readonly policy: Policy; readonly open: Window },
): Promise<number | null> {
  const { included } = policy.limit
  if (included === undefined) return null
  const earlier = await earlierCounts(lrs, tenant, history, { policy, open })
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

function viewOf(forecast: Forecast, building: boolean) {
  const { counted, bounds, pastErrors, accuracy, band } = forecast
  const state = building ? ('building' as const) : forecast.state
  const told = state === 'ready'
  return {
    state,
    text: textOf(forecast, building),
    counted,
    median: building ? null : forecast.median,
    band: told && band ? { ...band, holdsPct: 80 } : null,
    bounds: building ? { least: counted, most: null } : bounds,
    probabilityOver: building ? null : forecast.probabilityOver,
    pastErrors,
    accuracy: building ? null : accuracy,
  }
}

function textOf({ median, band, pastErrors }: Forecast, building: boolean): string {
  if (building) return 'The past is still being counted: ask again when the policy is ready.'
  if (band) return `About ${median} at the end; in 8 of 10 windows between ${band.low} and ${band.high}.`
  const { known, needed } = pastErrors
  return `Too little history: ${known} past windows could be checked, ${needed} are needed to say how far off this may be.`
}

function withoutOf({ median, band, probabilityOver }: ReturnType<typeof viewOf>) {
  return { median, band, probabilityOver }
}

function reachedOn({ crossing }: Model, building: boolean): string | null {
  return crossing === null || building ? null : (iso(crossing).split('T')[0] ?? null)
}

function rolloutView({ people, alreadyCounted, added }: RolloutEffect, { rate }: Rollout): RolloutView {
  return { people, alreadyCounted, added: Math.round(added), rate: Math.round(1_000 * rate) / 1_000 }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}
