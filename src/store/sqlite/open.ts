/** Opens the embedded store: the directory lock, the threads, and the ports over them. */
import { once } from 'node:events'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { clockOf, type MovableClock } from '../../clock.ts'
import { type Remote, remote } from '../calls.ts'
import type { Stores } from '../ports.ts'
import { StoreError, type StoreErrorCode } from '../store-error.ts'
import { databaseFile, openReader } from './database.ts'
import { lockDirectory } from './lock.ts'
import { createStores } from './stores.ts'
import { allReads, type Reads, type Writes } from './subjects.ts'
import { newCells } from './threads/horizon.ts'
import { inTurn, local } from './threads/rpc.ts'
import {
  type CheckpointStart,
  type ReaderStart,
  type ServeRequest,
  threadFile,
  type WriterStart,
} from './threads/threads.ts'

export interface SqliteOptions {
  /** Made when missing. */
  readonly directory: string
  readonly clock: MovableClock
  /** Reader threads; 2 by default. */
  readonly readers?: number
  /** Page cache of the writer. */
  readonly cacheBytes?: number
}

/** Everything another thread of this process needs to use the same store; structured-cloneable. */
export interface SqliteHandle {
  readonly file: string
  readonly clockOffset: SharedArrayBuffer
  readonly cells: SharedArrayBuffer
  readonly port: MessagePort
}

export interface SqliteStores extends Stores {
  /** A handle for one more thread: post it with `transfer`, then `connectSqlite` there. */
  share(): { readonly handle: SqliteHandle; readonly transfer: readonly MessagePort[] }
}

/** Node would let each thread's short-lived objects grow to 48 MB before it looks at them. */
const YOUNG = { maxYoungGenerationSizeMb: 12 }

/** What a thread can find wrong with the data when it starts. */
const AT_START: ReadonlySet<StoreErrorCode> = new Set(['newer-schema', 'damaged'])

type ReaderFunctions = ReturnType<typeof allReads>

/** What every thread answers beside its functions. */
type Closing = Remote<{ close(): null }>

/** Throws StoreError `locked`, `newer-schema`, `damaged` or `unavailable`, with one sentence for the operator. */
export async function openSqlite({
  directory,
  clock,
  readers = 2,
  cacheBytes,
}: SqliteOptions): Promise<SqliteStores> {
  useDirectory(directory)
  const lock = lockDirectory(directory)
  const file = databaseFile(directory)
  const cells = newCells()
  const threads: Worker[] = []
  try {
    const writerEnd = new MessageChannel()
    const writerStart: WriterStart = {
      file,
      cacheBytes,
      clockOffset: clock.offset,
      cells,
      port: writerEnd.port2,
    }
    const writer = await startThread(threads, 'writer', writerStart, [writerEnd.port2])
    const writes = remote(writerEnd.port1) as unknown as Writes & Closing
    const reads = await startReaders(threads, file, readers)
    const checkpoint = await startThread(threads, 'checkpoint', { file } satisfies CheckpointStart, [])
    const stores = createStores({ writes, reads: inTurn<ReaderFunctions>(reads), cells, clock, file })
    // The lock is ours: no request is under way.
    await stores.attachments.sweep(Number.MAX_SAFE_INTEGER)
    return {
      ...stores,
      share: () => {
        const { port1, port2 } = new MessageChannel()
        writer.postMessage({ serve: port2 } satisfies ServeRequest, [port2])
        return { handle: { file, clockOffset: clock.offset, cells, port: port1 }, transfer: [port1] }
      },
      close: async () => {
        const ended = threads.map((thread) => once(thread, 'exit'))
        await Promise.all(reads.map((reader) => reader.close()))
        checkpoint.postMessage('close')
        // The last connection to close checkpoints the whole WAL and removes it.
        await writes.close()
        await Promise.all(ended)
        lock.release()
      },
    }
  } catch (error) {
    await Promise.all(threads.map((thread) => thread.terminate()))
    lock.release()
    throw error
  }
}

/** Only its owner may look into a directory that is made here: keys and people are in it. */
function useDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const { message } = cause as Error
    throw new StoreError('unavailable', `The data directory ${directory} cannot be used: ${message}.`, {
      cause,
    })
  }
}

/** In another thread: writes go through the writer, reads happen here and now on a connection of this thread. */
export async function connectSqlite(handle: SqliteHandle): Promise<Stores> {
  const { file, clockOffset, cells, port } = handle
  const db = openReader(file)
  const reads: Reads = local(allReads(db))
  const writes = remote(port) as unknown as Writes
  return {
    ...createStores({ writes, reads, cells, clock: clockOf(clockOffset), file }),
    close: async () => {
      port.close()
      db.close()
    },
  }
}

async function startReaders(threads: Worker[], file: string, count: number): Promise<(Reads & Closing)[]> {
  const starting = Array.from({ length: count }, async () => {
    const { port1, port2 } = new MessageChannel()
    await startThread(threads, 'reader', { file, port: port2 } satisfies ReaderStart, [port2])
    return remote(port1) as unknown as Reads & Closing
  })
  return await Promise.all(starting)
}

async function startThread(
  threads: Worker[],
  name: 'writer' | 'reader' | 'checkpoint',
  workerData: object,
  transferList: MessagePort[],
): Promise<Worker> {
  const thread = new Worker(threadFile(name), { workerData, transferList, resourceLimits: YOUNG })
  threads.push(thread)
  await once(thread, 'message').catch((error: unknown) => {
    // A thread's error loses its class on the way.
    if (error instanceof Error && error.name === 'StoreError') {
      const { code } = error as StoreError
      throw new StoreError(AT_START.has(code) ? code : 'unavailable', error.message, { cause: error })
    }
    throw error
  })
  return thread
}
