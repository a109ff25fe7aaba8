/** Which adapter serves the ports: together with app.ts, the only place that names one. */
import type { MessagePort } from 'node:worker_threads'
import type { MovableClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Stores } from './store/ports.ts'
import { connectSqlite, openSqlite, type SqliteHandle } from './store/sqlite/open.ts'
import { type RestoreOutcome, type RestoreRequest, restoreSqlite } from './store/sqlite/restore.ts'

/** Stores that more threads of this process can join. */
export interface SharedStores extends Stores {
  share(): { readonly handle: SqliteHandle; readonly transfer: readonly MessagePort[] }
}

export type StoresHandle = SqliteHandle

export async function openStores(config: Config, clock: MovableClock): Promise<SharedStores> {
  return openSqlite({
    directory: config.ROLLCALL_DATA,
    clock,
    readers: config.ROLLCALL_READERS,
    cacheBytes: config.ROLLCALL_CACHE,
  })
}

export async function connectStores(handle: StoresHandle): Promise<Stores> {
  return connectSqlite(handle)
}

/** @throws StoreError `locked` while a process has the data open */
export async function restoreStores(
  config: Config,
  request: Omit<RestoreRequest, 'directory'>,
): Promise<RestoreOutcome> {
  return await restoreSqlite({ ...request, directory: config.ROLLCALL_DATA })
}
