/** Alerts: the durable outbox, one row for each level and recipient, and where webhooks go. */
import type { WindowRef } from './metering.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

/**
 * `pending`: to be sent at `due`. `failed`: given up. `kept`: nothing can send it (no mail server); shown all the same.
 * `unaddressed`: its level has no recipients. `muted`: reached while an import ran (ruling 37).
 */
export type AlertState = 'pending' | 'delivered' | 'failed' | 'kept' | 'unaddressed' | 'muted'

/** One attempt to send it. */
export interface AlertTry {
  readonly at: number
  /** Null: it was taken. */
  readonly error: string | null
}

/** What alerts on the forecast are judged by: the forecast of one window as it was made last. */
export interface Outlook extends WindowRef {
  readonly made: number
  /** ms of work. */
  readonly took: number
  /** Of the window, then. */
  readonly count: number
  readonly state: 'ready' | 'too-little-history'
  readonly median: number | null
  /** 80 % of outcomes; null with too little history. */
  readonly band: { readonly low: number; readonly high: number } | null
  /** Whether past errors are of the policy's own windows. */
  readonly calibration: 'windows' | 'shifted-windows'
  /** For each level of the policy by its threshold: the chance (0 to 1) that the window ends there or higher; empty with too little history. */
  readonly chances: readonly (readonly [threshold: number, chance: number])[]
}

/** What a level on the forecast was judged by. */
export type AlertForecast = Pick<Outlook, 'made' | 'median' | 'band' | 'calibration'> & {
  readonly chance: number
}

export interface Alert extends WindowRef {
  readonly tenant: TenantId
  /** Of version, window, level and recipient: the same alert has the same id, whoever raises it (Q26). */
  readonly id: string
  /** Id of the window. */
  readonly window: string
  readonly end: number
  readonly timeZone: string
  /** `80%` or `900`. */
  readonly level: string
  /** `test`: of no level, policy or window; `start` is its hour. */
  readonly on: 'actual' | 'forecast' | 'test'
  /** E-mail address or webhook id; empty when the level has none. */
  readonly recipient: string
  readonly raised: number
  /** What was compared with the limit when it was raised. */
  readonly value: number
  readonly limit: number | null
  /** Of levels on the forecast. */
  readonly forecast?: AlertForecast
  readonly state: AlertState
  /** When it is to be sent next; null unless pending. */
  readonly due: number | null
  readonly tries: readonly AlertTry[]
}

export interface AlertSelection extends PageRequest {
  readonly policy?: string
  /** Id of a window. */
  readonly window?: string
  readonly state?: AlertState
}

/** While there is one, levels that are reached send nothing. */
export interface Mute {
  readonly name: string
  /** The last instant of what it is for. */
  readonly until: number
}

export interface AlertStore {
  /** `there` when its id is taken: nothing is changed. */
  raise(alert: Alert): Promise<'raised' | 'there'>
  /** By id. */
  ofWindow(tenant: TenantId, window: WindowRef): Promise<readonly Alert[]>
  /** Pending ones of all tenants whose `due` has come, ascending by it. */
  due(now: number, limit: number): Promise<readonly Alert[]>
  /** Moves a pending alert from one `due` to a later one. @returns false when it is not due then any more: somebody else has it */
  postpone(tenant: TenantId, id: string, from: number, to: number): Promise<boolean>
  /** Writes what came of sending an alert that was postponed to `claimed`; nothing when somebody else has it by now. */
  settle(
    tenant: TenantId,
    id: string,
    claimed: number,
    outcome: Pick<Alert, 'state' | 'due' | 'tries'>,
  ): Promise<boolean>
  /** By (raised, id), newest first. */
  list(tenant: TenantId, selection: AlertSelection): Promise<Page<Alert>>
  /** Adds the mute, or replaces the one of its name. */
  mute(tenant: TenantId, mute: Mute): Promise<void>
  /** By name. */
  mutes(tenant: TenantId): Promise<readonly Mute[]>
  /** Ends it unless it has been extended meanwhile. */
  unmute(tenant: TenantId, mute: Mute): Promise<void>
  /** Puts it in place of the window's last one. */
  putOutlook(tenant: TenantId, outlook: Outlook): Promise<void>
  outlook(tenant: TenantId, window: WindowRef): Promise<Outlook | null>
}

export interface Webhook {
  readonly id: string
  readonly url: string
  readonly created: number
  /** Who added it. */
  readonly author: string
}

export interface WebhookStore {
  /** `taken` when the id is. */
  add(tenant: TenantId, webhook: Webhook): Promise<'added' | 'taken'>
  byId(tenant: TenantId, id: string): Promise<Webhook | null>
  /** By (created, id). */
  list(tenant: TenantId): Promise<readonly Webhook[]>
  remove(tenant: TenantId, id: string): Promise<boolean>
}
