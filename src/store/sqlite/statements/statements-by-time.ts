/**
 * Statements in order of their own time. The index of terms knows only the order they were stored in: few matches are sorted
 * here, of many the next ones are found by walking the order of time. Either way a call looks at a bounded number of rows.
 */
import type { StoredStatement, TenantId, TimePosition, TimeSelection } from '../../ports.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database } from '../database.ts'
import { fromRow, ROW, type StatementRow } from './statement-rows.ts'
import { createTermSearch } from './term-index.ts'
import { type Alternatives, createTermReader } from './terms.ts'

/** Matches that are sorted, and rows that are walked over, in one call. */
const LOOKED_AT = 2_000
const START = Number.MIN_SAFE_INTEGER
const END = Number.MAX_SAFE_INTEGER

interface Candidate extends TimePosition {
  readonly terms: string
  readonly voided: 0 | 1
}

interface Found {
  readonly places: readonly TimePosition[]
  readonly next: TimePosition | null
}

type Parameters = [number, number, number, number, number, number, number]

export function statementTimeReads(db: Database) {
  const numberOf = createTenantNumberReader(db)
  const tokensOf = createTermReader(db)
  const search = createTermSearch(db)
  const rowOf = db.prepare<[number], StatementRow>(`${ROW} WHERE s.seq = ?`)
  const timeOf = db
    .prepare<[number], number>(
      'SELECT coalesce(timestamp, stored) FROM statement WHERE seq = ? AND voided = 0',
    )
    .pluck()
  const newest = db.prepare<[], number | null>('SELECT max(seq) FROM statement').pluck()
  const walk = (order: 'ASC' | 'DESC', behind: '>' | '<') =>
    db.prepare<Parameters, Candidate>(
      `SELECT seq, coalesce(timestamp, stored) AS at, terms, voided FROM statement
       WHERE tenant = ? AND coalesce(timestamp, stored) >= ? AND coalesce(timestamp, stored) < ?
         AND (coalesce(timestamp, stored), seq) ${behind} (?, ?) AND seq <= ?
       ORDER BY coalesce(timestamp, stored) ${order}, seq ${order} LIMIT ?`,
    )
  const [oldestFirst, newestFirst] = [walk('ASC', '>'), walk('DESC', '<')]

  const walked = (tenant: number, tokens: readonly Alternatives[], selection: TimeSelection): Found => {
    const { from = START, before = END, ascending, after, upTo, limit } = selection
    const start = after ?? (ascending ? { at: START, seq: 0 } : { at: END, seq: END })
    const rows = (ascending ? oldestFirst : newestFirst).all(
      tenant,
      from,
      before,
      start.at,
      start.seq,
      upTo,
      LOOKED_AT,
    )
    const fitting = rows.filter((row) => row.voided === 0 && hasAll(row.terms, tokens))
    if (fitting.length > limit) return cut(fitting, limit)
    const last = rows.length === LOOKED_AT ? rows.at(-1) : undefined
    return { places: fitting, next: last ? { at: last.at, seq: last.seq } : null }
  }
  /** Null: there are too many to sort. */
  const sorted = (tokens: readonly Alternatives[], selection: TimeSelection): Found | null => {
    const { from = START, before = END, ascending, after, upTo, limit } = selection
    const range = { from: 1, to: upTo, ascending: false, limit: LOOKED_AT + 1 }
    const seqs = search({ tokens, ...range })
    if (seqs.length > LOOKED_AT) return null
    const direction = ascending ? 1 : -1
    const places = seqs
      .flatMap((seq) => {
        const at = timeOf.get(seq)
        return at === undefined || at < from || at >= before ? [] : [{ at, seq }]
      })
      .filter((place) => after === undefined || direction * compare(place, after) > 0)
      .sort((a, b) => direction * compare(a, b))
    return cut(places, limit)
  }
  const select = db.transaction((tenant: TenantId, selection: TimeSelection) => {
    const number = numberOf(tenant)
    const tokens = number === null ? null : tokensOf(number, selection.terms)
    const upTo = Math.min(selection.upTo, newest.get() ?? 0)
    if (number === null || tokens === null) return { items: [], next: null }
    const bounded = { ...selection, upTo }
    const found = (tokens.length > 0 && sorted(tokens, bounded)) || walked(number, tokens, bounded)
    const items = found.places.flatMap(({ seq }) => rowOf.get(seq) ?? []).map(fromRow)
    return { items, next: found.next }
  })
  return {
    selectStatementsByTime: (
      tenant: TenantId,
      selection: TimeSelection,
    ): { items: readonly StoredStatement[]; next: TimePosition | null } => select.deferred(tenant, selection),
  }
}

function cut(places: readonly TimePosition[], limit: number): Found {
  const shown = places.slice(0, limit)
  const last = shown.at(-1)
  return { places: shown, next: places.length > limit && last ? { at: last.at, seq: last.seq } : null }
}

function compare(a: TimePosition, b: TimePosition): number {
  return a.at - b.at || a.seq - b.seq
}

function hasAll(terms: string, tokens: readonly Alternatives[]): boolean {
  if (tokens.length === 0) return true
  const has = new Set(terms.split(' '))
  return tokens.every((one) => one.some((token) => has.has(token)))
}
