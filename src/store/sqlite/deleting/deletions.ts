/** Acts of deleting attempts, on SQLite. */
import { keyIn, pageOf } from '../../page.ts'
import type { DeletionRecord, Lease, Page, PageRequest, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import { heldLease } from '../jobs/leases.ts'

interface DeletionRow {
  readonly tenant: string
  readonly at: number
  readonly id: string
  readonly data: string
}

export function deletionWrites(db: Database) {
  const held = heldLease(db)
  const put = db.prepare(
    `INSERT INTO deletion (tenant, at, id, state, data) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET state = excluded.state, data = excluded.data`,
  )
  const write = (tenant: TenantId, record: DeletionRecord): void => {
    put.run(tenant, record.at, record.id, record.state, JSON.stringify(record))
  }
  return {
    addDeletion: write,
    saveDeletion: (lease: Lease, tenant: TenantId, record: DeletionRecord): 'saved' | 'fenced' => {
      if (!held(lease)) return 'fenced'
      write(tenant, record)
      return 'saved'
    },
  }
}

export function deletionReads(db: Database) {
  const one = db
    .prepare<[string, string], string>('SELECT data FROM deletion WHERE tenant = ? AND id = ?')
    .pluck()
  const newest = db.prepare<[string, number, string, number], DeletionRow>(
    'SELECT * FROM deletion WHERE tenant = ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?',
  )
  const open = db.prepare<[number], DeletionRow>(
    "SELECT * FROM deletion WHERE state NOT IN ('done', 'refused') ORDER BY at LIMIT ?",
  )
  return {
    deletionById: (tenant: TenantId, id: string): DeletionRecord | null => {
      const data = one.get(tenant, id)
      return data === undefined ? null : recordOf({ data })
    },
    deletionPage: (tenant: TenantId, { limit, cursor }: PageRequest): Page<DeletionRecord> => {
      const [at, id] = (keyIn(cursor, 'ns') ?? [Number.MAX_SAFE_INTEGER, '']) as [number, string]
      return pageOf(newest.all(tenant, at, id, limit + 1), limit, (row) => [row.at, row.id], recordOf)
    },
    openDeletions: (limit: number) =>
      open.all(limit).map((row) => ({ tenant: row.tenant, record: recordOf(row) })),
  }
}

function recordOf({ data }: Pick<DeletionRow, 'data'>): DeletionRecord {
  return JSON.parse(data) as DeletionRecord
}
