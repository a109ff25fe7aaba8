/** SnapshotStore on SQLite: the sealed rows. Their window's row (closings.ts) says which draft counts. */

import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { Page, PageRequest, SnapshotRow, SnapshotStore, TenantId, WindowRef } from '../../ports.ts'
import { slicesOf } from '../../slices.ts'
import type { Database } from '../database.ts'
import type { closingReads, closingWrites } from './closings.ts'

/** Rows of given-up drafts removed in one commit. */
const SLICE = 1_000
/** Rows added in one commit: few enough to leave ingest its share. */
const ROWS = 100
/** Of those they are found by; they are small. */
const LEARNERS = 250

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
  // Two who were merged since they were counted have one token, and one of them the row.
  const learner = db.prepare<[string, string, string, string]>(
    `INSERT INTO snapshot_learner (tenant, learner, draft, token) SELECT tenant, learner, draft, token FROM snapshot_row
     WHERE tenant = ? AND draft = ? AND token = ? AND learner = ? ON CONFLICT DO NOTHING`,
  )
  const clear = draftClearer(db)
  const isCurrent = (tenant: TenantId, { policy, version, start }: WindowRef, draft: string): boolean =>
    current.get({ tenant, policy, version, start, draft }) !== undefined
  return {
    addSnapshotRows: (
      tenant: TenantId,
      window: WindowRef,
      draft: string,
      rows: readonly SnapshotRow[],
    ): 'added' | 'superseded' => {
      if (!isCurrent(tenant, window, draft)) return 'superseded'
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
    addSnapshotLearners: (
      tenant: TenantId,
      window: WindowRef,
      draft: string,
      found: readonly Found[],
    ): 'added' | 'superseded' => {
      if (!isCurrent(tenant, window, draft)) return 'superseded'
      for (const one of found) learner.run(tenant, draft, one.token, one.learner)
      return 'added'
    },
    clearDrafts: (tenant: TenantId, window: WindowRef, draft: string): boolean =>
      isCurrent(tenant, window, draft) && clear(tenant, window, draft),
  }
}

/** A learner whose row has this token. */
interface Found {
  readonly learner: string
  readonly token: string
}

/** Removes some rows of the window's earlier drafts; true when there may be more. */
function draftClearer(db: Database) {
  const earlier = db.prepare<[object], { readonly draft: string }>(
    `SELECT draft FROM snapshot_draft WHERE tenant = @tenant AND policy = @policy AND version = @version
       AND window_start = @start AND draft <> @draft LIMIT 1`,
  )
  const some = (table: string) => `tenant = @tenant AND draft = @old AND token IN (
         SELECT token FROM ${table} WHERE tenant = @tenant AND draft = @old LIMIT ${SLICE})`
  const lost = db.prepare<[object]>(
    `DELETE FROM snapshot_learner WHERE (tenant, learner, draft, token) IN (
       SELECT tenant, learner, draft, token FROM snapshot_row WHERE ${some('snapshot_row')})`,
  )
  const remove = ['snapshot_row', 'snapshot_token'].map((table) =>
    db.prepare<[object]>(`DELETE FROM ${table} WHERE ${some(table)}`),
  )
  const forget = db.prepare<[string, string]>('DELETE FROM snapshot_draft WHERE tenant = ? AND draft = ?')
  return (tenant: TenantId, { policy, version, start }: WindowRef, draft: string): boolean => {
    const old = earlier.get({ tenant, policy, version, start, draft })?.draft
    if (old === undefined) return false
    lost.run({ tenant, old })
    const removed = remove.reduce((sum, table) => sum + table.run({ tenant, old }).changes, 0)
    if (removed === 0) forget.run(tenant, old)
    return true
  }
}

export function snapshotRowReads(db: Database) {
  const page = db.prepare<[string, string, string, number], Row>(
    `SELECT ${COLUMNS} FROM snapshot_row WHERE tenant = ? AND draft = ? AND token > ? ORDER BY token LIMIT ?`,
  )
  const ofLearner = db.prepare<[object], Row>(
    `SELECT ${COLUMNS} FROM snapshot_row WHERE tenant = @tenant AND draft = @draft AND token IN (
       SELECT token FROM snapshot_learner WHERE tenant = @tenant AND learner = @learner AND draft = @draft)
     ORDER BY token`,
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
      ofLearner.all({ tenant, learner, draft: id }).map(rowOf),
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

/**
 * Rows ascending by token, then what they are found by ascending by learner: commits that follow each other write the same pages.
 * A draft whose second half is missing cannot have been sealed.
 */
function rowsAdder({ addSnapshotRows, addSnapshotLearners }: Writes): SnapshotStore['addRows'] {
  return async (tenant, window, draft, rows, rest) => {
    const commits = [
      ...[...slicesOf(rows, ROWS)].map((some) => () => addSnapshotRows(tenant, window, draft, some)),
      ...[...slicesOf(foundBy(rows), LEARNERS)].map(
        (some) => () => addSnapshotLearners(tenant, window, draft, some),
      ),
    ]
    for (const commit of commits) {
      if ((await commit()) === 'superseded') return 'superseded'
      if (!(await rest())) return 'stopped'
    }
    return 'added'
  }
}

/** Ascending by learner. */
function foundBy(rows: readonly SnapshotRow[]): readonly Found[] {
  return rows
    .flatMap(({ learner, token }) => (learner === null ? [] : [{ learner, token }]))
    .sort((a, b) => (a.learner < b.learner ? -1 : 1))
}

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
    addRows: rowsAdder(writes),
    seal: writes.sealSnapshot,
    byWindow: reads.snapshotOf,
    closings: reads.closings,
    rows: reads.snapshotRows,
    rowsOf: reads.snapshotRowsOf,
    holds: reads.snapshotHolds,
    verified: writes.noteVerification,
  }
}
