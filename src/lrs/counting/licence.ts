/** The licence view of the current window. */
import type { Window } from '../../metering/count.ts'
import { daysLeft } from '../../metering/dates.ts'
import { type LicenceFigures, licenceFigures } from '../../metering/licence.ts'
import { liveWindow, type PolicyVersion, reignOf, windowAt, windowsBefore } from '../../metering/windows.ts'
import type { StoredPolicy } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import { raisedIn } from '../alerts/log.ts'
import { type OutlookView, outlookView } from '../alerts/outlook-view.ts'
import type { Lrs } from '../context.ts'
import { earlierCounts, totalOf } from './judged-counts.ts'
import { type PolicyHistory, policyOf } from './policies.ts'
import { versionOf, type WindowView, windowView, windowViews } from './window-view.ts'

/** The last windows of a policy whose windows are long: as far back as anybody looks. */
const YEARS_BACK = 30

/** The window that matters now: the open one, or of a rolling policy the length up to now; null before the anchor. */
function currentWindow(versions: readonly PolicyVersion[], now: number): Window | null {
  const index = versions.findLastIndex((_, version) => now >= reignOf(versions, version).from)
  const version = versions[index]
  return (version && liveWindow(version, now)) ?? windowAt(versions, now)
}

export interface LicenceView {
  readonly policy: string
  readonly version: number
  /** Null while no window is open, e.g. before the anchor. */
  readonly window: Pick<WindowView, 'id' | 'start' | 'end' | 'timeZone' | 'status' | 'closes'> | null
  /** Learners who ever qualified (ruling 9); keys, where the policy counts several keys of a learner (`unit`). */
  readonly totalLearners: number
  readonly activeLearners: number
  /** What is counted: `learner`, or what tells a learner's keys apart as well (ruling 7). */
  readonly unit: readonly string[]
  readonly judged: LicenceFigures['judged']
  readonly block: boolean
  readonly limit: number | null
  readonly remaining: number | null
  readonly over: number | null
  readonly percent: number | null
  readonly surchargePct: number
  /** `raised`: when the level alerted in this window, whoever was told (GET /alerts); null if it has not. */
  readonly alerts: readonly {
    readonly at: string
    readonly threshold: number | null
    readonly reached: boolean
    readonly to: readonly string[]
    readonly raised: string | null
  }[]
  /** Of levels on the forecast, where the policy has any. */
  readonly outlook: OutlookView | null
  /** Days the window still has in the policy's zone, today included; null while none is open. */
  readonly daysLeft: number | null
  /** The windows before, newest first: closed count and as known today are two numbers (counting §4.5). */
  readonly lastWindows: readonly LastWindow[]
  readonly state: 'building' | 'ready'
  /** No statement stored up to then is missing from the count. */
  readonly computedThrough: string
  /** What holds `computedThrough` back; null when nothing does. */
  readonly behind: string | null
}

export type LastWindow = Pick<
  WindowView,
  'id' | 'start' | 'end' | 'status' | 'activeLearners' | 'closedCount' | 'asKnownToday'
>

const LAST = 3

/** The windows that have ended, newest first (F13). */
async function lastWindows(lrs: Lrs, caller: Caller, history: PolicyHistory): Promise<readonly LastWindow[]> {
  const now = lrs.clock.now()
  const range = { from: now - YEARS_BACK * 366 * 86_400_000, to: now }
  const ended = windowsBefore(history.versions, range, LAST + 1).filter(({ end }) => end <= now)
  const views = await windowViews(lrs, caller.tenant, history, ended.slice(0, LAST))
  return views.map(({ id, start, end, status, activeLearners, closedCount, asKnownToday }) => ({
    id,
    start,
    end,
    status,
    activeLearners,
    closedCount,
    asKnownToday,
  }))
}

/** License Key & Details (A18, F13): read from totals, never from statements. */
export async function readLicence(
  lrs: Lrs,
  caller: Caller,
  policyId: string | undefined,
): Promise<LicenceView> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policyId, 'GET /licence')
  const through = await lrs.stores.metering.computedThrough(caller.tenant)
  const open = currentWindow(history.versions, lrs.clock.now())
  const view = open ? await windowView(lrs, caller.tenant, history, open) : null
  const stored = open ? versionOf(history, open.version) : (history.stored.at(-1) as StoredPolicy)
  const total = await totalOf(lrs, caller.tenant, stored)
  const active = view?.activeLearners ?? 0
  const figures = licenceFigures({
    policy: stored.policy,
    active,
    total,
    ...(open && (await earlierCounts(lrs, caller.tenant, history, { policy: stored.policy, open }))),
  })
  // Of a rolling policy the live number alerts once until it is evaluated next.
  const alerting = windowAt(history.versions, lrs.clock.now())
  const raised = alerting && (await raisedIn(lrs, caller.tenant, alerting))
  return {
    policy: history.id,
    version: stored.version,
    window: view && {
      id: view.id,
      start: view.start,
      end: view.end,
      timeZone: view.timeZone,
      status: view.status,
      closes: view.closes,
    },
    totalLearners: total,
    activeLearners: active,
    unit: stored.policy.unique.by,
    ...figures,
    alerts: figures.alerts.map((level) => ({ ...level, raised: raised?.get(level.at) ?? null })),
    outlook: await outlookView(lrs, caller.tenant, stored.policy, alerting),
    daysLeft:
      open && open.row === undefined ? daysLeft(open, stored.policy.window.timeZone, lrs.clock.now()) : null,
    lastWindows: await lastWindows(lrs, caller, history),
    state: through.at < stored.recorded ? 'building' : 'ready',
    computedThrough: new Date(through.at).toISOString(),
    behind: through.behind,
  }
}
