/** How what belongs to a closed window is written once, and read page by page. */

import type { Collection, Db, Filter } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { Adjustment, Page, PageRequest, TenantId, WindowRef } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import { insertOnce } from '../driver/writing.ts'
import { closingCollections } from '../schema/closing-collections.ts'

/** Adds one unless its id is there: returns whether it was added. */
export function adjustmentWriter(db: Db): (tenant: TenantId, adjustment: Adjustment) => Promise<boolean> {
  const { adjustments } = closingCollections(db)
  return (tenant, adjustment) => {
    const { id, policy, version, start, kind, delta, learner, key, at } = adjustment
    const row = { tenant, id, policy, version, start, kind, delta, learner, key, at }
    return insertOnce(adjustments, { ...row, _id: keyOf(tenant, id), data: JSON.stringify(adjustment) })
  }
}

interface Listed {
  readonly _id: string
  readonly id: string
  readonly at: number
  readonly data: string
}

/** What belongs to a window, by (at, id). */
export async function pageIn<Doc extends Listed & WindowRef & { readonly tenant: TenantId }, Item>(
  collection: Collection<Doc>,
  tenant: TenantId,
  { policy, version, start }: WindowRef,
  { limit, cursor }: PageRequest,
): Promise<Page<Item>> {
  const key = keyIn(cursor, 'ns') as [number, string] | null
  const later = behind(key && { at: key[0], id: key[1] }, 1)
  const filter = { tenant, policy, version, start, ...later } as unknown as Filter<Doc>
  const found = await collection
    .find<Listed>(filter)
    .sort({ at: 1, id: 1 })
    .limit(limit + 1)
    .toArray()
  return pageOf(
    found,
    limit,
    (row) => [row.at, row.id],
    ({ data }) => JSON.parse(data) as Item,
  )
}
