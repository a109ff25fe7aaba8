/** The ids of deleted statements: what can be asked is only whether an id is one of them (counting §1.5). */
import { createHmac, randomBytes } from 'node:crypto'
import type { Database } from '../database.ts'
import { memoized } from '../memoized.ts'

const statements = memoized((db) => ({
  key: db.prepare<[number], Buffer>('SELECT key FROM purge_key WHERE tenant = ?').pluck(),
  addKey: db.prepare<[number, Buffer]>('INSERT INTO purge_key (tenant, key) VALUES (?, ?)'),
  find: db.prepare<[number, Buffer], 1>('SELECT 1 FROM purged WHERE tenant = ? AND hash = ?').pluck(),
  add: db.prepare<[number, Buffer]>('INSERT OR IGNORE INTO purged (tenant, hash) VALUES (?, ?)'),
}))

const hashOf = (key: Buffer, id: Buffer): Buffer =>
  createHmac('sha256', key).update(id).digest().subarray(0, 16)

/** `tenant`: its number; `id`: 16 bytes. Costs one look-up of a key where nothing was ever deleted. */
export function isPurged(db: Database, tenant: number, id: Buffer): boolean {
  const { key, find } = statements(db)
  const secret = key.get(tenant)
  return secret !== undefined && find.get(tenant, hashOf(secret, id)) !== undefined
}

export function rememberPurged(db: Database, tenant: number, id: Buffer): void {
  const { key, addKey, add } = statements(db)
  let secret = key.get(tenant)
  if (secret === undefined) {
    secret = randomBytes(32)
    addKey.run(tenant, secret)
  }
  add.run(tenant, hashOf(secret, id))
}
