/** ActLog on MongoDB. */

import type { Db } from 'mongodb'
import type { Act, ActLog } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce } from '../driver/writing.ts'
import { type ActDoc, closingCollections } from '../schema/closing-collections.ts'
import { pageIn } from './closing-rows.ts'

export function createActLog(db: Db): ActLog {
  const { acts } = closingCollections(db)
  return {
    add: async (tenant, act) => {
      const { id, at } = act
      await insertOnce(acts, { _id: keyOf(tenant, id), tenant, id, at, data: JSON.stringify(act) })
    },
    list: (tenant, page) => pageIn<ActDoc, Act>(acts, { tenant }, page, -1),
  }
}
