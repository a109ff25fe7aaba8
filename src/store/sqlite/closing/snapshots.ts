/** SnapshotStore on SQLite: the sealed rows. Their window's row (closings.ts) says which draft counts. */

import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { Page, PageRequest, SnapshotRow, SnapshotStore, TenantId, WindowRef } from '../../ports.ts'
import type { Database } from '../database.ts'
import type { closingReads, closingWrites } from './closings.ts'

/** Rows of given-up drafts removed in one commit. */
const SLICE = 1_000

type Row = Omit<SnapshotRow, 'evidence' | 'others'> & {
  readonly evidence: string | null
  readonly others: string
}

const COLUMNS = 'token, commitment, key, learner, evidence, salt, others'

export function snapshotRowWrites(db: Database) {
  const current = db.prepare<[object], unknown>(
    `SELECT 1 FROM closing WHERE tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start
       AND draft = @draft AND closed IS NULL`,
  )
  const put = db.prepare(
    `INSERT INTO snapshot_row (tenant, draft, ${COLUMNS})
     VALUES (@tenant, @draft, @token, @commitment, @key, @learner, @evidence, @salt, @others) ON CONFLICT DO NOTHING`,
  )
  const token = db.prepare<[string, string, string]>(
    'INSERT INTO snapshot_token (tenant, draft, token) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  return {
    addSnapshotRows: (
      tenant: TenantId,
      window: WindowRef,
      draft: string,
      rows: readonly SnapshotRow[],
    ): 'added' | 'superseded' => {
      const { policy, version, start } = window
      if (!current.get({ tenant, policy, version, start, draft })) return 'superseded'
      for (const row of rows) {
        const { evidence, others } = row
        put.run({
          ...row,
          tenant,
          draft,
          evidence: evidence && JSON.stringify(evidence),
          others: JSON.stringify(others),
        })
        for (const other of others) token.run(tenant, draft, other)
      }
      return 'added'
    },
    clearDrafts: draftClearer(db),
  }
}

/** Removes some rows of the window's earlier drafts; true when there may be more. */
function draftClearer(db: Database) {
  const earlier = db.prepare<[object], { readonly draft: string }>(
    `SELECT draft FROM snapshot_draft WHERE tenant = @tenant AND policy = @policy AND version = @version
       AND window_start = @start AND draft <> @draft LIMIT 1`,
  )
  const remove = ['snapshot_row', 'snapshot_token'].map((table) =>
    db.prepare<[object]>(
      `DELETE FROM ${table} WHERE tenant = @tenant AND draft = @old AND token IN (
         SELECT token FROM ${table} WHERE tenant = @tenant AND draft = @old LIMIT ${SLICE})`,
    ),
  )
  const forget = db.prepare<[string, string]>('DELETE FROM snapshot_draft WHERE tenant = ? AND draft = ?')
  return (tenant: TenantId, { policy, version, start }: WindowRef, draft: string): boolean => {
    const old = earlier.get({ tenant, policy, version, start, draft })?.draft
    if (old === undefined) return false
    const removed = remove.reduce((sum, table) => sum + table.run({ tenant, old }).changes, 0)
    if (removed === 0) forget.run(tenant, old)
    return true
  }
}

export function snapshotRowReads(db: Database) {
  const page = db.prepare<[string, string, string, number], Row>(
    `SELECT ${COLUMNS} FROM snapshot_row WHERE tenant = ? AND draft = ? AND token > ? ORDER BY token LIMIT ?`,
  )
  const ofLearner = db.prepare<[string, string, string], Row>(
    `SELECT ${COLUMNS} FROM snapshot_row WHERE tenant = ? AND learner = ? AND draft = ? ORDER BY token`,
  )
  const main = db.prepare<[string, string, string]>(
    'SELECT 1 FROM snapshot_row WHERE tenant = ? AND draft = ? AND token = ?',
  )
  const other = db.prepare<[string, string, string]>(
    'SELECT 1 FROM snapshot_token WHERE tenant = ? AND draft = ? AND token = ?',
  )
  return {
    snapshotRows: (tenant: TenantId, id: string, { limit, cursor }: PageRequest): Page<SnapshotRow> => {
      const [after = ''] = (keyIn(cursor, 's') ?? []) as readonly string[]
      return pageOf(page.all(tenant, id, after, limit + 1), limit, (row) => [row.token], rowOf)
    },
    snapshotRowsOf: (tenant: TenantId, id: string, learner: string): readonly SnapshotRow[] =>
      ofLearner.all(tenant, learner, id).map(rowOf),
    snapshotHolds: (tenant: TenantId, id: string, tokens: readonly string[]): boolean =>
      tokens.some((token) => main.get(tenant, id, token) ?? other.get(tenant, id, token)),
  }
}

function rowOf(row: Row): SnapshotRow {
  return {
    ...row,
    evidence: row.evidence === null ? null : (JSON.parse(row.evidence) as SnapshotRow['evidence']),
    others: JSON.parse(row.others) as readonly string[],
  }
}

type Writes = Remote<ReturnType<typeof closingWrites> & ReturnType<typeof snapshotRowWrites>>
type Reads = Remote<ReturnType<typeof closingReads> & ReturnType<typeof snapshotRowReads>>

export function createSnapshotStore(writes: Writes, reads: Reads): SnapshotStore {
  return {
    request: writes.requestClose,
    requests: reads.closeRequests,
    requestOf: reads.closeRequestOf,
    cutoff: writes.cutoff,
    aliases: reads.linksMade,
    begin: async (tenant, window, draft) => {
      const begun = await writes.beginDraft(tenant, window, draft)
      if (begun === 'sealed') return begun
      while (await writes.clearDrafts(tenant, window, draft));
      return begun
    },
    abandon: writes.abandonDraft,
    addRows: writes.addSnapshotRows,
    seal: writes.sealSnapshot,
    byWindow: reads.snapshotOf,
    closings: reads.closings,
    rows: reads.snapshotRows,
    rowsOf: reads.snapshotRowsOf,
    holds: reads.snapshotHolds,
    verified: writes.noteVerification,
  }
}
