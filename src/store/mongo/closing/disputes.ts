/**
 * Disputes on MongoDB (F9). The dispute's document decides; when it is accepted it carries the adjustment it owes, until that
 * is written. Whoever reads a window's adjustments writes first what is owed.
 */
import type { Db } from 'mongodb'
import type { Adjustment, AdjustmentStore, Dispute, TenantId, WindowRef } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried } from '../driver/writing.ts'
import { closingCollections, type DisputeDoc } from '../schema/closing-collections.ts'
import { adjustmentWriter, pageIn } from './closing-rows.ts'

export function createDisputes(
  db: Db,
): Pick<AdjustmentStore, 'dispute' | 'decide' | 'disputes' | 'disputeById'> {
  const { disputes } = closingCollections(db)
  const pay = payer(db)
  return {
    dispute: async (tenant, dispute) => {
      const { id, policy, version, start, learner, at } = dispute
      const open = keyOf(tenant, policy, version, start, learner)
      const row = { _id: keyOf(tenant, id), tenant, id, policy, version, start, at, open }
      return (await insertOnce(disputes, { ...row, data: JSON.stringify(dispute) })) ? 'added' : 'there'
    },
    decide: async (tenant, id, decision, adjustment) => {
      const _id = keyOf(tenant, id)
      const found = await disputes.findOne({ _id })
      if (!found) return null
      const data = JSON.stringify({ ...(JSON.parse(found.data) as Dispute), decision })
      const owed = adjustment && { owed: JSON.stringify(adjustment) }
      await retried(() =>
        disputes.updateOne(
          { _id, open: { $exists: true } },
          { $set: { data, ...owed }, $unset: { open: '' } },
        ),
      )
      const after = await disputes.findOne({ _id })
      if (after?.data !== data) return 'decided'
      await pay(after)
      return 'done'
    },
    disputes: (tenant, window, page) => pageIn<DisputeDoc, Dispute>(disputes, { tenant, window }, page),
    disputeById: async (tenant, id) => {
      const found = await disputes.findOne({ _id: keyOf(tenant, id) })
      return found && (JSON.parse(found.data) as Dispute)
    },
  }
}

/** Writes what accepted disputes of the window still owe: a process ended before it could. */
export function settleOwed(db: Db): (tenant: TenantId, window: WindowRef) => Promise<void> {
  const { disputes } = closingCollections(db)
  const pay = payer(db)
  return async (tenant, { policy, version, start }) => {
    const owing = { tenant, policy, version, start, owed: { $exists: true } }
    for (const dispute of await disputes.find(owing).toArray()) await pay(dispute)
  }
}

function payer(db: Db): (dispute: DisputeDoc) => Promise<void> {
  const { disputes } = closingCollections(db)
  const add = adjustmentWriter(db)
  return async ({ _id, tenant, owed }) => {
    if (owed === undefined) return
    await add(tenant, JSON.parse(owed) as Adjustment)
    await retried(() => disputes.updateOne({ _id }, { $unset: { owed: '' } }))
  }
}
