/** ImportStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { ImportRecord, ImportStore, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

export function importWrites(db: Database) {
  const put = db.prepare<[string, string, string]>(
    `INSERT INTO import (tenant, name, data) VALUES (?, ?, ?)
     ON CONFLICT (tenant, name) DO UPDATE SET data = excluded.data`,
  )
  return {
    putImport: (tenant: TenantId, record: ImportRecord): void => {
      put.run(tenant, record.name, JSON.stringify(record))
    },
  }
}

export function importReads(db: Database) {
  const byName = db
    .prepare<[string, string], string>('SELECT data FROM import WHERE tenant = ? AND name = ?')
    .pluck()
  return {
    importByName: (tenant: TenantId, name: string): ImportRecord | null => {
      const data = byName.get(tenant, name)
      return data === undefined ? null : (JSON.parse(data) as ImportRecord)
    },
  }
}

export function createImportStore(
  writes: Remote<ReturnType<typeof importWrites>>,
  reads: Remote<ReturnType<typeof importReads>>,
): ImportStore {
  return { put: writes.putImport, byName: reads.importByName }
}
