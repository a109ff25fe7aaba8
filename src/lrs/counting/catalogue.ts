/** The catalogue of a tenant as derivation needs it, kept until it changes. */
import type { Catalogue, CatalogueEntry } from '../../attempts/derivation.ts'
import type { Stores, TenantId } from '../../store/ports.ts'

export type CatalogueOf = (tenant: TenantId) => Promise<Catalogue>

/** Asks the store for the revision each time and for the entries only when it moved on. */
export function createCatalogues(stores: Pick<Stores, 'elements'>): CatalogueOf {
  const known = new Map<TenantId, { revision: number; catalogue: Catalogue }>()
  return async (tenant) => {
    const cached = known.get(tenant)
    const { revision, entries } = await stores.elements.history(tenant, cached?.revision)
    if (entries === null && cached) return cached.catalogue
    const catalogue = catalogueFrom(entries ?? [])
    known.set(tenant, { revision, catalogue })
    return catalogue
  }
}

function catalogueFrom(entries: readonly CatalogueEntry[]): Catalogue {
  const byId = new Map<string, CatalogueEntry[]>()
  for (const entry of entries) {
    const list = byId.get(entry.id)
    if (list) list.push(entry)
    else byId.set(entry.id, [entry])
  }
  for (const list of byId.values()) list.sort((a, b) => a.validFrom - b.validFrom)
  return byId
}
