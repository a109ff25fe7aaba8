/** A window as it is shown: its state, its count, and once it is closed both numbers, never one for the other (counting §4.5). */
import { dueAt, statusOf, type WindowStatus } from '../../metering/closing.ts'
import type { Window } from '../../metering/count.ts'
import type { AdjustmentSums, Closing, StoredPolicy, TenantId, WindowRef } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
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

/** Under which start the store keeps a window's rows. */
export function refOf({ policy, version, start, row = start }: Window): WindowRef {
  return { policy, version, start: row }
}

/** Rows of a live window lie under one name for all time: only those from its start on are in it now. */
export function sinceOf({ row, start }: Window): { readonly since?: number } {
  return row === undefined ? {} : { since: start }
}

/** Its live count, read from totals. */
export function liveCount(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  window: Window,
): Promise<number> {
  return window.row === undefined
    ? stores.metering.countOf(tenant, window)
    : stores.metering.countSince(tenant, refOf(window), window.start)
}

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
  const snapshot = window.row === undefined ? await lrs.stores.snapshots.byWindow(tenant, window) : null
  return viewOf(lrs, tenant, policy, window, snapshot)
}

async function viewOf(
  lrs: Lrs,
  tenant: TenantId,
  history: PolicyHistory,
  window: Window,
  closing: Pick<Closing, 'count' | 'closed'> | null,
): Promise<WindowView> {
  const { policy, recorded } = versionOf(history, window.version)
  const { stores, clock } = lrs
  const now = clock.now()
  const waits = closing === null && window.row === undefined && now >= window.end
  const requested = waits && (await stores.snapshots.requestOf(tenant, window)) !== null
  const status = statusOf(window, policy, { recorded, sealed: closing !== null, requested, now })
  const sums = closing ? await stores.adjustments.sums(tenant, window) : NONE
  const active = closing?.count ?? (await liveCount(lrs, tenant, window))
  return {
    id: window.id,
    policy: window.policy,
    version: window.version,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    timeZone: policy.window.timeZone,
    status,
    closes:
      status === 'historical' || status === 'live' ? null : new Date(dueAt(window, policy)).toISOString(),
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
