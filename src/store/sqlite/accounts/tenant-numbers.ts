/** Tenants by number, for the tables that grow with every statement. A number is given at the tenant's first statement. */
import type { TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'

/** For reading: null when the tenant has no statement yet. */
export function createTenantNumberReader(db: Database): (tenant: TenantId) => number | null {
  const find = db.prepare<[string], number>('SELECT number FROM tenant_number WHERE tenant = ?').pluck()
  const known = new Map<TenantId, number>()
  return (tenant) => {
    const number = known.get(tenant) ?? find.get(tenant)
    if (number === undefined) return null
    known.set(tenant, number)
    return number
  }
}

/** For writing: gives the next number to a tenant that has none. */
export function createTenantNumbers(db: Database, context: WriteContext): (tenant: TenantId) => number {
  const find = db.prepare<[string], number>('SELECT number FROM tenant_number WHERE tenant = ?').pluck()
  const add = db.prepare<[string]>('INSERT INTO tenant_number (tenant) VALUES (?)')
  const known = new Map<TenantId, number>()
  context.onRollback(() => known.clear())
  return (tenant) => {
    const number = known.get(tenant) ?? find.get(tenant) ?? Number(add.run(tenant).lastInsertRowid)
    known.set(tenant, number)
    return number
  }
}
