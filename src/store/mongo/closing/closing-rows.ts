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
  readonly tenant: TenantId
  readonly id: string
  readonly at: number
  readonly data: string
}

/** What belongs to a tenant, or in it to a window, by (at, id). */
export async function pageIn<Doc extends Listed, Item>(
  collection: Collection<Doc>,
  { tenant, window }: { readonly tenant: TenantId; readonly window?: WindowRef },
  { limit, cursor }: PageRequest,
  direction: 1 | -1 = 1,
): Promise<Page<Item>> {
  const key = keyIn(cursor, 'ns') as [number, string] | null
  const further = behind(key && { at: key[0], id: key[1] }, direction)
  const { policy, version, start } = window ?? {}
  const filter = { tenant, ...(window && { policy, version, start }), ...further } as unknown as Filter<Doc>
  const found = await collection
    .find<Listed>(filter)
    .sort({ at: direction, id: direction })
    .limit(limit + 1)
    .toArray()
  return pageOf(
    found,
    limit,
    (row) => [row.at, row.id],
    ({ data }) => JSON.parse(data) as Item,
  )
}
