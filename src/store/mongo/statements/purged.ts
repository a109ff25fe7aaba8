/** The ids of deleted statements: what can be asked is only whether an id is one of them (counting §1.5). */
import { createHmac, randomBytes } from 'node:crypto'
import type { TenantId } from '../../ports.ts'
import { byIds, upsertAll } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried, upserted } from '../driver/writing.ts'
import type { StatementCollections } from '../schema/collections.ts'

export interface Purged {
  /** Those of the ids that were deleted. Asked after they were not found, or a deletion in between is missed. */
  among(tenant: TenantId, ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Before they are deleted. */
  remember(tenant: TenantId, ids: readonly string[]): Promise<void>
}

export function createPurged({ purgeKeys, purged }: StatementCollections): Purged {
  const keys = new Map<TenantId, string>()
  /** Null where nothing was ever deleted: asked for again each time, as another process may delete the first. */
  const keyOfTenant = async (tenant: TenantId): Promise<string | null> => {
    const known = keys.get(tenant) ?? (await retried(() => purgeKeys.findOne({ _id: tenant })))?.key ?? null
    if (known !== null) keys.set(tenant, known)
    return known
  }
  const hashOf = (key: string, tenant: TenantId, id: string) =>
    keyOf(tenant, createHmac('sha256', key).update(id).digest('base64url').slice(0, 22))
  return {
    among: async (tenant, ids) => {
      const key = ids.length === 0 ? null : await keyOfTenant(tenant)
      if (key === null) return new Set()
      const found = await byIds(
        purged,
        ids.map((id) => hashOf(key, tenant, id)),
      )
      const hashes = new Set(found.map(({ _id }) => _id))
      return new Set(ids.filter((id) => hashes.has(hashOf(key, tenant, id))))
    },
    remember: async (tenant, ids) => {
      const fresh = { $setOnInsert: { key: randomBytes(32).toString('base64url') } }
      await upserted(() => purgeKeys.updateOne({ _id: tenant }, fresh, { upsert: true }))
      const key = await keyOfTenant(tenant)
      if (key === null) throw new Error('the key that was just written is there')
      await upsertAll(
        purged,
        ids.map((id) => ({ _id: hashOf(key, tenant, id), update: { $setOnInsert: { tenant } } })),
      )
    },
  }
}
