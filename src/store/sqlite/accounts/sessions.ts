/** Cmi5SessionStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { Cmi5Session, Cmi5SessionStore, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

const COLUMNS = `tenant, id, key, label, sub_account AS subAccount, learner, registration, activity, mode, created, expires,
  fetch_hash AS fetchHash, fetch_by AS fetchBy, secret_hash AS secretHash`

export function sessionWrites(db: Database) {
  const insert = db.prepare(
    `INSERT INTO cmi5_session (tenant, id, key, label, sub_account, learner, registration, activity, mode, created, expires,
       fetch_hash, fetch_by, secret_hash)
     VALUES (@tenant, @id, @key, @label, @subAccount, @learner, @registration, @activity, @mode, @created, @expires,
       @fetchHash, @fetchBy, @secretHash) ON CONFLICT DO NOTHING`,
  )
  const open = db.prepare(
    'UPDATE cmi5_session SET secret_hash = ? WHERE tenant = ? AND id = ? AND secret_hash IS NULL',
  )
  const remove = db.prepare('DELETE FROM cmi5_session WHERE tenant = ? AND id = ?')
  const prune = db.prepare(
    `DELETE FROM cmi5_session WHERE tenant = @tenant AND id IN
       (SELECT id FROM cmi5_session WHERE tenant = @tenant AND expires < @before ORDER BY expires LIMIT @limit)`,
  )
  return {
    createCmi5Session: (session: Cmi5Session): 'created' | 'taken' =>
      insert.run(session).changes === 1 ? 'created' : 'taken',
    openCmi5Session: (tenant: TenantId, id: string, secretHash: string): boolean =>
      open.run(secretHash, tenant, id).changes === 1,
    removeCmi5Session: (tenant: TenantId, id: string): boolean => remove.run(tenant, id).changes === 1,
    pruneCmi5Sessions: (tenant: TenantId, before: number, limit: number): number =>
      prune.run({ tenant, before, limit }).changes,
  }
}

export function sessionReads(db: Database) {
  const byKey = db.prepare<[string], Cmi5Session>(`SELECT ${COLUMNS} FROM cmi5_session WHERE key = ?`)
  const byId = db.prepare<[string, string], Cmi5Session>(
    `SELECT ${COLUMNS} FROM cmi5_session WHERE tenant = ? AND id = ?`,
  )
  return {
    cmi5SessionByKey: (key: string): Cmi5Session | null => byKey.get(key) ?? null,
    cmi5SessionById: (tenant: TenantId, id: string): Cmi5Session | null => byId.get(tenant, id) ?? null,
  }
}

export function createCmi5SessionStore(
  writes: Remote<ReturnType<typeof sessionWrites>>,
  reads: Remote<ReturnType<typeof sessionReads>>,
): Cmi5SessionStore {
  return {
    create: writes.createCmi5Session,
    byKey: reads.cmi5SessionByKey,
    byId: reads.cmi5SessionById,
    open: writes.openCmi5Session,
    remove: writes.removeCmi5Session,
    prune: writes.pruneCmi5Sessions,
  }
}
