/** WebhookStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { TenantId, Webhook, WebhookStore } from '../../ports.ts'
import type { Database } from '../database.ts'

export function webhookWrites(db: Database) {
  const insert = db.prepare<[string, string, number, string]>(
    'INSERT INTO webhook (tenant, id, created, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const remove = db.prepare<[string, string]>('DELETE FROM webhook WHERE tenant = ? AND id = ?')
  return {
    addWebhook: (tenant: TenantId, webhook: Webhook): 'added' | 'taken' => {
      const { id, created } = webhook
      return insert.run(tenant, id, created, JSON.stringify(webhook)).changes === 1 ? 'added' : 'taken'
    },
    removeWebhook: (tenant: TenantId, id: string): boolean => remove.run(tenant, id).changes === 1,
  }
}

export function webhookReads(db: Database) {
  const byId = db
    .prepare<[string, string], string>('SELECT data FROM webhook WHERE tenant = ? AND id = ?')
    .pluck()
  const all = db
    .prepare<[string], string>('SELECT data FROM webhook WHERE tenant = ? ORDER BY created, id')
    .pluck()
  return {
    webhookById: (tenant: TenantId, id: string): Webhook | null => {
      const data = byId.get(tenant, id)
      return data === undefined ? null : (JSON.parse(data) as Webhook)
    },
    webhooks: (tenant: TenantId): readonly Webhook[] =>
      all.all(tenant).map((data) => JSON.parse(data) as Webhook),
  }
}

export function createWebhookStore(
  writes: Remote<ReturnType<typeof webhookWrites>>,
  reads: Remote<ReturnType<typeof webhookReads>>,
): WebhookStore {
  return {
    add: writes.addWebhook,
    byId: reads.webhookById,
    list: reads.webhooks,
    remove: writes.removeWebhook,
  }
}
