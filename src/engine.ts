/** Which adapter serves the ports: together with app.ts, the only place that names one. */
import type { MessagePort } from 'node:worker_threads'
import type { MovableClock } from './clock.ts'
import { type Config, isEmbedded } from './config.ts'
import type { MongoHandle } from './store/mongo/open.ts'
import type { Stores } from './store/ports.ts'
import type { SqliteHandle } from './store/sqlite/open.ts'
import type { RestoreOutcome, RestoreRequest } from './store/sqlite/operations/restore.ts'

/** Stores that more threads of this process can join. */
export interface SharedStores extends Stores {
  share(): { readonly handle: StoresHandle; readonly transfer: readonly MessagePort[] }
}

export type StoresHandle = SqliteHandle | MongoHandle

/** Loads only the driver that is needed. */
export async function openStores(config: Config, clock: MovableClock): Promise<SharedStores> {
  if (isEmbedded(config)) {
    const { openSqlite } = await import('./store/sqlite/open.ts')
    return openSqlite({
      directory: config.ROLLCALL_DATA,
      clock,
      readers: config.ROLLCALL_READERS,
      cacheBytes: config.ROLLCALL_CACHE,
    })
  }
  const { openMongo } = await import('./store/mongo/open.ts')
  return openMongo({ url: config.ROLLCALL_STORE, clock })
}

export async function connectStores(handle: StoresHandle): Promise<Stores> {
  if ('file' in handle) {
    const { connectSqlite } = await import('./store/sqlite/open.ts')
    return connectSqlite(handle)
  }
  const { connectMongo } = await import('./store/mongo/open.ts')
  return connectMongo(handle)
}

/** @throws StoreError `locked` while a process has the data open */
export async function restoreStores(
  config: Config,
  request: Omit<RestoreRequest, 'directory'>,
): Promise<RestoreOutcome> {
  const { restoreSqlite } = await import('./store/sqlite/operations/restore.ts')
  return await restoreSqlite({ ...request, directory: config.ROLLCALL_DATA })
}
