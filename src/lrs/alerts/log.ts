/** Alerts as they are shown: what was reached, who was told, and what came of it. */
import type { Alert, AlertForecast, AlertSelection, Page, TenantId, WindowRef } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'

export const ALERT_STATES = [
  'pending',
  'delivered',
  'failed',
  'kept',
  'unaddressed',
  'muted',
] as const satisfies readonly Alert['state'][]

export interface AlertView
  extends Pick<Alert, 'id' | 'version' | 'level' | 'on' | 'value' | 'limit' | 'state'> {
  /** Null of a test. */
  readonly policy: string | null
  readonly window: string | null
  /** Null when the level has no recipients. */
  readonly recipient: string | null
  readonly raised: string
  /** Of levels on the forecast: what they were judged by. */
  readonly forecast?: Omit<AlertForecast, 'made'> & { readonly made: string }
  /** When it is tried again; null unless it is to be sent. */
  readonly next: string | null
  readonly tries: readonly { readonly at: string; readonly error: string | null }[]
}

/** Which levels of a window have alerted, and when. */
export async function raisedIn(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  window: WindowRef,
): Promise<ReadonlyMap<string, string>> {
  const alerts = await stores.alerts.ofWindow(tenant, window)
  const newestFirst = alerts.filter(({ on }) => on === 'actual').sort((a, b) => b.raised - a.raised)
  return new Map(newestFirst.map(({ level, raised }) => [level, new Date(raised).toISOString()]))
}

/** Newest first, an item for each level and recipient. */
export async function listAlerts(
  lrs: Lrs,
  caller: Caller,
  selection: AlertSelection,
): Promise<Page<AlertView>> {
  demand(caller, 'read reports')
  const { items, next } = await lrs.stores.alerts.list(caller.tenant, selection)
  return { items: items.map(viewOf), next }
}

export function viewOf(alert: Alert): AlertView {
  const { id, policy, version, window, level, on, value, limit, state, recipient, raised, due } = alert
  const iso = (at: number) => new Date(at).toISOString()
  const { forecast } = alert
  return {
    ...{ id, policy: policy || null, version, window: window || null, level, on, value, limit, state },
    ...(forecast && { forecast: { ...forecast, made: iso(forecast.made) } }),
    recipient: recipient || null,
    raised: iso(raised),
    next: due === null ? null : iso(due),
    tries: alert.tries.map(({ at, error }) => ({ at: iso(at), error })),
  }
}
