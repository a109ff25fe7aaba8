/** A client with the concerns every answered write and every decision needs (ruling 28), and the port errors it becomes. */
import { type Db, MongoClient, type MongoClientOptions, MongoError } from 'mongodb'
import { StoreError } from '../../store-error.ts'
import { isBrokenSocket } from './writing.ts'

export interface Connection {
  readonly db: Db
  close(): Promise<void>
}

/** How long a call waits for a server that can take writes before the answer is `unavailable`, ms. */
const SELECTION_MS = 5_000
/** A server that accepted a command and says nothing for so long is taken for gone, ms. */
const SILENCE_MS = 20_000
const DEFAULT_DATABASE = 'rollcall'

const OPTIONS: MongoClientOptions = {
  appName: 'rollcall',
  // What is answered survives the loss of the primary and of its power.
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  serverSelectionTimeoutMS: SELECTION_MS,
  connectTimeoutMS: SELECTION_MS,
  socketTimeoutMS: SILENCE_MS,
  maxPoolSize: 40,
  ignoreUndefined: true,
}

/** `url`: mongodb:// or mongodb+srv://; its path names the database. Throws StoreError `unavailable`, without the url: it may hold a password. */
export async function connect(url: string): Promise<Connection> {
  let client: MongoClient | null = null
  try {
    client = new MongoClient(url, OPTIONS)
    await client.connect()
    const named = client.options.dbName
    const db = client.db(named === 'test' || !named ? DEFAULT_DATABASE : named)
    const open = client
    return { db, close: () => open.close() }
  } catch (error) {
    await client?.close()
    throw new StoreError(
      'unavailable',
      `MongoDB cannot be reached at the address in ROLLCALL_STORE: ${reasonOf(error)}.`,
      { cause: error },
    )
  }
}

/** What a caller of a port is told instead of a driver's error. Ours pass as they are. */
function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof MongoError || isBrokenSocket(error))) return error
  return new StoreError('unavailable', `MongoDB: ${reasonOf(error)}`, { cause: error })
}

/** Counts the calls that are under way, so that closing can wait for them. */
export interface Gate {
  /** Runs the call; rejects with StoreError `unavailable` once the gate is closed. */
  pass<T>(call: () => Promise<T>): Promise<T>
  /** Resolves when what was under way has ended. */
  close(): Promise<void>
}

export function createGate(): Gate {
  const running = new Set<Promise<unknown>>()
  let closed = false
  return {
    pass: async (call) => {
      if (closed) throw new StoreError('unavailable', 'the store is closed')
      const run = call()
      running.add(run)
      try {
        return await run
      } catch (error) {
        throw storeErrorOf(error)
      } finally {
        running.delete(run)
      }
    },
    close: async () => {
      closed = true
      await Promise.allSettled(running)
    },
  }
}

/** The same port through the gate: every driver's error translated. */
export function guarded<Port extends object>(port: Port, gate: Gate = createGate()): Port {
  const entries = Object.entries(port).map(([name, method]) => {
    if (typeof method !== 'function') return [name, method]
    return [name, (...given: unknown[]) => gate.pass(() => method.apply(port, given) as Promise<unknown>)]
  })
  return Object.fromEntries(entries) as Port
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replaceAll(/mongodb(\+srv)?:\/\/\S+/g, 'mongodb://…').replace(/\.$/, '')
}
