/** Statements as readers see them. Each function is one short read of one state of the database. */
import { pageRange, type Range } from '../../page-range.ts'
import type { StatementSelection, StoredStatement, TenantId } from '../../ports.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database } from '../database.ts'
import { fromRow, ROW, type StatementRow } from './statement-rows.ts'
import { createTermSearch } from './term-index.ts'
import { createTermReader } from './terms.ts'
import { uuidBytes } from './uuid.ts'

interface ScannedRow extends StatementRow {
  readonly imported: 0 | 1
  readonly received: number | null
  readonly sourceAuthority: string | null
}

export function statementReads(db: Database) {
  const numberOf = createTenantNumberReader(db)
  const rowsOf = createSelect(db)
  const rangeOf = createRanges(db)
  const byId = db.prepare<[number, Buffer], StatementRow>(`${ROW} WHERE s.tenant = ? AND s.id = ?`)
  const scan = db.prepare<[number, number, number], ScannedRow>(
    `SELECT s.seq, s.id, s.raw, s.stored, o.authority, s.version, o.credential, s.voided,
       p.seq IS NOT NULL AS imported, p.received, p.authority AS sourceAuthority
     FROM statement s CROSS JOIN origin o ON o.id = s.origin LEFT JOIN provenance p ON p.seq = s.seq
     WHERE s.tenant = ? AND s.seq > ? ORDER BY s.seq LIMIT ?`,
  )
  const lastSeq = db
    .prepare<[number], number | null>('SELECT max(seq) FROM statement WHERE tenant = ?')
    .pluck()
  const count = db
    .prepare<[number, number], number>('SELECT count(*) FROM statement WHERE tenant = ? AND seq <= ?')
    .pluck()
  const select = db.transaction((tenant: TenantId, selection: StatementSelection) => {
    const number = numberOf(tenant)
    const range = number === null ? null : rangeOf(selection)
    if (number === null || range === null) return { items: [], more: false }
    const rows = rowsOf(number, range, selection, selection.limit + 1)
    return { items: rows.slice(0, selection.limit).map(fromRow), more: rows.length > selection.limit }
  })
  return {
    findStatement: (tenant: TenantId, id: string, voided?: boolean): StoredStatement | null => {
      const number = numberOf(tenant)
      const bytes = uuidBytes(id)
      const row = number === null || bytes === null ? undefined : byId.get(number, bytes)
      if (row === undefined || (voided !== undefined && voided !== (row.voided === 1))) return null
      return fromRow(row)
    },
    selectStatements: (
      tenant: TenantId,
      selection: StatementSelection,
    ): { items: readonly StoredStatement[]; more: boolean } => select.deferred(tenant, selection),
    lastStatementSeq: (tenant: TenantId): number => {
      const number = numberOf(tenant)
      return (number === null ? null : lastSeq.get(number)) ?? 0
    },
    countStatements: (tenant: TenantId, upTo: number): number => {
      const number = numberOf(tenant)
      return number === null ? 0 : (count.get(number, upTo) ?? 0)
    },
    scanStatements: (tenant: TenantId, afterSeq: number, limit: number): readonly StoredStatement[] => {
      const number = numberOf(tenant)
      return number === null ? [] : scan.all(number, afterSeq, limit).map(fromScanned)
    },
  }
}

/** The rows of a selection within a range, at most `limit`. */
function createSelect(db: Database) {
  const tokensOf = createTermReader(db)
  const search = createTermSearch(db)
  const bySeq = db.prepare<[number], StatementRow>(`${ROW} WHERE s.seq = ?`)
  const list = (order: 'ASC' | 'DESC') =>
    db.prepare<[number, number, number, number], StatementRow>(
      `${ROW} WHERE s.tenant = ? AND s.voided = 0 AND s.seq BETWEEN ? AND ? ORDER BY s.seq ${order} LIMIT ?`,
    )
  const [oldestFirst, newestFirst] = [list('ASC'), list('DESC')]
  return (tenant: number, { from, to }: Range, { terms, ascending }: StatementSelection, limit: number) => {
    if (terms.length === 0) return (ascending ? oldestFirst : newestFirst).all(tenant, from, to, limit)
    const tokens = tokensOf(tenant, terms)
    if (tokens === null) return []
    return search({ tokens, from, to, ascending, limit }).flatMap((seq) => bySeq.get(seq) ?? [])
  }
}

/** The seqs a selection can reach; null when there are none. Times become seqs by the table of commits. */
function createRanges(db: Database): (selection: StatementSelection) => Range | null {
  const firstAfter = db
    .prepare<[number], number>('SELECT first_seq FROM moment WHERE stored > ? ORDER BY stored LIMIT 1')
    .pluck()
  const lastUntil = db
    .prepare<[number], number>('SELECT last_seq FROM moment WHERE stored <= ? ORDER BY stored DESC LIMIT 1')
    .pluck()
  return (selection) => {
    const { since, until } = selection
    const first = since === undefined ? 1 : firstAfter.get(since)
    const last = lastUntil.get(until ?? Number.MAX_SAFE_INTEGER)
    if (first === undefined || last === undefined) return null
    const range = pageRange(selection, { from: first, to: last })
    return range.from > range.to ? null : range
  }
}

function fromScanned({ imported, received, sourceAuthority, ...row }: ScannedRow): StoredStatement {
  return {
    ...fromRow(row),
    ...(imported === 1 && { provenance: { received, authority: sourceAuthority } }),
  }
}
