/** What is derived of a learner, as rows, and what must be written so that those that stand become those that are wanted. */
import type { Attempt } from '../../../attempts/derivation.ts'
import type { RecountResult, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import { type CountedRow, countedRowsOf, countRows, type QualifiedRow, qualifiedRowsOf } from './counts.ts'

export interface AttemptRow {
  readonly id: string
  readonly element: string
  readonly first: number
  readonly tracked: number
  readonly reason: string
  readonly byDefault: number
  readonly mixed: number
  readonly deleted: number
  /** The Attempt as JSON. */
  readonly data: string
}

export interface UntrackedRow {
  readonly reason: string
  readonly statements: number
}

/** Every row derived of one learner. */
export interface DerivedRows {
  readonly attempts: readonly AttemptRow[]
  readonly untracked: readonly UntrackedRow[]
  readonly counted: readonly CountedRow[]
  readonly qualified: readonly QualifiedRow[]
}

export interface Changes<Row> {
  /** Rows that are not there yet, or that say something else. */
  readonly put: readonly Row[]
  readonly remove: readonly Row[]
}

/** A recount on its way to the writer: what it changes, most often nothing but its marks. */
export interface PackedRecount {
  readonly tenant: TenantId
  readonly learner: string
  readonly revision: number
  readonly marks: RecountResult['marks']
  readonly adjustments: NonNullable<RecountResult['adjustments']>
  readonly attempts: Changes<AttemptRow>
  readonly untracked: Changes<UntrackedRow>
  readonly counted: Changes<CountedRow>
  readonly qualified: Changes<QualifiedRow>
  /** Windows and policies to or from which keys came or went. */
  readonly windows: readonly Pick<CountedRow, 'policy' | 'version' | 'windowStart'>[]
  readonly policies: readonly string[]
}

export function packRecount(result: RecountResult, standing: DerivedRows): PackedRecount {
  const { tenant, learner, revision, marks, adjustments = [] } = result
  const untracked = Object.entries(result.untracked).filter(([, statements]) => statements > 0)
  const counted = changesBetween(standing.counted, result.counts.flatMap(countedRowsOf), countedName)
  const qualified = changesBetween(standing.qualified, result.counts.flatMap(qualifiedRowsOf), qualifiedName)
  const moved = cameOrWent(standing.counted, counted, countedName)
  return {
    ...{ tenant, learner, revision, marks, adjustments, counted, qualified },
    attempts: changesBetween(standing.attempts, result.attempts.map(attemptRowOf).sort(byId), ({ id }) => id),
    untracked: changesBetween(
      standing.untracked,
      untracked.map(([reason, statements]) => ({ reason, statements })),
      ({ reason }) => reason,
    ),
    windows: moved.map(({ policy, version, windowStart }) => ({ policy, version, windowStart })),
    policies: cameOrWent(standing.qualified, qualified, qualifiedName).map(({ policy }) => policy),
  }
}

function byId(a: AttemptRow, b: AttemptRow): number {
  return a.id < b.id ? -1 : 1
}

function attemptRowOf(attempt: Attempt): AttemptRow {
  const { id, element, first, reason } = attempt
  return {
    id,
    element,
    first,
    tracked: Number(attempt.tracked),
    reason,
    byDefault: Number(attempt.elementRule === 'default'),
    mixed: Number(attempt.mixed),
    deleted: Number(attempt.deleted),
    data: JSON.stringify(attempt),
  }
}

function countedName({ policy, version, windowStart, key }: CountedRow): string {
  return `${policy}|${version}|${windowStart}|${key}`
}

function qualifiedName({ policy, version }: QualifiedRow): string {
  return `${policy}|${version}`
}

/** Rows are the same one by name, and equal when each of their columns is. */
function changesBetween<Row extends object>(
  before: readonly Row[],
  after: readonly Row[],
  nameOf: (row: Row) => string,
): Changes<Row> {
  if (before.length === after.length && before.every((row, index) => isEqual(row, after[index] as Row)))
    return NO_CHANGES
  const old = new Map(before.map((row) => [nameOf(row), row]))
  const wanted = new Map(after.map((row) => [nameOf(row), row]))
  return {
    put: [...wanted].filter(([name, row]) => !isEqual(row, old.get(name))).map(([, row]) => row),
    remove: [...old].filter(([name]) => !wanted.has(name)).map(([, row]) => row),
  }
}

const NO_CHANGES: Changes<never> = { put: [], remove: [] }

function isEqual<Row extends object>(row: Row, other: Row | undefined): boolean {
  if (other === undefined) return false
  for (const column in row) if (row[column] !== other[column]) return false
  return true
}

/** Of the changes, the rows that are there on one side only. */
function cameOrWent<Row>(
  before: readonly Row[],
  { put, remove }: Changes<Row>,
  nameOf: (row: Row) => string,
): readonly Row[] {
  if (put.length === 0) return remove
  const old = new Set(before.map(nameOf))
  return [...put.filter((row) => !old.has(nameOf(row))), ...remove]
}

/** The rows that stand, of each of these learners. */
export function derivedReads(db: Database) {
  const rows = countRows(db)
  const attempts = db.prepare<[string, string], AttemptRow>(
    `SELECT id, element, first, tracked, reason, by_default AS byDefault, mixed, deleted, data
     FROM attempt WHERE tenant = ? AND learner = ? ORDER BY id`,
  )
  const untracked = db.prepare<[string, string], UntrackedRow>(
    'SELECT reason, statements FROM untracked WHERE tenant = ? AND learner = ?',
  )
  const rowsOf = ({ tenant, learner }: Learner): DerivedRows => ({
    attempts: attempts.all(tenant, learner),
    untracked: untracked.all(tenant, learner),
    counted: rows.counted(tenant, learner),
    qualified: rows.qualified(tenant, learner),
  })
  return {
    derivedRows: db.transaction((learners: readonly Learner[]): readonly DerivedRows[] =>
      learners.map(rowsOf),
    ),
  }
}

type Learner = Pick<RecountResult, 'tenant' | 'learner'>
