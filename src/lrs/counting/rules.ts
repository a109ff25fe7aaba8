/** What all learners of a tenant are counted by, read once for all that are worked out together. */
import type { Catalogue } from '../../attempts/derivation.ts'
import type { Closing, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { type PolicyHistory, policiesOf } from './policies.ts'

export interface Rules {
  readonly policies: readonly PolicyHistory[]
  readonly catalogue: Catalogue
  readonly closings: readonly Closing[]
}

export function rulesReader({
  stores,
  catalogueOf,
}: Pick<Lrs, 'stores' | 'catalogueOf'>): (tenant: TenantId) => Promise<Rules> {
  return oncePerTenant(async (tenant) => ({
    policies: await policiesOf(stores, tenant),
    catalogue: await catalogueOf(tenant),
    closings: await stores.snapshots.closings(tenant),
  }))
}

/** Windows close seldom: one look for all learners of a tenant that are worked out together. */
export function closingsOf({
  stores,
}: Pick<Lrs, 'stores'>): (tenant: TenantId) => Promise<readonly Closing[]> {
  return oncePerTenant((tenant) => stores.snapshots.closings(tenant))
}

function oncePerTenant<T>(read: (tenant: TenantId) => Promise<T>): (tenant: TenantId) => Promise<T> {
  const known = new Map<TenantId, Promise<T>>()
  return (tenant) => {
    const found = known.get(tenant) ?? read(tenant)
    known.set(tenant, found)
    return found
  }
}
