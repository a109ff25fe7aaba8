/** Acts of deleting attempts, on MongoDB. */

import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { DeletionRecord, RemovalStore, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import { retried, upserted } from '../driver/writing.ts'
import { heldLease } from '../jobs/leases.ts'
import { type DeletionDoc, meterCollections } from '../schema/meter-collections.ts'

type Deletions = Pick<
  RemovalStore,
  'addDeletion' | 'saveDeletion' | 'deletion' | 'deletions' | 'openDeletions'
>

export function deletionStore(db: Db): Deletions {
  const { deletions } = meterCollections(db)
  const held = heldLease(db)
  const write = async (tenant: TenantId, record: DeletionRecord): Promise<void> => {
    const { id, at, state } = record
    const open = state !== 'done' && state !== 'refused'
    const whole = {
      $set: { tenant, id, at, state, data: JSON.stringify(record), ...(open && { open: at }) },
      ...(!open && { $unset: { open: '' as const } }),
    }
    await upserted(() => deletions.updateOne({ _id: keyOf(tenant, id) }, whole, { upsert: true }))
  }
  return {
    addDeletion: write,
    saveDeletion: async (lease, tenant, record) => {
      if (!(await held(lease))) return 'fenced'
      await write(tenant, record)
      return 'saved'
    },
    deletion: async (tenant, id) => {
      const found = await retried(() => deletions.findOne({ _id: keyOf(tenant, id) }))
      return found && recordOf(found)
    },
    deletions: async (tenant, { limit, cursor }) => {
      const key = keyIn(cursor, 'ns') as [number, string] | null
      const older = behind(key && { at: key[0], id: key[1] }, -1)
      const rows = await deletions
        .find({ tenant, ...older })
        .sort({ at: -1, id: -1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(rows, limit, ({ at, id }) => [at, id], recordOf)
    },
    openDeletions: async (limit) => {
      const rows = await deletions
        .find({ open: { $gt: 0 } })
        .sort({ open: 1 })
        .limit(limit)
        .toArray()
      return rows.map((row) => ({ tenant: row.tenant, record: recordOf(row) }))
    },
  }
}

/** Since when something of the tenant is being deleted, ms; null when nothing is. */
export function deletingSince(db: Db): (tenant: TenantId) => Promise<DeletionDoc | null> {
  const { deletions } = meterCollections(db)
  return (tenant) => retried(() => deletions.findOne({ tenant, state: 'deleting' }, { sort: { at: 1 } }))
}

function recordOf({ data }: DeletionDoc): DeletionRecord {
  return JSON.parse(data) as DeletionRecord
}
