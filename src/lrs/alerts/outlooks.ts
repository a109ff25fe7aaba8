/** The forecasts that alerts are judged by: made beside everything else, kept, and made again when they have grown old (F4, F5). */
import { forecastThresholds } from '../../metering/alert-levels.ts'
import type { Window } from '../../metering/count.ts'
import { forecastOf, type Model } from '../../metering/forecast/forecast.ts'
import { judge } from '../../metering/judge.ts'
import type { Policy } from '../../metering/policy.ts'
import { windowAt } from '../../metering/windows.ts'
import type { Outlook, TenantId } from '../../store/ports.ts'
import { earlierCounts } from '../counting/judged-counts.ts'
import { type PolicyHistory, policiesOf } from '../counting/policies.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { liveCount, versionOf } from '../counting/window-view.ts'
import { FRESH_MS, FRESH_TIMES, forecastModel } from '../planning/forecast-model.ts'
import { Refusal } from '../refusal.ts'
import type { Step } from '../studies/step.ts'

const DAY_MS = 86_400_000

interface Due {
  readonly tenant: TenantId
  readonly history: PolicyHistory
  readonly open: Window
  readonly count: number
}

export async function dueOutlooks(deps: RecountDeps): Promise<readonly Due[]> {
  const found: Due[] = []
  for (const { id: tenant } of await deps.stores.tenants.list()) {
    for (const history of await policiesOf(deps.stores, tenant)) {
      const open = await watchedWindow(deps, tenant, history)
      const count = open && (await liveCount(deps, tenant, open))
      if (open && count !== null && (await isDue(deps, tenant, open, count)))
        found.push({ tenant, history, open, count })
    }
  }
  return found
}

/**
 * The open window of a policy that alerts on its forecast; null as well while the past is being counted (ruling 18) or brought in
 * (ruling 37): what is forecast from half of a past says nothing.
 */
async function watchedWindow(
  { stores, clock }: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
): Promise<Window | null> {
  if (!history.stored.some(({ policy }) => forecastThresholds(policy).length > 0)) return null
  const open = windowAt(history.versions, clock.now())
  if (!open || forecastThresholds(versionOf(history, open.version).policy).length === 0) return null
  const { at, failing } = await stores.metering.computedThrough(tenant)
  if (versionOf(history, open.version).recorded > (failing?.others ?? at)) return null
  return (await stores.alerts.mutes(tenant)).length > 0 ? null : open
}

/** On another day, or when somebody was counted: then not before the last one has been paid for. */
async function isDue(
  { stores, clock }: RecountDeps,
  tenant: TenantId,
  open: Window,
  count: number,
): Promise<boolean> {
  const last = await stores.alerts.outlook(tenant, open)
  if (!last) return true
  const now = clock.now()
  if (Math.floor(now / DAY_MS) !== Math.floor(last.made / DAY_MS)) return true
  return last.count !== count && now - last.made >= Math.max(FRESH_MS, FRESH_TIMES * last.took)
}

/** Unless somebody else has made it meanwhile. @throws Interrupted */
export async function makeOutlook(deps: RecountDeps, due: Due, step: Step): Promise<void> {
  const { tenant, open, count } = due
  if (!(await isDue(deps, tenant, open, count))) return
  const started = performance.now()
  const made = await outlookOf(deps, due, step)
  if (made) await deps.stores.alerts.putOutlook(tenant, { ...made, took: performance.now() - started })
}

/** Null where nothing can be forecast: too many are counted. */
async function outlookOf(
  deps: RecountDeps,
  { tenant, history, open, count }: Due,
  step: Step,
): Promise<Omit<Outlook, 'took'> | null> {
  const { policy } = versionOf(history, open.version)
  const asked = { open, count, limit: policy.limit.included ?? null }
  const known = await forecastModel(deps, tenant, history, asked, step).catch((error) => {
    if (error instanceof Refusal) return null
    throw error
  })
  if (!known) return null
  const { model, calibration } = known
  const { state, median, band } = forecastOf(model, null)
  const numberFor = await numbersOf(deps, tenant, history, { policy, open, active: model.point.counted })
  return {
    ...{ policy: open.policy, version: open.version, start: open.start },
    ...{ made: deps.clock.now(), count, state, median, band, calibration },
    chances: state === 'ready' ? chancesOf(model, policy, numberFor) : [],
  }
}

function chancesOf(
  model: Model,
  policy: Policy,
  numberFor: (threshold: number) => number,
): Outlook['chances'] {
  return forecastThresholds(policy).map((threshold) => [
    threshold,
    forecastOf(model, numberFor(threshold)).probabilityOver ?? 0,
  ])
}

/** How many this window must end with for a level to be reached: less what other windows bring, as the policy judges. */
async function numbersOf(
  deps: RecountDeps,
  tenant: TenantId,
  history: PolicyHistory,
  { policy, open, active }: { readonly policy: Policy; readonly open: Window; readonly active: number },
): Promise<(threshold: number) => number> {
  const { included } = policy.limit
  if (included === undefined) return (threshold) => threshold
  const earlier = await earlierCounts(deps, tenant, history, { policy, open })
  const { sum, limits } = judge(policy, included, { active, ...earlier })
  return (threshold) => threshold * limits - (sum - active)
}
