/**
 * Requests to close windows, and what they become. One document for each window decides: it names the only draft that can be
 * sealed, and sealing is a compare-and-set on it. A draft that somebody abandoned, or that another one followed, is lost.
 */
import type { Db } from 'mongodb'
import type { CloseRequest, Closing, SnapshotStore, TenantId, WindowRef } from '../../ports.ts'
import type { Allocator } from '../commit/allocator.ts'
import { firstSeq, keyOf } from '../driver/keys-of.ts'
import { insertOnce, retried } from '../driver/writing.ts'
import { heldLease } from '../jobs/leases.ts'
import { type ClosingDoc, closingCollections } from '../schema/closing-collections.ts'
import type { StatementCollections } from '../schema/collections.ts'

type ClosingPart = Omit<SnapshotStore, 'begin' | 'addRows' | 'rows' | 'rowsOf' | 'holds'>

export function createClosings(db: Db, { links }: StatementCollections, allocator: Allocator): ClosingPart {
  const { closings } = closingCollections(db)
  return {
    ...closingReads(db),
    ...sealing(db),
    request: async ({ tenant, policy, version, start, window, end, requested, author, reason }) => {
      const _id = keyOf(tenant, policy, version, start)
      const given = { tenant, policy, version, start, window, end, requested, author, reason }
      await insertOnce(closings, { ...given, _id, draft: null, drafts: [], waiting: requested })
    },
    cutoff: async () => {
      // A number of its own: whatever is numbered earlier was given out before, whatever comes later is numbered higher.
      const { number, stored } = await allocator.stamp()
      return { at: stored, seq: firstSeq(number) - 1 }
    },
    aliases: async (tenant) => {
      const [last] = await links.find({ tenant }).sort({ seq: -1 }).limit(1).toArray()
      return last?.seq ?? 0
    },
  }
}

function sealing(db: Db): Pick<SnapshotStore, 'abandon' | 'seal' | 'verified'> {
  const { closings } = closingCollections(db)
  const held = heldLease(db)
  return {
    abandon: async (tenant, window) => {
      const open = { _id: placeOf(tenant, window), waiting: { $exists: true } }
      await retried(() => closings.updateOne(open, { $set: { draft: null } }))
    },
    seal: async (lease, tenant, snapshot) => {
      // Whoever takes the lease over abandons the draft before anything is counted: so it is enough to look first.
      if (!(await held(lease))) return 'fenced'
      const { id, closed, cutoff, count, secret, content, signature, publicKey } = snapshot
      const _id = placeOf(tenant, snapshot)
      const seal = { content, signature, publicKey }
      await retried(() =>
        closings.updateOne(
          { _id, draft: id, waiting: { $exists: true } },
          { $set: { closed, cutoff, count, secret, seal }, $unset: { waiting: '' } },
        ),
      )
      // Ours, also when the answer to the first try was lost.
      const mine = { _id, draft: id, 'seal.signature': signature }
      return (await closings.findOne(mine)) ? 'sealed' : 'superseded'
    },
    verified: async (tenant, window, verification) => {
      const closed = { _id: placeOf(tenant, window), closed: { $exists: true } }
      await retried(() => closings.updateOne(closed, { $set: { verification } }))
    },
  }
}

function closingReads(db: Db): Pick<SnapshotStore, 'requests' | 'requestOf' | 'byWindow' | 'closings'> {
  const { closings } = closingCollections(db)
  return {
    requests: async (limit) => {
      const waiting = { waiting: { $gte: Number.MIN_SAFE_INTEGER } }
      return (await closings.find(waiting).sort({ waiting: 1, end: 1 }).limit(limit).toArray()).map(requestOf)
    },
    requestOf: async (tenant, window) => {
      const found = await closings.findOne({ _id: placeOf(tenant, window) })
      return found && found.closed === undefined ? requestOf(found) : null
    },
    byWindow: async (tenant, window) => {
      const found = await closings.findOne({ _id: placeOf(tenant, window) })
      const closing = found && closingOf(found)
      if (!closing || !found?.seal || found.secret === undefined) return null
      const { verification: _, ...snapshot } = closing
      return { ...snapshot, ...found.seal, secret: found.secret }
    },
    closings: async (tenant) => {
      const found = await closings.find({ tenant }).sort({ policy: 1, version: 1, start: 1 }).toArray()
      return found.flatMap((one) => closingOf(one) ?? [])
    },
  }
}

function requestOf(document: ClosingDoc): CloseRequest {
  const { tenant, policy, version, start, window, end, requested, author, reason, draft } = document
  return { tenant, policy, version, start, window, end, requested, author, reason, draft }
}

function closingOf(document: ClosingDoc): Closing | null {
  const { policy, version, start, window, draft: id, cutoff, count, closed, verification = null } = document
  if (id === null || !cutoff || count === undefined || closed === undefined) return null
  return { id, window, policy, version, start, cutoff, count, closed, verification }
}

function placeOf(tenant: TenantId, { policy, version, start }: WindowRef): string {
  return keyOf(tenant, policy, version, start)
}
