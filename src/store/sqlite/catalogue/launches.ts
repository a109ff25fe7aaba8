/** LaunchStore on SQLite (ruling 21): before or after the statements, each record once. */

import type { LaunchRecord } from '../../../attempts/derivation.ts'
import { automaticOf } from '../../automatic-links.ts'
import type { Remote } from '../../calls.ts'
import type { LaunchStore, TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { linkIdentities } from '../learners/merge.ts'
import { ALWAYS, markIdentity } from '../metering/marks.ts'

export function launchWrites(db: Database, context: WriteContext) {
  const insert = db.prepare(
    'INSERT INTO launch (tenant, id, identity, at, data) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const identityOf = db
    .prepare<[string, string], number>('SELECT id FROM identity WHERE tenant = ? AND ifi = ?')
    .pluck()
  const addOne = (tenant: TenantId, record: LaunchRecord): boolean => {
    const { id, learner, at } = record
    if (insert.run(tenant, id, learner, at, JSON.stringify(record)).changes === 0) return false
    const stored = context.stored()
    linkIdentities(db, tenant, automaticOf(learner, stored), stored)
    // A record may decide statements hours away from it, so the span is open.
    const identity = identityOf.get(tenant, learner)
    if (identity !== undefined) markIdentity(db, tenant, identity, ALWAYS, stored)
    return true
  }
  return {
    addLaunches: (tenant: TenantId, records: readonly LaunchRecord[]): number =>
      records.filter((record) => addOne(tenant, record)).length,
  }
}

export function createLaunchStore(writes: Remote<ReturnType<typeof launchWrites>>): LaunchStore {
  return { add: writes.addLaunches }
}
