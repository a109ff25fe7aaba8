/** RefusalLog on MongoDB: bounded per tenant (ruling 25), newest first. */
import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { RefusalLog, RefusalRecord, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried, upserted, type Written } from '../driver/writing.ts'

type RefusalDocument = RefusalRecord &
  Written & { readonly _id: string; readonly tenant: TenantId; readonly number: number }

interface NumberDocument {
  readonly _id: string
  readonly newest: number
}

const SHOWN = { projection: { _id: 0, tenant: 0, by: 0 } } as const

export function createRefusalLog(db: Db): RefusalLog {
  const refusals = db.collection<RefusalDocument>('refusals')
  const numbers = db.collection<NumberDocument>('refusal_numbers')
  /** A repeated request may leave a hole: then fewer than `keep` are kept, never more. */
  const nextNumber = async (tenant: TenantId): Promise<number> => {
    const grow = { $inc: { newest: 1 } }
    const grown = await upserted(() =>
      numbers.findOneAndUpdate({ _id: tenant }, grow, { upsert: true, returnDocument: 'after' }),
    )
    return grown?.newest ?? 1
  }
  return {
    add: async (tenant, refusal, keep) => {
      const number = await nextNumber(tenant)
      await insertOnce(refusals, { ...refusal, _id: keyOf(tenant, number), tenant, number })
      await retried(() => refusals.deleteMany({ tenant, number: { $lte: number - keep } }))
    },
    list: async (tenant, { limit, cursor }) => {
      const [before = Number.MAX_SAFE_INTEGER] = keyIn(cursor, 'n') ?? []
      const rows = await refusals
        .find({ tenant, number: { $lt: before as number } }, SHOWN)
        .sort({ number: -1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(
        rows,
        limit,
        (row) => [row.number],
        ({ number: _, ...record }) => record,
      )
    },
  }
}
