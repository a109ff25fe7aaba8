/** The counted keys and first qualifying times of one learner, written as a difference (ruling 7). */
import type { CountedKey, LearnerCount } from '../../../metering/count.ts'
import { difference } from '../../difference.ts'
import type { TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import type { TouchedTotals } from './totals.ts'

export interface CountedRow {
  readonly policy: string
  readonly version: number
  readonly windowStart: number
  readonly key: string
  readonly statementId: string
  readonly at: number
  readonly stored: number
  readonly rule: string
}

interface QualifiedRow {
  readonly policy: string
  readonly version: number
  readonly first: number
}

export const COUNTED_COLUMNS =
  'policy, version, window_start AS windowStart, key, statement_id AS statementId, at, stored, rule'

export function countRows(db: Database) {
  const counted = db.prepare<[string, string], CountedRow>(
    `SELECT ${COUNTED_COLUMNS} FROM counted WHERE tenant = ? AND learner = ? ORDER BY policy, version, window_start, key`,
  )
  const qualified = db.prepare<[string, string], QualifiedRow>(
    'SELECT policy, version, first FROM qualified WHERE tenant = ? AND learner = ? ORDER BY policy, version',
  )
  return {
    counted: (tenant: TenantId, learner: string): readonly CountedRow[] => counted.all(tenant, learner),
    qualified: (tenant: TenantId, learner: string): readonly QualifiedRow[] => qualified.all(tenant, learner),
  }
}

export interface CountsOfLearner {
  readonly tenant: TenantId
  readonly learner: string
  readonly counts: readonly LearnerCount[]
}

/** Makes the learner's rows equal to `counts`, touches the totals of what came or went, and writes nothing else. */
export function countsWriter(db: Database): (counts: CountsOfLearner, touched: TouchedTotals) => void {
  const counted = countedWriter(db)
  const qualified = qualifiedWriter(db)
  return (counts, touched) => {
    counted(counts, touched)
    qualified(counts, touched)
  }
}

function countedWriter(db: Database) {
  const rows = countRows(db)
  const put = db.prepare(
    `INSERT INTO counted (tenant, learner, policy, version, window_start, key, statement_id, at, stored, rule)
     VALUES (@tenant, @learner, @policy, @version, @windowStart, @key, @statementId, @at, @stored, @rule)
     ON CONFLICT DO UPDATE SET statement_id = excluded.statement_id, at = excluded.at, stored = excluded.stored,
       rule = excluded.rule`,
  )
  const remove = db.prepare(
    `DELETE FROM counted WHERE tenant = @tenant AND learner = @learner AND policy = @policy AND version = @version
       AND window_start = @windowStart AND key = @key`,
  )
  return ({ tenant, learner, counts }: CountsOfLearner, touched: TouchedTotals): void => {
    const after = counts.flatMap(countedRows)
    const { added, changed, removed } = difference(rows.counted(tenant, learner), after, nameOf)
    for (const row of [...added, ...changed]) put.run({ tenant, learner, ...row })
    for (const row of removed) remove.run({ tenant, learner, ...row })
    for (const row of [...added, ...removed]) touched.window(tenant, row.policy, row.version, row.windowStart)
  }
}

function qualifiedWriter(db: Database) {
  const rows = countRows(db)
  const put = db.prepare(
    `INSERT INTO qualified (tenant, learner, policy, version, first) VALUES (@tenant, @learner, @policy, @version, @first)
     ON CONFLICT DO UPDATE SET first = excluded.first`,
  )
  const remove = db.prepare(
    'DELETE FROM qualified WHERE tenant = @tenant AND learner = @learner AND policy = @policy AND version = @version',
  )
  return ({ tenant, learner, counts }: CountsOfLearner, touched: TouchedTotals): void => {
    const before = rows.qualified(tenant, learner)
    const { added, changed, removed } = difference(before, counts.flatMap(qualifiedRows), nameOf)
    for (const row of [...added, ...changed]) put.run({ tenant, learner, ...row })
    for (const row of removed) remove.run({ tenant, learner, ...row })
    for (const row of [...added, ...removed]) touched.policy(tenant, row.policy)
  }
}

/** What identifies a row of a learner. */
function nameOf({ policy, version, windowStart, key }: Partial<CountedRow>): string {
  return JSON.stringify([policy, version, windowStart, key])
}

function qualifiedRows({ policy, version, firstQualified: first }: LearnerCount): QualifiedRow[] {
  return first === null ? [] : [{ policy, version, first }]
}

/** Member by member in the order of COUNTED_COLUMNS, so that equal rows have equal JSON. */
function countedRows({ policy, version, counted, standing = [] }: LearnerCount): CountedRow[] {
  return [...counted, ...standing].map(
    ({ windowStart, key, evidence: { statementId, at, stored, rule } }) => ({
      policy,
      version,
      windowStart,
      key,
      statementId,
      at,
      stored,
      rule,
    }),
  )
}

export function countedKeyOf({ windowStart, key, statementId, at, stored, rule }: CountedRow): CountedKey {
  return { windowStart, key, evidence: { statementId, at, stored, rule } }
}
