/**
 * Keeps a second process off a data directory. The lock is an exclusive SQLite transaction on its own file, held as long
 * as the process lives: the kernel frees it at once, also after kill -9, and no stale pid file can lie.
 * Nothing else in the process may open and close that file: POSIX drops a process's locks at any close (so a backup
 * leaves it out).
 */
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { StoreError } from '../store-error.ts'
import { storeErrorOf } from './database.ts'

export interface DirectoryLock {
  release(): void
}

/** Throws StoreError `locked`, naming the directory, when another process (or another part of this one) holds it; else what the disk says. */
export function lockDirectory(directory: string): DirectoryLock {
  const db = new SqliteDatabase(join(directory, 'rollcall.lock'), { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    if (!String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY')) throw storeErrorOf(error)
    throw new StoreError('locked', `The data directory ${directory} is in use by another Rollcall process.`, {
      cause: error,
    })
  }
  return {
    release: () => {
      db.close()
    },
  }
}
