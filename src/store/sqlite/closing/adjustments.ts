/** AdjustmentStore on SQLite: what is added to a closed window, and the disputes that ask for it. */
import type { Booked } from '../../../metering/closing.ts'
import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type {
  Adjustment,
  AdjustmentKind,
  AdjustmentStore,
  AdjustmentSums,
  Dispute,
  DisputeDecision,
  Page,
  PageRequest,
  TenantId,
  WindowRef,
} from '../../ports.ts'
import type { Database } from '../database.ts'

/** Adds one unless its id is there: returns whether it was added. */
export function adjustmentWriter(db: Database): (tenant: TenantId, adjustment: Adjustment) => boolean {
  const put = db.prepare(
    `INSERT INTO adjustment (tenant, id, policy, version, window_start, kind, delta, learner, key, at, data)
     VALUES (@tenant, @id, @policy, @version, @start, @kind, @delta, @learner, @key, @at, @data) ON CONFLICT DO NOTHING`,
  )
  return (tenant, adjustment) => {
    const { id, policy, version, start, kind, delta, learner, key, at } = adjustment
    const row = { tenant, id, policy, version, start, kind, delta, learner, key, at }
    return put.run({ ...row, data: JSON.stringify(adjustment) }).changes === 1
  }
}

export function adjustmentWrites(db: Database) {
  const add = adjustmentWriter(db)
  const put = db.prepare(
    `INSERT INTO dispute (tenant, id, policy, version, window_start, learner, at, open, data)
     VALUES (@tenant, @id, @policy, @version, @start, @learner, @at, 1, @data) ON CONFLICT DO NOTHING`,
  )
  const one = db
    .prepare<[string, string], string>('SELECT data FROM dispute WHERE tenant = ? AND id = ?')
    .pluck()
  const decide = db.prepare<[string, string, string]>(
    'UPDATE dispute SET open = 0, data = ? WHERE tenant = ? AND id = ?',
  )
  return {
    addAdjustment: (tenant: TenantId, adjustment: Adjustment): 'added' | 'there' =>
      add(tenant, adjustment) ? 'added' : 'there',
    addDispute: (tenant: TenantId, dispute: Dispute): 'added' | 'there' => {
      const { id, policy, version, start, learner, at } = dispute
      const row = { tenant, id, policy, version, start, learner, at, data: JSON.stringify(dispute) }
      return put.run(row).changes === 1 ? 'added' : 'there'
    },
    decideDispute: (
      tenant: TenantId,
      id: string,
      decision: DisputeDecision,
      adjustment: Adjustment | null,
    ): 'done' | 'decided' | null => {
      const data = one.get(tenant, id)
      if (data === undefined) return null
      const dispute = JSON.parse(data) as Dispute
      if (dispute.decision) return 'decided'
      decide.run(JSON.stringify({ ...dispute, decision }), tenant, id)
      if (adjustment) add(tenant, adjustment)
      return 'done'
    },
  }
}

const IN_WINDOW = 'tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start'

export function adjustmentReads(db: Database) {
  const sums = db.prepare<[object], { kind: AdjustmentKind; total: number }>(
    `SELECT kind, sum(delta) AS total FROM adjustment WHERE ${IN_WINDOW} GROUP BY kind`,
  )
  const dispute = db
    .prepare<[string, string], string>('SELECT data FROM dispute WHERE tenant = ? AND id = ?')
    .pluck()
  return {
    adjustments: windowLists<Adjustment>(db, 'adjustment'),
    adjustmentSums: (tenant: TenantId, { policy, version, start }: WindowRef): AdjustmentSums => {
      const found = sums.all({ tenant, policy, version, start })
      const of = (kind: AdjustmentKind) => found.find((one) => one.kind === kind)?.total ?? 0
      return { automatic: of('automatic'), purged: of('purged'), manual: of('manual') }
    },
    booked: bookedReader(db),
    disputes: windowLists<Dispute>(db, 'dispute'),
    disputeById: (tenant: TenantId, id: string): Dispute | null => {
      const data = dispute.get(tenant, id)
      return data === undefined ? null : (JSON.parse(data) as Dispute)
    },
  }
}

/** What belongs to a window, by (at, id). */
function windowLists<Item extends Adjustment | Dispute>(db: Database, table: 'adjustment' | 'dispute') {
  const page = db.prepare<[object], { at: number; id: string; data: string }>(
    `SELECT at, id, data FROM ${table} WHERE ${IN_WINDOW} AND (at, id) > (@at, @id) ORDER BY at, id LIMIT @limit`,
  )
  return (tenant: TenantId, window: WindowRef, { limit, cursor }: PageRequest): Page<Item> => {
    const { policy, version, start } = window
    const [at, id] = keyIn(cursor, 'ns') ?? [Number.MIN_SAFE_INTEGER, '']
    const rows = page.all({ tenant, policy, version, start, at, id, limit: limit + 1 })
    return pageOf(
      rows,
      limit,
      (row) => [row.at, row.id],
      (row) => JSON.parse(row.data) as Item,
    )
  }
}

type BookedRow = Omit<Booked, 'evidence'> & { readonly evidence: string | null }

/** The sealed row and the adjustments of each learner, window and key in one line. */
function bookedReader(db: Database): (tenant: TenantId, learner: string) => readonly Booked[] {
  const rows = db.prepare<[object], BookedRow>(
    `WITH RECURSIVE family (number, id) AS (
       SELECT number, id FROM learner WHERE id = @learner AND tenant = @tenant
       UNION ALL
       SELECT l.number, l.id FROM family JOIN learner l ON l.redirect = family.number
     )
     SELECT policy, version, start, learner, key, sum(net) AS net, sum(purged) AS purged, sum(entries) AS entries,
       coalesce(max(sealed), max(added)) AS evidence FROM (
       SELECT c.policy, c.version, c.window_start AS start, r.learner, r.key, 1 AS net, 0 AS purged, 0 AS entries,
         r.evidence AS sealed, NULL AS added
       FROM family CROSS JOIN snapshot_learner s ON s.tenant = @tenant AND s.learner = family.id
         CROSS JOIN snapshot_row r ON r.tenant = s.tenant AND r.draft = s.draft AND r.token = s.token
         CROSS JOIN closing c ON c.tenant = r.tenant AND c.draft = r.draft AND c.closed IS NOT NULL
       UNION ALL
       SELECT a.policy, a.version, a.window_start, a.learner, a.key, a.delta, iif(a.kind = 'purged', a.delta, 0), 1, NULL,
         iif(a.delta > 0, json_extract(a.data, '$.evidence'), NULL)
       FROM family CROSS JOIN adjustment a ON a.tenant = @tenant AND a.learner = family.id AND a.kind <> 'manual'
     ) GROUP BY policy, version, start, learner, key ORDER BY policy, version, start, key, learner`,
  )
  return (tenant, learner) =>
    rows
      .all({ tenant, learner })
      .map((row) => ({ ...row, evidence: row.evidence === null ? null : JSON.parse(row.evidence) }))
}

export function createAdjustmentStore(
  writes: Remote<ReturnType<typeof adjustmentWrites>>,
  reads: Remote<ReturnType<typeof adjustmentReads>>,
): AdjustmentStore {
  return {
    add: writes.addAdjustment,
    list: reads.adjustments,
    sums: reads.adjustmentSums,
    booked: reads.booked,
    dispute: writes.addDispute,
    decide: writes.decideDispute,
    disputes: reads.disputes,
    disputeById: reads.disputeById,
  }
}
