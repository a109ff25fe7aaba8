/** RemovalStore on SQLite: deleting statements (A21–A24). The acts themselves are in deletions.ts. */
import type { Tombstone } from '../../../metering/tombstone.ts'
import type { Remote } from '../../calls.ts'
import type { RemovalStore, TenantId } from '../../ports.ts'
import { createTenantNumbers } from '../accounts/tenant-numbers.ts'
import { createAttachmentRelease } from '../attachments/attachments.ts'
import type { Database, WriteContext } from '../database.ts'
import { createFactWriter } from '../metering/facts.ts'
import { ALWAYS, markIdentity } from '../metering/marks.ts'
import { rememberPurged } from '../statements/purged.ts'
import { idBytes } from '../statements/statements-existing.ts'
import { createTermIndex, partitionOf, tableOf } from '../statements/term-index.ts'
import { uuidBytes } from '../statements/uuid.ts'
import { createVoiding, prepareTarget } from '../statements/voids.ts'
import type { deletionReads, deletionWrites } from './deletions.ts'

/** Pages of the index rewritten in one commit. */
const CLEAN_PAGES = 256

export function removalWrites(db: Database, context: WriteContext) {
  const numberOf = createTenantNumbers(db, context)
  const target = prepareTarget(db)
  const voiding = createVoiding(db, createTermIndex(db, context), createFactWriter(db, context))
  const purge = purger(db, context)
  const bury = burier(db, context)
  return {
    hideStatements: (tenant: TenantId, ids: readonly string[]): number => {
      const number = numberOf(tenant)
      const found = ids
        .map((id) => target(number, idBytes(id)))
        .filter((one) => one !== undefined && one.voiding === 0 && one.voided === 0)
      for (const one of found) if (one) voiding.apply(tenant, one, context.stored())
      return found.length
    },
    purgeStatements: (tenant: TenantId, ids: readonly string[], tombstones: readonly Tombstone[]): number => {
      const number = numberOf(tenant)
      const gone = ids.filter((id) => purge(tenant, number, idBytes(id)))
      for (const tombstone of tombstones) bury(tenant, tombstone)
      return gone.length
    },
    cleanIndex: cleaner(db),
  }
}

/** Deletes one statement and whatever is kept under its seq. @returns false when there is none */
function purger(db: Database, context: WriteContext) {
  const target = prepareTarget(db)
  const facts = createFactWriter(db, context)
  const index = createTermIndex(db, context)
  const releaseAttachments = createAttachmentRelease(db, context)
  const rows = ['provenance', 'propagation', 'statement'].map((table) =>
    db.prepare<[number]>(`DELETE FROM ${table} WHERE seq = ?`),
  )
  const edges = db.prepare<[number, Buffer, number]>(
    'DELETE FROM reference WHERE tenant = ? AND target = ? AND seq = ?',
  )
  const rawOf = db.prepare<[number], string>('SELECT raw FROM statement WHERE seq = ?').pluck()
  const uncleaned = db.prepare<[number]>('INSERT OR REPLACE INTO uncleaned (partition) VALUES (?)')
  return (tenant: TenantId, number: number, id: Buffer): boolean => {
    const found = target(number, id)
    if (found === undefined || found.voiding === 1) return false
    const { seq, voided } = found
    facts.replace({ tenant, ...found }, [], context.stored())
    rememberPurged(db, number, id)
    if (voided === 0) index.remove(seq)
    const refersTo = referredIn(rawOf.get(seq) ?? '{}')
    if (refersTo) edges.run(number, refersTo, seq)
    for (const row of rows) row.run(seq)
    releaseAttachments(seq)
    uncleaned.run(partitionOf(seq))
    return true
  }
}

/** The id a statement's object refers to, as it was noted when it came in. */
function referredIn(raw: string): Buffer | null {
  const { object } = JSON.parse(raw) as { object?: { objectType?: string; id?: string } }
  return object?.objectType === 'StatementRef' ? uuidBytes(object.id?.toLowerCase() ?? '') : null
}

function burier(db: Database, context: WriteContext) {
  const identity = db
    .prepare<[string, string], number>('SELECT id FROM identity WHERE tenant = ? AND ifi = ?')
    .pluck()
  const add = db.prepare('INSERT OR IGNORE INTO tombstone (identity, at, id, data) VALUES (?, ?, ?, ?)')
  return (tenant: TenantId, tombstone: Tombstone): void => {
    const of = identity.get(tenant, tombstone.learner)
    if (of === undefined) return
    add.run(of, tombstone.at, tombstone.id, JSON.stringify(tombstone))
    markIdentity(db, tenant, of, ALWAYS, context.stored())
  }
}

/**
 * Tokens of a deleted row stay readable in the index until the segment they are in is merged: each partition is merged to one
 * segment, some pages in each commit.
 */
function cleaner(db: Database): () => 'more' | 'done' {
  const next = db.prepare<[], { partition: number; begun: number }>(
    'SELECT partition, begun FROM uncleaned ORDER BY partition LIMIT 1',
  )
  const begin = db.prepare<[number]>('UPDATE uncleaned SET begun = 1 WHERE partition = ?')
  const done = db.prepare<[number]>('DELETE FROM uncleaned WHERE partition = ?')
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck()
  return () => {
    const found = next.get()
    if (found === undefined) return 'done'
    const { partition, begun } = found
    const table = tableOf(partition)
    const before = changes.get() ?? 0
    // A negative number begins to merge everything; positive ones go on with it.
    db.prepare<[number]>(`INSERT INTO ${table} (${table}, rank) VALUES ('merge', ?)`).run(
      begun ? CLEAN_PAGES : -CLEAN_PAGES,
    )
    // The command itself is one change.
    if (begun && (changes.get() ?? 0) - before < 2) done.run(partition)
    else if (!begun) begin.run(partition)
    return 'more'
  }
}

export function createRemovalStore(
  writes: Remote<ReturnType<typeof removalWrites> & ReturnType<typeof deletionWrites>>,
  reads: Remote<ReturnType<typeof deletionReads>>,
): RemovalStore {
  return {
    hide: writes.hideStatements,
    purge: writes.purgeStatements,
    clean: writes.cleanIndex,
    addDeletion: writes.addDeletion,
    saveDeletion: writes.saveDeletion,
    deletion: reads.deletionById,
    deletions: reads.deletionPage,
    openDeletions: reads.openDeletions,
  }
}
