/**
 * How a single document is written so that a repetition does no harm: the driver, a failover or we ourselves may send a
 * write twice, and then the second one must find that the first was its own (mongo.md «Other engines»).
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Collection,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoError,
  MongoNetworkError,
  type OptionalUnlessRequiredId,
} from 'mongodb'

/** Put into each inserted document: which call wrote it. */
export interface Written {
  readonly by: string
}

export const DUPLICATE = 11000
/** WriteConflict: two writers met on one document, or in opposite order on several. */
const CONFLICT = 112
const TRIES = 6
const FIRST_PAUSE_MS = 10

export function isDuplicate(error: unknown): boolean {
  return error instanceof MongoError && error.code === DUPLICATE
}

/**
 * Runs `work` again after what may be over in a moment: a write conflict, a lost connection, a change of primary. Every
 * write in it must bear being sent twice. Anything else, and the last failure, is thrown as the driver's error.
 */
export async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === TRIES || !isPassing(error)) throw error
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()))
    }
  }
}

/** Like `retried`, and also after the loser's error of two upserts of one document: the next try finds it. */
export async function upserted<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await retried(work)
    } catch (error) {
      if (attempt === TRIES || !isDuplicate(error)) throw error
    }
  }
}

/** Inserts a document whose `_id`, or another unique index, decides. @returns false when another call's is there */
export async function insertOnce<D extends Document & Written>(
  collection: Collection<D>,
  document: Omit<D, 'by'>,
): Promise<boolean> {
  const by = randomUUID()
  try {
    await retried(() => collection.insertOne({ ...document, by } as unknown as OptionalUnlessRequiredId<D>))
    return true
  } catch (error) {
    if (!isDuplicate(error)) throw error
    const mine = { _id: document._id, by } as unknown as Filter<D>
    return (await collection.countDocuments(mine, { limit: 1 })) === 1
  }
}

/** What the driver lets through of a socket that ended while it was writing to it. */
const SOCKET_CODES = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTCONN',
  'EPIPE',
  'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ETIMEDOUT',
])

export function isBrokenSocket(error: unknown): boolean {
  return error instanceof Error && 'code' in error && SOCKET_CODES.has(String(error.code))
}

function isBroken(error: unknown): boolean {
  return error instanceof MongoNetworkError || isBrokenSocket(error)
}

function isPassing(error: unknown): boolean {
  // A bulk write wraps what went wrong on the way to the server.
  if (error instanceof MongoBulkWriteError && isBroken(error.errorResponse)) return true
  if (isBroken(error)) return true
  if (
    error instanceof MongoBulkWriteError &&
    [error.writeErrors].flat().some(({ code }) => code === CONFLICT)
  )
    return true
  return (
    error instanceof MongoError && (error.code === CONFLICT || error.hasErrorLabel('RetryableWriteError'))
  )
}
