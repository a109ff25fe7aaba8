/** The collections of alerts and webhooks, the shapes of their documents, and the indexes that every query of them uses. */
import type { Collection, Db, IndexDescription } from 'mongodb'
import type { AlertState, TenantId } from '../../ports.ts'
import type { Written } from '../driver/writing.ts'

export interface AlertDoc extends Written {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly window: string
  readonly raised: number
  readonly state: AlertState
  /** Only while it is pending. */
  readonly due?: number
  /** AlertTry[] as JSON text. */
  readonly tries: string
  /** The Alert as JSON text; state, due and tries are those above. */
  readonly data: string
}

export interface MuteDoc {
  /** keyOf(tenant, name) */
  readonly _id: string
  readonly until: number
}

export interface OutlookDoc {
  /** keyOf(tenant, policy, version, start) */
  readonly _id: string
  /** The Outlook as JSON text. */
  readonly data: string
}

export interface WebhookDoc extends Written {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly created: number
  /** The Webhook as JSON text. */
  readonly data: string
}

export const ALERT_COLLECTIONS = {
  alerts: [
    { key: { tenant: 1, policy: 1, version: 1, start: 1, id: 1 } },
    { key: { tenant: 1, raised: 1, id: 1 } },
    { key: { due: 1 }, sparse: true },
  ],
  mutes: [],
  outlooks: [],
  webhooks: [{ key: { tenant: 1, created: 1, id: 1 } }],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export interface AlertCollections {
  readonly alerts: Collection<AlertDoc>
  readonly mutes: Collection<MuteDoc>
  readonly outlooks: Collection<OutlookDoc>
  readonly webhooks: Collection<WebhookDoc>
}

export function alertCollections(db: Db): AlertCollections {
  return {
    alerts: db.collection('alerts'),
    mutes: db.collection('mutes'),
    outlooks: db.collection('outlooks'),
    webhooks: db.collection('webhooks'),
  }
}
