/** Attempts and untracked statements of one learner: written as a difference, listed by keyset. */
import type { Statement } from 'better-sqlite3'
import type { Attempt, Obstacle } from '../../../attempts/derivation.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { AttemptSelection, Page, RecountResult, TenantId } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import type { Database } from '../database.ts'
import type { Changes, AttemptRow as DerivedAttempt, UntrackedRow } from './derived-rows.ts'

interface AttemptRow {
  readonly learner: string
  readonly id: string
  readonly first: number
  readonly data: string
  readonly disagrees: 0 | 1
}

/** Columns to filter by are not what the data says, or the data is no JSON. */
const DISAGREES = `CASE WHEN json_valid(data) THEN (
  json_extract(data, '$.element') IS NOT element OR json_extract(data, '$.first') IS NOT first
  OR json_extract(data, '$.reason') IS NOT reason OR json_extract(data, '$.tracked') IS NOT tracked
  OR json_extract(data, '$.deleted') IS NOT deleted OR json_extract(data, '$.mixed') IS NOT mixed
  OR (json_extract(data, '$.elementRule') IS 'default') IS NOT by_default) ELSE 1 END`

/** Writes what a recount changes of a learner's attempts. */
export function attemptsWriter(
  db: Database,
): (tenant: TenantId, learner: string, changes: Changes<DerivedAttempt>) => void {
  const put = db.prepare(
    `INSERT OR REPLACE INTO attempt
       (tenant, learner, id, element, first, tracked, reason, by_default, mixed, deleted, data)
     VALUES (@tenant, @learner, @id, @element, @first, @tracked, @reason, @byDefault, @mixed, @deleted, @data)`,
  )
  const remove = db.prepare('DELETE FROM attempt WHERE tenant = ? AND learner = ? AND id = ?')
  return (tenant, learner, changes) => {
    for (const row of changes.put) put.run({ tenant, learner, ...row })
    for (const { id } of changes.remove) remove.run(tenant, learner, id)
  }
}

/** The same for the counts of statements that are no evidence. */
export function untrackedWriter(
  db: Database,
): (tenant: TenantId, learner: string, changes: Changes<UntrackedRow>) => void {
  const put = db.prepare(
    `INSERT INTO untracked (tenant, learner, reason, statements) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET statements = excluded.statements`,
  )
  const remove = db.prepare('DELETE FROM untracked WHERE tenant = ? AND learner = ? AND reason = ?')
  return (tenant, learner, changes) => {
    for (const { reason, statements } of changes.put) put.run(tenant, learner, reason, statements)
    for (const { reason } of changes.remove) remove.run(tenant, learner, reason)
  }
}

export function attemptReads(db: Database) {
  const prepare = preparing(db)
  const untracked = db.prepare<[string, string], { reason: Obstacle; statements: number }>(
    'SELECT reason, statements FROM untracked WHERE tenant = ? AND learner = ? ORDER BY reason',
  )
  return {
    untrackedOf: (tenant: TenantId, learner: string): RecountResult['untracked'] =>
      Object.fromEntries(
        untracked.all(tenant, learner).map(({ reason, statements }) => [reason, statements]),
      ),
    attempts: (
      tenant: TenantId,
      selection: AttemptSelection,
    ): Page<Attempt & { readonly learner: string }> => {
      // The plus keeps the index of time out of it: one learner's attempts are few, and together under the primary key.
      const [first, id] = selection.learner === undefined ? ['first', 'id'] : ['+first', '+id']
      const key = keyIn(selection.cursor, 'ns')
      const all = [...conditionsOf(tenant, selection), key && condition(`(${first}, ${id}) < (?, ?)`, ...key)]
      const given = all.filter((one) => one !== null)
      const rows = prepare(
        `SELECT learner, id, first, data, ${DISAGREES} AS disagrees FROM attempt WHERE ${given.map(({ sql }) => sql).join(' AND ')}
         ORDER BY ${first} DESC, ${id} DESC LIMIT ?`,
      ).all(...given.flatMap(({ values }) => values), selection.limit + 1)
      return pageOf(
        rows,
        selection.limit,
        (row) => [row.first, row.id],
        (row) => ({ ...attemptOf(row), learner: row.learner }),
      )
    },
  }
}

/** @throws StoreError `damaged` */
function attemptOf({ id, data, disagrees }: AttemptRow): Attempt {
  if (disagrees)
    throw new StoreError('damaged', `attempt ${id} is not what it is found by: «recount» mends it`)
  return JSON.parse(data) as Attempt
}

/** Prepares each text once: there are few, one for each combination of filters. */
function preparing(db: Database): (sql: string) => Statement<unknown[], AttemptRow> {
  const prepared = new Map<string, Statement<unknown[], AttemptRow>>()
  return (sql) => {
    const known = prepared.get(sql) ?? db.prepare<unknown[], AttemptRow>(sql)
    prepared.set(sql, known)
    return known
  }
}

interface Condition {
  readonly sql: string
  readonly values: readonly (string | number)[]
}

function condition(sql: string, ...values: (string | number)[]): Condition {
  return { sql, values }
}

function conditionsOf(tenant: TenantId, selection: AttemptSelection): readonly (Condition | null)[] {
  const { learner, element, after, before, tracked, reason, deleted } = selection
  const untracked =
    tracked === false || (tracked === undefined && reason !== undefined && reason !== 'tracked')
  return [
    condition('tenant = ?', tenant),
    learner === undefined ? null : condition('learner = ?', learner),
    element === undefined ? null : condition('element = ?', element),
    after === undefined ? null : condition('first >= ?', after),
    before === undefined ? null : condition('first < ?', before),
    // Written out, not bound: only so is the partial index of untracked attempts considered.
    untracked ? condition('tracked = 0') : null,
    tracked ? condition('tracked = 1') : null,
    reason === undefined ? null : condition('reason = ?', reason),
    deleted ? null : condition('deleted = 0'),
  ]
}
