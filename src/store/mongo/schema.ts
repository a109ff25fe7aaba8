/** Makes the collections' indexes at the first start; afterwards only looks whether all is as this version needs it. */
import type { Db, IndexDescription } from 'mongodb'
import { StoreError } from '../store-error.ts'
import { retried, upserted } from './writing.ts'

/** Grows when documents or indexes change in a way that older versions cannot work with. */
export const SCHEMA_VERSION = 1

export type Indexes = Readonly<Record<string, readonly IndexDescription[]>>

interface Schema {
  readonly _id: string
  readonly version: number
}

/**
 * Throws StoreError `newer-schema` or `missing-index` with one sentence for the operator. Several processes may start at
 * the same time: making an index that is there does nothing, and the version is written when all are made.
 */
export async function ensureSchema(db: Db, indexes: Indexes): Promise<void> {
  const meta = db.collection<Schema>('meta')
  const found = await retried(() => meta.findOne({ _id: 'schema' }))
  if (found && found.version > SCHEMA_VERSION) {
    throw new StoreError(
      'newer-schema',
      `The database has schema version ${found.version}, this Rollcall knows ${SCHEMA_VERSION}: start a newer Rollcall.`,
    )
  }
  if (found) return demandIndexes(db, indexes)
  for (const [name, wanted] of Object.entries(indexes)) {
    if (wanted.length > 0) await retried(() => db.collection(name).createIndexes([...wanted]))
  }
  await upserted(() =>
    meta.updateOne({ _id: 'schema' }, { $setOnInsert: { version: SCHEMA_VERSION } }, { upsert: true }),
  )
}

/** An index is never made under load by a start: that is the operator's decision (docs/scaling.md). */
async function demandIndexes(db: Db, indexes: Indexes): Promise<void> {
  for (const [name, wanted] of Object.entries(indexes)) {
    if (wanted.length === 0) continue
    const there = await indexKeys(db, name)
    const missing = wanted.find(({ key }) => !there.has(JSON.stringify(key)))
    if (!missing) continue
    throw new StoreError(
      'missing-index',
      `The collection ${name} lacks the index ${JSON.stringify(missing.key)}: ` +
        `create it with db.${name}.createIndex(${JSON.stringify(missing.key)}${missing.unique ? ', {"unique": true}' : ''}) and start again.`,
    )
  }
}

async function indexKeys(db: Db, name: string): Promise<Set<string>> {
  const listed = await retried(() => db.collection(name).indexes()).catch(() => [])
  return new Set(listed.map(({ key }) => JSON.stringify(key)))
}
