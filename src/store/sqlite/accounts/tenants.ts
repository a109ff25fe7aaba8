/** TenantStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { Tenant, TenantStore } from '../../ports.ts'
import type { Database } from '../database.ts'

export function tenantWrites(db: Database) {
  const insert = db.prepare(
    'INSERT INTO tenant (id, slug, name, created) VALUES (@id, @slug, @name, @created) ON CONFLICT DO NOTHING',
  )
  return {
    createTenant: (tenant: Tenant): 'created' | 'taken' =>
      insert.run(tenant).changes === 1 ? 'created' : 'taken',
  }
}

export function tenantReads(db: Database) {
  const all = db.prepare<[], Tenant>('SELECT id, slug, name, created FROM tenant ORDER BY created, id')
  const bySlug = db.prepare<[string], Tenant>('SELECT id, slug, name, created FROM tenant WHERE slug = ?')
  return {
    tenants: (): readonly Tenant[] => all.all(),
    tenantBySlug: (slug: string): Tenant | null => bySlug.get(slug) ?? null,
  }
}

export function createTenantStore(
  writes: Remote<ReturnType<typeof tenantWrites>>,
  reads: Remote<ReturnType<typeof tenantReads>>,
): TenantStore {
  return {
    create: writes.createTenant,
    list: reads.tenants,
    bySlug: reads.tenantBySlug,
  }
}
