/** TenantStore on MongoDB. One of few collections that are over all tenants: a slug is unique in the installation. */
import type { Db } from 'mongodb'
import type { Tenant, TenantStore } from '../../ports.ts'
import { insertOnce, type Written } from '../driver/writing.ts'

type TenantDocument = Omit<Tenant, 'id'> & Written & { readonly _id: string }

export function createTenantStore(db: Db): TenantStore {
  const tenants = db.collection<TenantDocument>('tenants')
  return {
    create: async ({ id, ...tenant }) =>
      (await insertOnce(tenants, { _id: id, ...tenant })) ? 'created' : 'taken',
    list: async () => (await tenants.find().sort({ created: 1, _id: 1 }).toArray()).map(tenantOf),
    bySlug: async (slug) => {
      const found = await tenants.findOne({ slug })
      return found && tenantOf(found)
    },
  }
}

function tenantOf({ _id: id, slug, name, created }: TenantDocument): Tenant {
  return { id, slug, name, created }
}
