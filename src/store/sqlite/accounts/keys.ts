/** KeyStore on SQLite: the writer decides, so all racers get the same value. */

import type { Remote } from '../../calls.ts'
import type { KeyStore } from '../../ports.ts'
import type { Database } from '../database.ts'

export function keyWrites(db: Database) {
  const insert = db.prepare('INSERT INTO installation_key (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING')
  const select = db.prepare<[string], { value: string }>('SELECT value FROM installation_key WHERE name = ?')
  return {
    getOrCreateKey: (name: string, fresh: string): string => {
      insert.run(name, fresh)
      return select.get(name)?.value ?? fresh
    },
  }
}

export function createKeyStore(writes: Remote<ReturnType<typeof keyWrites>>): KeyStore {
  return { getOrCreate: writes.getOrCreateKey }
}
