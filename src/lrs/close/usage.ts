/** Usage of closed windows for billing: one value for each, under a key that names the window (counting §4.6). */
import type { SealContent } from '../../evidence/seal.ts'
import type { Closing, Snapshot } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { policyOf } from '../counting/policies.ts'

export interface UsageRow {
  /** `tenant/policy/windowStart`: who takes a row twice under it bills it once. */
  readonly idempotencyKey: string
  readonly policy: string
  readonly version: number
  readonly window: string
  readonly start: string
  readonly end: string
  readonly timeZone: string
  readonly closedAt: string
  readonly closedCount: number
  readonly automatic: number
  readonly purged: number
  readonly manual: number
  readonly asKnownToday: number
  readonly adjustedCount: number
  readonly limit: number | null
  readonly over: number | null
  readonly surchargePct: number
  /** Root over the counted rows. */
  readonly root: string
}

/** As Stripe takes meter events: one last value for each window, at its close. */
export interface MeterEvent {
  readonly event_name: 'active_learners'
  readonly identifier: string
  /** Seconds since the epoch. */
  readonly timestamp: number
  readonly payload: { readonly stripe_customer_id: string; readonly value: string }
}

/** Every closed window of a policy, oldest first. */
export async function listUsage(
  lrs: Lrs,
  caller: Caller,
  policyId: string | undefined,
): Promise<readonly UsageRow[]> {
  demand(caller, 'read reports')
  const { id } = await policyOf(lrs.stores, caller.tenant, policyId, 'GET /usage')
  const closings = (await lrs.stores.snapshots.closings(caller.tenant)).filter(({ policy }) => policy === id)
  const rows: UsageRow[] = []
  for (const closing of closings.sort((a, b) => a.start - b.start)) {
    const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, closing)
    if (snapshot) rows.push(await usageRow(lrs, caller, closing, snapshot))
  }
  return rows
}

async function usageRow(
  { stores }: Lrs,
  { tenant }: Caller,
  closing: Closing,
  { content }: Snapshot,
): Promise<UsageRow> {
  const sealed = JSON.parse(content) as SealContent
  const sums = await stores.adjustments.sums(tenant, closing)
  const { policy, version, window, count } = closing
  return {
    idempotencyKey: `${tenant}/${policy}/${sealed.start}`,
    policy,
    version,
    window,
    start: sealed.start,
    end: sealed.end,
    timeZone: sealed.timeZone,
    closedAt: sealed.closedAt,
    closedCount: count,
    ...sums,
    asKnownToday: count + sums.automatic,
    adjustedCount: count + sums.automatic + sums.manual,
    limit: sealed.limit,
    over: sealed.over,
    surchargePct: sealed.surchargePct,
    root: sealed.root,
  }
}

/** @param rows of `listUsage`. The closed count is what is sent: corrections are credited, never sent again. */
export async function meterEvents(
  { stores }: Lrs,
  { tenant }: Caller,
  rows: readonly UsageRow[],
): Promise<readonly MeterEvent[]> {
  const customer = (await stores.tenants.list()).find(({ id }) => id === tenant)?.slug ?? tenant
  return rows.map(({ idempotencyKey, closedAt, closedCount }) => ({
    event_name: 'active_learners',
    identifier: idempotencyKey,
    timestamp: Math.floor(Date.parse(closedAt) / 1000),
    payload: { stripe_customer_id: customer, value: String(closedCount) },
  }))
}
