/** Prepared statements once for each connection: preparing costs more than most of them take to run. */
import type { Database } from './database.ts'

export function memoized<T>(prepare: (db: Database) => T): (db: Database) => T {
  const prepared = new WeakMap<Database, T>()
  return (db) => {
    const found = prepared.get(db) ?? prepare(db)
    prepared.set(db, found)
    return found
  }
}
