/** SnapshotStore on MongoDB: the sealed rows. Their window's document (closings.ts) says which draft counts. */
import type { Db } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { SnapshotRow, SnapshotStore } from '../../ports.ts'
import { slicesOf } from '../../slices.ts'
import type { Allocator } from '../commit/allocator.ts'
import { upsertAll } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { closingCollections, type SnapshotRowDoc } from '../schema/closing-collections.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { createClosings } from './closings.ts'

/** Rows added at once. */
const ROWS = 100

export function createSnapshotStore(
  db: Db,
  collections: StatementCollections,
  allocator: Allocator,
): SnapshotStore {
  return { ...createClosings(db, collections, allocator), ...drafting(db), ...rowReads(db) }
}

function drafting(db: Db): Pick<SnapshotStore, 'begin' | 'addRows'> {
  const { closings, rows } = closingCollections(db)
  return {
    begin: async (tenant, { policy, version, start }, draft) => {
      const open = { _id: keyOf(tenant, policy, version, start), waiting: { $exists: true } }
      const begun = { $set: { draft }, $addToSet: { drafts: draft } }
      const found = await retried(() => closings.findOneAndUpdate(open, begun, { returnDocument: 'before' }))
      if (found === null) return 'sealed'
      // Not of all others: whoever is held up here may have been followed by one whose rows are sealed by now.
      // One that was asked for by an earlier version does not say which were begun.
      const earlier = found.drafts ? { $in: found.drafts.filter((one) => one !== draft) } : { $ne: draft }
      await retried(() => rows.deleteMany({ tenant, policy, version, start, draft: earlier }))
      return 'begun'
    },
    addRows: async (tenant, window, draft, given, rest) => {
      const { policy, version, start } = window
      const _id = keyOf(tenant, policy, version, start)
      for (const some of slicesOf(given, ROWS)) {
        if (!(await closings.findOne({ _id, draft, waiting: { $exists: true } }))) return 'superseded'
        const changes = some.map(({ others, ...row }) => ({
          _id: keyOf(tenant, draft, row.token),
          update: {
            $setOnInsert: { ...row, tenant, policy, version, start, draft, tokens: [row.token, ...others] },
          },
        }))
        await upsertAll(rows, changes)
        if (!(await rest())) return 'stopped'
      }
      return 'added'
    },
  }
}

function rowReads(db: Db): Pick<SnapshotStore, 'rows' | 'rowsOf' | 'holds'> {
  const { rows } = closingCollections(db)
  return {
    rows: async (tenant, draft, { limit, cursor }) => {
      const [after = ''] = (keyIn(cursor, 's') ?? []) as readonly string[]
      const later = { tenant, draft, token: { $gt: after } }
      const found = await rows
        .find(later)
        .sort({ token: 1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(found, limit, ({ token }) => [token], rowOf)
    },
    rowsOf: async (tenant, draft, learner) =>
      (await rows.find({ tenant, learner, draft }).sort({ token: 1 }).toArray()).map(rowOf),
    holds: async (tenant, draft, tokens) =>
      tokens.length > 0 && (await rows.findOne({ tenant, draft, tokens: { $in: [...tokens] } })) !== null,
  }
}

function rowOf({ token, commitment, key, learner, evidence, salt, tokens }: SnapshotRowDoc): SnapshotRow {
  return { token, commitment, key, learner, evidence, salt, others: tokens.slice(1) }
}
