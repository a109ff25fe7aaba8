/** Many documents at once, in commands of bounded size. */
import type { AnyBulkWriteOperation, Collection, Document, Filter, FindOptions } from 'mongodb'
import { retried, upserted } from './writing.ts'

/** Values of one `$in`, and writes of one command. */
const CHUNK = 500

export function chunksOf<T>(items: readonly T[], size: number = CHUNK): T[][] {
  const chunks: T[][] = []
  for (let start = 0; start < items.length; start += size) chunks.push(items.slice(start, start + size))
  return chunks
}

/** Rows of a cursor looked at in one step. */
const SLICE = 256

/** Rows of a cursor, a few hundred at a time. */
export async function* slicesOf<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let slice: T[] = []
  for await (const item of items) {
    slice.push(item)
    if (slice.length < SLICE) continue
    yield slice
    slice = []
  }
  if (slice.length > 0) yield slice
}

/** Documents by `_id`, in no order; missing ones are left out. */
export function byIds<D extends Document & { readonly _id: string }>(
  collection: Collection<D>,
  ids: Iterable<string>,
  options: FindOptions = {},
): Promise<D[]> {
  return whereIn(collection, {}, '_id', ids, options)
}

/** Documents whose `field` has one of the values. */
export async function whereIn<D extends Document & { readonly _id: string }>(
  collection: Collection<D>,
  also: Filter<D>,
  field: string,
  values: Iterable<string>,
  options: FindOptions = {},
): Promise<D[]> {
  const found: D[] = []
  for (const chunk of chunksOf([...new Set(values)])) {
    const filter = { ...also, [field]: { $in: chunk } } as Filter<D>
    found.push(...(await retried(() => collection.find<D>(filter, options).toArray())))
  }
  return found
}

export interface Change<D> {
  readonly _id: string
  /** Further fields of the shard key, where that is not `_id`: an upsert must name all of it. */
  readonly within?: Partial<D>
  readonly update: Document & { readonly $setOnInsert?: Partial<D> }
}

/**
 * Updates, and inserts where there is nothing. Sorted by `_id`: two that meet on the same documents in opposite order would
 * end each other (112). Every one must bear being applied twice.
 */
export async function upsertAll<D extends Document & { readonly _id: string }>(
  collection: Collection<D>,
  changes: readonly Change<D>[],
): Promise<void> {
  await writeAll(collection, changes, true)
}

/** Updates what is there. */
export async function updateAll<D extends Document & { readonly _id: string }>(
  collection: Collection<D>,
  changes: readonly Change<D>[],
): Promise<void> {
  await writeAll(collection, changes, false)
}

async function writeAll<D extends Document & { readonly _id: string }>(
  collection: Collection<D>,
  changes: readonly Change<D>[],
  upsert: boolean,
): Promise<void> {
  const sorted = changes.toSorted((a, b) => (a._id < b._id ? -1 : 1))
  for (const chunk of chunksOf(sorted)) {
    const writes = chunk.map(({ _id, within, update }) => ({
      updateOne: { filter: { _id, ...within }, update, upsert },
    }))
    await upserted(() =>
      collection.bulkWrite(writes as unknown as AnyBulkWriteOperation<D>[], { ordered: false }),
    )
  }
}
