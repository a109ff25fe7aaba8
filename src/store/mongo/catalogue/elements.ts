/** ElementStore on MongoDB: the catalogue as a history of dated entries (ruling 1). */
import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { ElementStore, TenantId } from '../../ports.ts'
import { type ElementDoc, meterCollections } from '../schema/meter-collections.ts'
import { catalogueEntryOf, inOrder, validAt } from './catalogue-entries.ts'
import type { CataloguePuts } from './catalogue-put.ts'

export function createElementStore(db: Db, { put, settled }: CataloguePuts): ElementStore {
  const { elements } = meterCollections(db)
  const all = async (tenant: TenantId) => {
    const found = await elements.find({ tenant }).sort({ id: 1 }).toArray()
    return found.flatMap(({ id, entries }) => inOrder(entries).map((entry) => catalogueEntryOf(id, entry)))
  }
  return {
    put,
    list: async (tenant, now, { limit, cursor }) => {
      const [after = ''] = keyIn(cursor, 's') ?? []
      const rows = await elements
        .find({ tenant, id: { $gt: after as string } })
        .sort({ id: 1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(
        rows,
        limit,
        (row) => [row.id],
        (row) => inForce(row, now),
      )
    },
    history: async (tenant, knownRevision) => {
      for (;;) {
        const { revision } = await settled(tenant)
        if (revision === knownRevision) return { revision, entries: null }
        const entries = await all(tenant)
        // Read while a put came in between, they would be neither of this revision nor of the next.
        if ((await settled(tenant)).revision === revision) return { revision, entries }
      }
    },
  }
}

function inForce({ id, entries }: ElementDoc, now: number) {
  const entry = validAt(entries, now)
  if (!entry) throw new Error('an element without an entry')
  return catalogueEntryOf(id, entry)
}
