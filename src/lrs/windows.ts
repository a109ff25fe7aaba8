/** Windows of a policy with their live counts, and the licence view of the current one. */
import type { Window } from '../metering/count.ts'
import { licenceFigures } from '../metering/licence.ts'
import { windowAt, windowById, windowsBefore } from '../metering/windows.ts'
import type { Page, PageRequest, StoredPolicy } from '../store/ports.ts'
import { type Caller, demand } from './access.ts'
import type { Lrs } from './context.ts'
import { openCursor, sealCursor } from './cursor.ts'
import { type PolicyHistory, policiesOf, policyOf } from './policies.ts'
import { Refusal } from './refusal.ts'

export interface WindowView {
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: string
  readonly end: string
  readonly timeZone: string
  /** `historical`: ended before the policy was made, counted live, never sealed (Q22a). */
  readonly status: 'open' | 'ended' | 'historical' | 'future'
  readonly activeLearners: number
}

/** How far back a list goes when nobody says `from`. */
const YEARS_BACK = 3

/** Newest first. `from` and `to` in ms; default: the last three years up to now. */
export interface WindowSelection extends PageRequest {
  readonly policy: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
}

/** One page of a policy's windows. Only its own windows are worked out: any range costs the same. */
export async function listWindows(
  lrs: Lrs,
  caller: Caller,
  { policy, limit, cursor, ...range }: WindowSelection,
): Promise<Page<WindowView>> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policy)
  // A key of its own: the continuation of another list is none of this one.
  const key = `${lrs.keys.cursors}|windows`
  const given = cursor === undefined ? null : openCursor(cursor, caller, key)
  const last = given?.upTo ?? range.to ?? lrs.clock.now()
  const from = range.from ?? last - YEARS_BACK * 366 * 86_400_000
  const windows = windowsBefore(history.versions, { from, to: given?.after ?? last }, limit + 1)
  const shown = windows.slice(0, limit)
  const after = windows.length > limit ? shown.at(-1)?.start : undefined
  return {
    items: await Promise.all(shown.map((window) => windowView(lrs, caller, history, window))),
    next: after === undefined ? null : sealCursor({ after, upTo: last }, caller, key),
  }
}

export async function readWindow(lrs: Lrs, caller: Caller, id: string): Promise<WindowView> {
  demand(caller, 'read reports')
  const { history, window } = await findWindow(lrs, caller, id)
  return windowView(lrs, caller, history, window)
}

/** @throws Refusal `not-found` */
export async function findWindow(
  lrs: Lrs,
  caller: Caller,
  id: string,
): Promise<{ history: PolicyHistory; window: Window }> {
  for (const history of await policiesOf(lrs.stores, caller.tenant)) {
    const window = windowById(history.versions, id)
    if (window) return { history, window }
  }
  throw new Refusal('not-found', `there is no window «${id}»`)
}

async function windowView(
  lrs: Lrs,
  caller: Caller,
  history: PolicyHistory,
  window: Window,
): Promise<WindowView> {
  const { policy, recorded } = versionOf(history, window.version)
  return {
    id: window.id,
    policy: window.policy,
    version: window.version,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    timeZone: policy.window.timeZone,
    status: statusOf(window, recorded, lrs.clock.now()),
    activeLearners: await lrs.stores.metering.countOf(caller.tenant, window),
  }
}

function statusOf(window: Window, recorded: number, now: number): WindowView['status'] {
  if (now < window.start) return 'future'
  if (now < window.end) return 'open'
  return window.end <= recorded ? 'historical' : 'ended'
}

function versionOf(history: PolicyHistory, version: number): StoredPolicy {
  return history.stored.find((stored) => stored.version === version) as StoredPolicy
}

export interface LicenceView {
  readonly policy: string
  readonly version: number
  /** Null while no window is open, e.g. before the anchor. */
  readonly window: Omit<WindowView, 'activeLearners' | 'policy' | 'version'> | null
  readonly totalLearners: number
  readonly activeLearners: number
  readonly limit: number | null
  readonly remaining: number | null
  readonly over: number | null
  readonly percent: number | null
  readonly surchargePct: number
  readonly alerts: readonly { readonly at: string; readonly reached: boolean }[]
  readonly state: 'building' | 'ready'
  /** No statement stored up to then is missing from the count. */
  readonly computedThrough: string
  /** What holds `computedThrough` back; null when nothing does. */
  readonly behind: string | null
}

/** License Key & Details (A18, F13): read from totals, never from statements. */
export async function readLicence(
  lrs: Lrs,
  caller: Caller,
  policyId: string | undefined,
): Promise<LicenceView> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policyId)
  const through = await lrs.stores.metering.computedThrough(caller.tenant)
  const open = windowAt(history.versions, lrs.clock.now())
  const view = open ? await windowView(lrs, caller, history, open) : null
  const stored = open ? versionOf(history, open.version) : (history.stored.at(-1) as StoredPolicy)
  const total = await lrs.stores.metering.totalLearners(caller.tenant, history.id)
  const active = view?.activeLearners ?? 0
  return {
    policy: history.id,
    version: stored.version,
    window: view && {
      id: view.id,
      start: view.start,
      end: view.end,
      timeZone: view.timeZone,
      status: view.status,
    },
    totalLearners: total,
    activeLearners: active,
    ...licenceFigures({ policy: stored.policy, active, total }),
    state: through.at < stored.recorded ? 'building' : 'ready',
    computedThrough: new Date(through.at).toISOString(),
    behind: through.behind,
  }
}
