/** The counted keys and first qualifying times of one learner (ruling 7). */
import type { CountedKey, LearnerCount } from '../../../metering/count.ts'
import type { TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import type { Changes } from './derived-rows.ts'

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

export interface QualifiedRow {
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

type RowsWriter<Row> = (tenant: TenantId, learner: string, changes: Changes<Row>) => void

export function countedWriter(db: Database): RowsWriter<CountedRow> {
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
  return (tenant, learner, changes) => {
    for (const row of changes.put) put.run({ tenant, learner, ...row })
    for (const row of changes.remove) remove.run({ tenant, learner, ...row })
  }
}

export function qualifiedWriter(db: Database): RowsWriter<QualifiedRow> {
  const put = db.prepare(
    `INSERT INTO qualified (tenant, learner, policy, version, first) VALUES (@tenant, @learner, @policy, @version, @first)
     ON CONFLICT DO UPDATE SET first = excluded.first`,
  )
  const remove = db.prepare(
    'DELETE FROM qualified WHERE tenant = @tenant AND learner = @learner AND policy = @policy AND version = @version',
  )
  return (tenant, learner, changes) => {
    for (const row of changes.put) put.run({ tenant, learner, ...row })
    for (const row of changes.remove) remove.run({ tenant, learner, ...row })
  }
}

export function qualifiedRowsOf({ policy, version, firstQualified: first }: LearnerCount): QualifiedRow[] {
  return first === null ? [] : [{ policy, version, first }]
}

export function countedRowsOf({ policy, version, counted, standing = [] }: LearnerCount): CountedRow[] {
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
