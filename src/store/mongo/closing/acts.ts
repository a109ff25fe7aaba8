/** ActLog on MongoDB. */

import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { Act, ActLog } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import { insertOnce } from '../driver/writing.ts'
import { closingCollections } from '../schema/closing-collections.ts'

export function createActLog(db: Db): ActLog {
  const { acts } = closingCollections(db)
  return {
    add: async (tenant, act) => {
      const { id, at } = act
      await insertOnce(acts, { _id: keyOf(tenant, id), tenant, id, at, data: JSON.stringify(act) })
    },
    list: async (tenant, { limit, cursor }) => {
      const key = keyIn(cursor, 'ns') as [number, string] | null
      const earlier = behind(key && { at: key[0], id: key[1] }, -1)
      const found = await acts
        .find({ tenant, ...earlier })
        .sort({ at: -1, id: -1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(
        found,
        limit,
        (row) => [row.at, row.id],
        ({ data }) => JSON.parse(data) as Act,
      )
    },
  }
}
