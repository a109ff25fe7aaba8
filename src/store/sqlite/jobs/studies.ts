/** StudyStore on SQLite. */

import type { Remote } from '../../calls.ts'
import type { Lease, Study, StudyStore, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import { heldLease } from './leases.ts'

interface StudyRow {
  readonly tenant: string
  readonly data: string
}

export function studyWrites(db: Database) {
  const held = heldLease(db)
  const insert = db.prepare<[string, string, number, number | null, string]>(
    'INSERT INTO study (tenant, id, asked, ended, data) VALUES (?, ?, ?, ?, ?)',
  )
  const update = db.prepare<[number | null, string, string, string]>(
    'UPDATE study SET ended = ?, data = ? WHERE tenant = ? AND id = ?',
  )
  const remove = db.prepare<[string, string]>('DELETE FROM study WHERE tenant = ? AND id = ?')
  const removeEnded = db.prepare<[number]>('DELETE FROM study WHERE ended IS NOT NULL AND ended < ?')
  return {
    addStudy: (tenant: TenantId, study: Study): void => {
      insert.run(tenant, study.id, study.asked, study.ended, JSON.stringify(study))
    },
    saveStudy: (lease: Lease, tenant: TenantId, study: Study): 'saved' | 'fenced' | 'gone' => {
      if (!held(lease)) return 'fenced'
      return update.run(study.ended, JSON.stringify(study), tenant, study.id).changes === 1 ? 'saved' : 'gone'
    },
    removeStudy: (tenant: TenantId, id: string): boolean => remove.run(tenant, id).changes === 1,
    removeEndedStudies: (before: number): void => {
      removeEnded.run(before)
    },
  }
}

export function studyReads(db: Database) {
  const byId = db
    .prepare<[string, string], string>('SELECT data FROM study WHERE tenant = ? AND id = ?')
    .pluck()
  const open = db.prepare<[number], StudyRow>(
    'SELECT tenant, data FROM study WHERE ended IS NULL ORDER BY asked LIMIT ?',
  )
  const count = db
    .prepare<[string], number>('SELECT count(*) FROM study WHERE tenant = ? AND ended IS NULL')
    .pluck()
  return {
    studyById: (tenant: TenantId, id: string): Study | null => {
      const data = byId.get(tenant, id)
      return data === undefined ? null : (JSON.parse(data) as Study)
    },
    openStudies: (limit: number) =>
      open.all(limit).map(({ tenant, data }) => ({ tenant, study: JSON.parse(data) as Study })),
    countOpenStudies: (tenant: TenantId): number => count.get(tenant) ?? 0,
  }
}

export function createStudyStore(
  writes: Remote<ReturnType<typeof studyWrites>>,
  reads: Remote<ReturnType<typeof studyReads>>,
): StudyStore {
  return {
    add: writes.addStudy,
    byId: reads.studyById,
    open: reads.openStudies,
    countOpen: reads.countOpenStudies,
    save: writes.saveStudy,
    remove: writes.removeStudy,
    removeEnded: writes.removeEndedStudies,
  }
}
