/** ImportStore on MongoDB. */
import type { Db } from 'mongodb'
import type { ImportRecord, ImportStore } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { upserted } from '../driver/writing.ts'
import { meterCollections } from '../schema/meter-collections.ts'

export function createImportStore(db: Db): ImportStore {
  const { imports } = meterCollections(db)
  return {
    put: async (tenant, record) => {
      const _id = keyOf(tenant, record.name)
      const data = JSON.stringify(record)
      await upserted(() => imports.updateOne({ _id }, { $set: { data } }, { upsert: true }))
    },
    byName: async (tenant, name) => {
      const found = await imports.findOne({ _id: keyOf(tenant, name) })
      return found && (JSON.parse(found.data) as ImportRecord)
    },
  }
}
