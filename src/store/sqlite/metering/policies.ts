/** PolicyStore on SQLite: versions are immutable; a new one is a change over all learners (rulings 18, 31). */
import type { Policy } from '../../../metering/policy.ts'
import type { Remote } from '../../calls.ts'
import type { PolicyStore, StoredPolicy, TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { recordChange } from './changes.ts'

type PolicyRow = Omit<StoredPolicy, 'policy'> & { readonly data: string }

export function policyWrites(db: Database, context: WriteContext) {
  const insert = db.prepare(
    `INSERT INTO policy (tenant, id, version, data, count_hash, commercial_hash, effective_from, recorded)
     VALUES (@tenant, @id, @version, @data, @countHash, @commercialHash, @effectiveFrom, @recorded) ON CONFLICT DO NOTHING`,
  )
  const change = recordChange(db, context)
  return {
    addPolicy: (tenant: TenantId, { policy, ...stored }: StoredPolicy): 'added' | 'taken' => {
      const row = { ...stored, tenant, id: policy.id, data: JSON.stringify(policy) }
      if (insert.run(row).changes === 0) return 'taken'
      change(tenant, 'policy', policy.id, stored.recorded)
      return 'added'
    },
  }
}

export function policyReads(db: Database) {
  const all = db.prepare<[string], PolicyRow>(
    `SELECT data, version, count_hash AS countHash, commercial_hash AS commercialHash,
       effective_from AS effectiveFrom, recorded
     FROM policy WHERE tenant = ? ORDER BY id, version`,
  )
  return {
    policies: (tenant: TenantId): readonly StoredPolicy[] =>
      all.all(tenant).map(({ data, ...row }) => ({ ...row, policy: JSON.parse(data) as Policy })),
  }
}

export function createPolicyStore(
  writes: Remote<ReturnType<typeof policyWrites>>,
  reads: Remote<ReturnType<typeof policyReads>>,
): PolicyStore {
  return { add: writes.addPolicy, list: reads.policies }
}
