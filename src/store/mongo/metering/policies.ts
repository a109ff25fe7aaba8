/** PolicyStore on MongoDB: versions are immutable; a new one is a change over all learners (rulings 18, 31). */
import { randomUUID } from 'node:crypto'
import type { Db } from 'mongodb'
import type { Policy } from '../../../metering/policy.ts'
import type { PolicyStore, StoredPolicy } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce } from '../driver/writing.ts'
import { meterCollections, type PolicyDoc } from '../schema/meter-collections.ts'

export function createPolicyStore(db: Db): PolicyStore {
  const { policies } = meterCollections(db)
  return {
    add: async (tenant, { policy, ...stored }) => {
      const { id } = policy
      const inserted = await insertOnce(policies, {
        ...stored,
        _id: keyOf(tenant, id, stored.version),
        tenant,
        id,
        data: JSON.stringify(policy),
        pending: { id: randomUUID(), recorded: stored.recorded, phase: 0, position: '' },
      })
      return inserted ? 'added' : 'taken'
    },
    list: async (tenant) =>
      (await policies.find({ tenant }).sort({ id: 1, version: 1 }).toArray()).map(storedPolicyOf),
  }
}

function storedPolicyOf(document: PolicyDoc): StoredPolicy {
  const { data, version, countHash, commercialHash, effectiveFrom, recorded } = document
  return { policy: JSON.parse(data) as Policy, version, countHash, commercialHash, effectiveFrom, recorded }
}
