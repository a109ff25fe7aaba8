/**
 * The rows of learners' recounts (counted keys, attempts). Each carries the number of the recount that wrote it, and a write
 * under a lower number does nothing: so a recount that was stopped in the middle and wakes up hours later changes nothing
 * that a later one has written. Where a later one wanted no row, a tombstone holds its place.
 */
import { type AnyBulkWriteOperation, type Collection, MongoBulkWriteError, type WriteError } from 'mongodb'
import { chunksOf } from '../driver/bulk.ts'
import { DUPLICATE, retried } from '../driver/writing.ts'
import type { RowDoc } from '../schema/meter-collections.ts'

export interface RowChanges<Row extends RowDoc> {
  readonly put: readonly Row[]
  /** `_id` of rows that are there and not wanted. */
  readonly remove: readonly string[]
  /** Rows that must not come, and the recount that may still try to write them. */
  readonly bury: readonly RowDoc[]
}

/** Tries for a row that another recount inserts at the same moment. */
const TRIES = 3

/**
 * @param n of the recount that writes
 * @returns false when a later recount has written any of the rows: this one's result is not wanted any more
 */
export async function writeRows<Row extends RowDoc>(
  rows: Collection<Row>,
  n: number,
  { put, remove, bury }: RowChanges<Row>,
): Promise<boolean> {
  const notLater = { $lte: n }
  const writes = [
    ...[...put, ...bury].map((row) => ({
      _id: row._id,
      write: { replaceOne: { filter: { _id: row._id, n: notLater }, replacement: row, upsert: true } },
    })),
    ...remove.map((_id) => ({ _id, write: { deleteOne: { filter: { _id, n: notLater } } } })),
  ].sort((a, b) => (a._id < b._id ? -1 : 1))
  let first = true
  for (const chunk of chunksOf(writes)) {
    const operations = chunk.map(({ write }) => write as unknown as AnyBulkWriteOperation<Row>)
    if (!(await writeChunk(rows, operations))) first = false
  }
  return first
}

/** A row of a later recount does not fit the filter, and then cannot be inserted: that is a duplicate. */
async function writeChunk<Row extends RowDoc>(
  rows: Collection<Row>,
  operations: readonly AnyBulkWriteOperation<Row>[],
): Promise<boolean> {
  let left = operations
  for (let attempt = 1; left.length > 0; attempt++) {
    const refused = await refusedOf(() => rows.bulkWrite([...left], { ordered: false }))
    if (attempt === TRIES && refused.size > 0) return false
    left = left.filter((_, index) => refused.has(index))
  }
  return true
}

/** Which of the operations met a document that is there. Any other error is thrown. */
async function refusedOf(write: () => Promise<unknown>): Promise<ReadonlySet<number>> {
  try {
    await retried(write)
    return new Set()
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const errors: readonly WriteError[] = [error.writeErrors].flat()
    if (errors.length === 0 || errors.some(({ code }) => code !== DUPLICATE)) throw error
    return new Set(errors.map(({ index }) => index))
  }
}
