/** AlertStore on MongoDB. One document for each alert: `due` decides who sends it. */

import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { Alert, AlertSelection, AlertStore, AlertTry, Outlook, Page, TenantId } from '../../ports.ts'
import { keyOf, keysAfter, partsOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import { insertOnce, retried, upserted } from '../driver/writing.ts'
import { type AlertDoc, alertCollections } from '../schema/alert-collections.ts'

export function createAlertStore(db: Db): AlertStore {
  const { alerts, mutes, outlooks } = alertCollections(db)
  return {
    raise: async (alert) => {
      const { tenant, id, policy, version, start, window, raised, state, due } = alert
      const document = {
        _id: keyOf(tenant, id),
        ...{ tenant, id, policy, version, start, window, raised, state },
        ...(due !== null && { due }),
        tries: JSON.stringify(alert.tries),
        data: JSON.stringify(alert),
      }
      return (await insertOnce(alerts, document)) ? 'raised' : 'there'
    },
    ofWindow: async (tenant, { policy, version, start }) =>
      (await alerts.find({ tenant, policy, version, start }).sort({ id: 1 }).toArray()).map(alertOf),
    due: async (now, limit) =>
      (
        await alerts
          .find({ due: { $lte: now } })
          .sort({ due: 1 })
          .limit(limit)
          .toArray()
      ).map(alertOf),
    postpone: async (tenant, id, from, to) => {
      const mine = { _id: keyOf(tenant, id), due: from }
      const { modifiedCount } = await retried(() => alerts.updateOne(mine, { $set: { due: to } }))
      return modifiedCount === 1
    },
    settle: async (tenant, id, claimed, { state, due, tries }) => {
      const set = { state, tries: JSON.stringify(tries) }
      const update = due === null ? { $set: set, $unset: { due: 1 as const } } : { $set: { ...set, due } }
      const mine = { _id: keyOf(tenant, id), due: claimed }
      return (await retried(() => alerts.updateOne(mine, update))).matchedCount === 1
    },
    list: (tenant, selection) => list(tenant, selection),
    mute: async (tenant, { name, until }) => {
      const _id = keyOf(tenant, name)
      await upserted(() => mutes.updateOne({ _id }, { $set: { until } }, { upsert: true }))
    },
    mutes: async (tenant) => {
      const found = await mutes
        .find({ _id: keysAfter(tenant) })
        .sort({ _id: 1 })
        .toArray()
      return found.map(({ _id, until }) => ({ name: partsOf(_id)[1], until }))
    },
    unmute: async (tenant, { name, until }) => {
      await retried(() => mutes.deleteOne({ _id: keyOf(tenant, name), until }))
    },
    putOutlook: async (tenant, outlook) => {
      const _id = keyOf(tenant, outlook.policy, outlook.version, outlook.start)
      const data = JSON.stringify(outlook)
      await upserted(() => outlooks.updateOne({ _id }, { $set: { data } }, { upsert: true }))
    },
    outlook: async (tenant, { policy, version, start }) => {
      const _id = keyOf(tenant, policy, version, start)
      const found = await retried(() => outlooks.findOne({ _id }))
      return found && (JSON.parse(found.data) as Outlook)
    },
  }

  async function list(
    tenant: TenantId,
    { limit, cursor, policy, window, state }: AlertSelection,
  ): Promise<Page<Alert>> {
    const key = keyIn(cursor, 'ns') as [number, string] | null
    const earlier = behind(key && { raised: key[0], id: key[1] }, -1)
    const wanted = { ...(policy && { policy }), ...(window && { window }), ...(state && { state }) }
    const found = await alerts
      .find({ tenant, ...earlier, ...wanted })
      .sort({ raised: -1, id: -1 })
      .limit(limit + 1)
      .toArray()
    return pageOf(found, limit, (row) => [row.raised, row.id], alertOf)
  }
}

function alertOf({ state, due, tries, data }: AlertDoc): Alert {
  return {
    ...(JSON.parse(data) as Alert),
    state,
    due: due ?? null,
    tries: JSON.parse(tries) as AlertTry[],
  }
}
