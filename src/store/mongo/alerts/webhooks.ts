/** WebhookStore on MongoDB. */
import type { Db } from 'mongodb'
import type { Webhook, WebhookStore } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried } from '../driver/writing.ts'
import { alertCollections } from '../schema/alert-collections.ts'

export function createWebhookStore(db: Db): WebhookStore {
  const { webhooks } = alertCollections(db)
  const webhookOf = ({ data }: { readonly data: string }) => JSON.parse(data) as Webhook
  return {
    add: async (tenant, webhook) => {
      const { id, created } = webhook
      const document = { _id: keyOf(tenant, id), tenant, id, created, data: JSON.stringify(webhook) }
      return (await insertOnce(webhooks, document)) ? 'added' : 'taken'
    },
    byId: async (tenant, id) => {
      const found = await webhooks.findOne({ _id: keyOf(tenant, id) })
      return found && webhookOf(found)
    },
    list: async (tenant) =>
      (await webhooks.find({ tenant }).sort({ created: 1, id: 1 }).toArray()).map(webhookOf),
    remove: async (tenant, id) =>
      (await retried(() => webhooks.deleteOne({ _id: keyOf(tenant, id) }))).deletedCount === 1,
  }
}
