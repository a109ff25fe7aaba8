/** Connections to the one database file: how each kind is set up, and what a driver's error means to us. */
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { StoreError } from '../store-error.ts'

export type Database = SqliteDatabase.Database

/** What a writing function may know beside its arguments. Times are ms since the epoch. */
export interface WriteContext {
  now(): number
  /** The instant this commit is stored at: the same for everything in it, later than that of every earlier commit. */
  stored(): number
  /** Called when the commit did not happen: whatever was remembered from it must be forgotten. */
  onRollback(forget: () => void): void
}

/** 8 KB pages carry large statements better; measured with a large cache at a million rows (docs/performance.md). */
export const PAGE_BYTES = 8192
const WRITER_CACHE_BYTES = 40 * 1024 * 1024
const READER_CACHE_KB = 8 * 1024
const BUSY_MS = 10_000
/**
 * A WAL file that has grown beyond this is cut back when it starts again. Under steady writing it stays below
 * (checkpoint-thread.ts): cutting it and letting it grow again would cost the commits that meet it 30 ms each.
 */
const WAL_KEPT_BYTES = 256 * 1024 * 1024

export function databaseFile(directory: string): string {
  return join(directory, 'rollcall.db')
}

/**
 * The writing connection: an answered commit survives kill -9 and power loss (`synchronous=FULL` fsyncs the WAL at each
 * commit). It never checkpoints: ingest would pay for it (checkpoint-thread.ts).
 */
export function openWriter(file: string, cacheBytes = WRITER_CACHE_BYTES): Database {
  const db = new SqliteDatabase(file, { timeout: BUSY_MS })
  db.pragma(`page_size = ${PAGE_BYTES}`)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('wal_autocheckpoint = 0')
  db.pragma(`journal_size_limit = ${WAL_KEPT_BYTES}`)
  db.pragma(`cache_size = -${Math.ceil(cacheBytes / 1024)}`)
  db.pragma('temp_store = MEMORY')
  db.pragma('secure_delete = ON')
  db.pragma('trusted_schema = OFF')
  return db
}

/** A reading connection; the writer must have made the file. */
export function openReader(file: string): Database {
  const db = new SqliteDatabase(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS })
  db.pragma(`cache_size = -${READER_CACHE_KB}`)
  db.pragma('temp_store = MEMORY')
  return db
}

const DAMAGED = ['SQLITE_NOTADB', 'SQLITE_CORRUPT']
const UNAVAILABLE = ['SQLITE_FULL', 'SQLITE_IOERR', 'SQLITE_CANTOPEN', 'SQLITE_READONLY', 'SQLITE_BUSY']

/** Turns the driver's errors about the disk and the file into ours; every other error stays what it is. */
export function storeErrorOf(error: unknown): unknown {
  if (!(error instanceof SqliteDatabase.SqliteError)) return error
  const isOneOf = (codes: readonly string[]) => codes.some((code) => error.code.startsWith(code))
  if (isOneOf(UNAVAILABLE))
    return new StoreError('unavailable', `the database cannot be written or read: ${error.message}`, {
      cause: error,
    })
  if (isOneOf(DAMAGED))
    return new StoreError('damaged', `the database file is damaged, or none of SQLite: ${error.message}`, {
      cause: error,
    })
  return error
}
