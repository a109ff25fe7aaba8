/** Finds levels that are reached and puts their alerts into the outbox, each once (A20, Q26, F4; rulings 18, 37). */
import { type AlertLevel, alertId, forecastLevels, forecastThresholds } from '../../metering/alert-levels.ts'
import { statusOf } from '../../metering/closing.ts'
import type { Window } from '../../metering/count.ts'
import { licenceFigures } from '../../metering/licence.ts'
import type { Policy } from '../../metering/policy.ts'
import { liveWindow, windowsBefore } from '../../metering/windows.ts'
import type { Alert, AlertForecast, Mute, StoredPolicy, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { earlierCounts } from '../counting/judged-counts.ts'
import { type PolicyHistory, policiesOf } from '../counting/policies.ts'
import { liveCount, versionOf } from '../counting/window-view.ts'

export type RaiseDeps = Pick<Lrs, 'stores' | 'clock'>

/** A forecast that is older says nothing any more, ms: it is made every day. */
const OUTLOOK_MS = 2 * 86_400_000

/** Windows of one policy that may still collect statements: the open one and those in their grace, at most. */
const WATCHED = 100

/** @returns how many are to be sent */
export async function raiseAlerts(deps: RaiseDeps): Promise<number> {
  let pending = 0
  for (const { id } of await deps.stores.tenants.list()) pending += await raiseOfTenant(deps, id)
  return pending
}

async function raiseOfTenant(deps: RaiseDeps, tenant: TenantId): Promise<number> {
  const { alerts, metering } = deps.stores
  const histories = (await policiesOf(deps.stores, tenant)).filter(({ stored }) =>
    stored.some(({ policy }) => policy.alerts.length > 0),
  )
  if (histories.length === 0 && (await alerts.mutes(tenant)).length === 0) return 0
  const { at, failing } = await metering.computedThrough(tenant)
  // Somebody who cannot be counted is shown elsewhere, and silences nobody's alerts.
  const through = failing?.others ?? at
  const found: Found[] = []
  for (const history of histories) {
    for (const window of watched(history, deps.clock.now())) {
      // Ruling 18: while the policy is building its counts are no counts.
      if (versionOf(history, window.version).recorded <= through)
        found.push(...(await reachedIn(deps, tenant, history, window)))
    }
  }
  // After the counts: what an import has brought into them, its mute is there for.
  const mutes = await alerts.mutes(tenant)
  let pending = 0
  for (const one of found) pending += await putOut(deps, tenant, one, mutes.length > 0)
  // What it brought is in the counts just looked at.
  await endMutes(deps, tenant, mutes, through)
  return pending
}

async function endMutes(
  { stores: { alerts } }: RaiseDeps,
  tenant: TenantId,
  mutes: readonly Mute[],
  through: number,
): Promise<void> {
  for (const mute of mutes) if (mute.until <= through) await alerts.unmute(tenant, mute)
}

/** Open windows and those in their grace; never historical ones (ruling 18). Rolling windows are judged by the live number. */
function watched(history: PolicyHistory, now: number): readonly Window[] {
  const grace = Math.max(...history.stored.map(({ policy }) => policy.close.graceHours)) * 3_600_000
  const windows = windowsBefore(history.versions, { from: now - grace, to: now + 1 }, WATCHED)
  return windows.filter((window) => {
    const { policy, recorded } = versionOf(history, window.version)
    const status = statusOf(window, policy, { recorded, sealed: false, requested: false, now })
    return status === 'open' || (status === 'grace' && policy.window.kind !== 'rolling')
  })
}

interface Found {
  readonly window: Window
  readonly stored: StoredPolicy
  readonly value: number
  readonly limit: number | null
  readonly level: AlertLevel
  readonly on: 'actual' | 'forecast'
  /** Of levels on the forecast. */
  readonly forecast?: AlertForecast
  /** In rising order within its window. */
  readonly rank: number
  /** Of its level and window, as far as they are there. */
  readonly there: readonly Alert[]
}

async function reachedIn(
  deps: RaiseDeps,
  tenant: TenantId,
  history: PolicyHistory,
  window: Window,
): Promise<readonly Found[]> {
  const { stores, clock } = deps
  const stored = versionOf(history, window.version)
  const { policy } = stored
  const now = clock.now()
  if (policy.alerts.length === 0) return []
  if (window.end <= now && (await stores.snapshots.byWindow(tenant, window))) return []
  const judged = liveWindow(stored, now) ?? window
  const active = await liveCount(deps, tenant, judged)
  const earlier = await earlierCounts(deps, tenant, history, { policy, open: judged })
  const figures = licenceFigures({ policy, active, total: active, ...earlier })
  const levels = [
    ...figures.alerts.map((level) => ({ level, on: 'actual' as const })),
    ...(await forecastOnes(deps, tenant, policy, window)),
  ]
  const there = await stores.alerts.ofWindow(tenant, window)
  const { limit } = figures
  const value = figures.judged?.value ?? active
  return levels
    .map((one, rank) => {
      const mine = there.filter(({ level, on }) => level === one.level.at && on === one.on)
      return { ...one, window, stored, value, limit, rank, there: mine }
    })
    .filter(({ level, there: begun }) => level.reached || begun.length > 0)
}

/** Judged by the forecast that was made last; none is reached before there is one, or with too little history. */
async function forecastOnes(
  { stores, clock }: RaiseDeps,
  tenant: TenantId,
  policy: Policy,
  window: Window,
): Promise<readonly Pick<Found, 'level' | 'on' | 'forecast'>[]> {
  if (forecastThresholds(policy).length === 0) return []
  const now = clock.now()
  const last = window.end > now ? await stores.alerts.outlook(tenant, window) : null
  const outlook = last && now - last.made < OUTLOOK_MS ? last : null
  const chances = new Map(outlook?.chances)
  return forecastLevels(policy, (threshold) => chances.get(threshold) ?? 0).map((level) => {
    if (!outlook || level.threshold === null) return { level, on: 'forecast' }
    const { made, median, band, calibration } = outlook
    const chance = chances.get(level.threshold) ?? 0
    return { level, on: 'forecast', forecast: { made, median, band, calibration, chance } }
  })
}

/** What a crash left half is made whole as it was begun. @returns how many are to be sent */
async function putOut(
  { stores, clock }: RaiseDeps,
  tenant: TenantId,
  found: Found,
  isMuted: boolean,
): Promise<number> {
  const { level, there, on } = found
  // A forecast from half of an import is none: it is judged again when the import is counted.
  if (isMuted && on === 'forecast' && there.length === 0) return 0
  const known = new Set(there.map(({ recipient }) => recipient))
  const muted = there.length > 0 ? there.some(({ state }) => state === 'muted') : isMuted
  const recipients = level.to.length > 0 ? level.to : ['']
  const raised = clock.now()
  let pending = 0
  for (const recipient of recipients.filter((one) => !known.has(one))) {
    const alert = alertOf(tenant, found, { recipient, raised, muted })
    const outcome = await stores.alerts.raise(alert)
    if (outcome === 'raised' && alert.due !== null) pending += 1
  }
  return pending
}

function alertOf(
  tenant: TenantId,
  { window, stored, value, limit, level, on, rank, there, forecast = there[0]?.forecast }: Found,
  { recipient, raised, muted }: Pick<Alert, 'recipient' | 'raised'> & { readonly muted: boolean },
): Alert {
  const { policy, version, start, end } = window
  const unmuted = recipient === '' ? 'unaddressed' : 'pending'
  const state = muted ? 'muted' : unmuted
  return {
    ...{ tenant, policy, version, start, end, on, recipient, value, limit, raised, state },
    id: alertId({ policy, version, start, on, level: level.at, recipient }),
    window: window.id,
    timeZone: stored.policy.window.timeZone,
    level: level.at,
    ...(forecast && { forecast }),
    // Levels of one moment go out in rising order (F4).
    due: state === 'pending' ? raised + rank : null,
    tries: [],
  }
}
