/** A window as it is shown: its state, its count, and once it is closed both numbers, never one for the other (counting §4.5). */
import { dueAt, statusOf, type WindowStatus } from '../metering/closing.ts'
import type { Window } from '../metering/count.ts'
import type { AdjustmentSums, Closing, StoredPolicy, TenantId } from '../store/ports.ts'
import type { Lrs } from './context.ts'
import type { PolicyHistory } from './policies.ts'

export interface WindowView {
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: string
  readonly end: string
  readonly timeZone: string
  readonly status: WindowStatus
  /** When it closes by itself; null when it never does (Q22a). */
  readonly closes: string | null
  /** The length of its counted list: the closed count once it is closed. */
  readonly activeLearners: number
  /** Null until it is closed. */
  readonly closedCount: number | null
  readonly closedAt: string | null
  /** Closed count and everything found out later; the live count until it is closed. */
  readonly asKnownToday: number
  readonly adjustments: AdjustmentSums
  /** Closed count with automatic and manual adjustments: what is left to be billed after corrections. Null until it is closed. */
  readonly adjustedCount: number | null
}

const NONE: AdjustmentSums = { automatic: 0, purged: 0, manual: 0 }

/** Views of windows of one policy. @param closings of the tenant */
export async function windowViews(
  lrs: Lrs,
  tenant: TenantId,
  policy: PolicyHistory,
  windows: readonly Window[],
): Promise<readonly WindowView[]> {
  const closings = await lrs.stores.snapshots.closings(tenant)
  const closingOf = ({ id }: Window) => closings.find(({ window }) => window === id) ?? null
  return Promise.all(windows.map((window) => viewOf(lrs, tenant, policy, window, closingOf(window))))
}

export async function windowView(
  lrs: Lrs,
  tenant: TenantId,
  policy: PolicyHistory,
  window: Window,
): Promise<WindowView> {
  const snapshot = await lrs.stores.snapshots.byWindow(tenant, window)
  return viewOf(lrs, tenant, policy, window, snapshot)
}

async function viewOf(
  { stores, clock }: Lrs,
  tenant: TenantId,
  history: PolicyHistory,
  window: Window,
  closing: Pick<Closing, 'count' | 'closed'> | null,
): Promise<WindowView> {
  const { policy, recorded } = versionOf(history, window.version)
  const now = clock.now()
  const ended = now >= window.end
  const requested = !closing && ended && (await stores.snapshots.requestOf(tenant, window)) !== null
  const status = statusOf(window, policy, { recorded, sealed: closing !== null, requested, now })
  const sums = closing ? await stores.adjustments.sums(tenant, window) : NONE
  const active = closing?.count ?? (await stores.metering.countOf(tenant, window))
  return {
    id: window.id,
    policy: window.policy,
    version: window.version,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    timeZone: policy.window.timeZone,
    status,
    closes: status === 'historical' ? null : new Date(dueAt(window, policy)).toISOString(),
    activeLearners: active,
    closedCount: closing?.count ?? null,
    closedAt: closing && new Date(closing.closed).toISOString(),
    asKnownToday: active + sums.automatic,
    adjustments: sums,
    adjustedCount: closing && closing.count + sums.automatic + sums.manual,
  }
}

export function versionOf(history: PolicyHistory, version: number): StoredPolicy {
  return history.stored.find((stored) => stored.version === version) as StoredPolicy
}
