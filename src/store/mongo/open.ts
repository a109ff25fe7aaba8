/** Opens the MongoDB store. Each thread opens a client of its own. */
import { clockOf, type MovableClock } from '../../clock.ts'
import type { Stores } from '../ports.ts'
import { type Connection, connect } from './driver/connection.ts'
import { INDEXES } from './schema/indexes.ts'
import { ensureSchema } from './schema/schema.ts'
import { createStores } from './stores.ts'

export interface MongoOptions {
  /** mongodb:// or mongodb+srv://, the database in its path. */
  readonly url: string
  readonly clock: MovableClock
}

/** Everything another thread of this process needs to use the same store; structured-cloneable. */
export interface MongoHandle {
  readonly url: string
  readonly clockOffset: SharedArrayBuffer
}

export interface MongoStores extends Stores {
  share(): { readonly handle: MongoHandle; readonly transfer: readonly [] }
}

/** Throws StoreError `unavailable`, `newer-schema` or `missing-index`, with one sentence for the operator. */
export async function openMongo({ url, clock }: MongoOptions): Promise<MongoStores> {
  const connection = await connect(url)
  try {
    await ensureSchema(connection.db, INDEXES)
    return {
      ...storesOn(connection, clock, true),
      share: () => ({ handle: { url, clockOffset: clock.offset }, transfer: [] }),
    }
  } catch (error) {
    await connection.close()
    throw error
  }
}

export async function connectMongo({ url, clockOffset }: MongoHandle): Promise<Stores> {
  return storesOn(await connect(url), clockOf(clockOffset), false)
}

function storesOn(connection: Connection, clock: MovableClock, sweeps: boolean): Stores {
  const { stop, ...stores } = createStores({ db: connection.db, clock, sweeps })
  return {
    ...stores,
    close: async () => {
      await stop()
      await connection.close()
    },
  }
}
