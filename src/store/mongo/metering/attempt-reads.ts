/** Attempts and the administrator's work list, as reports read them. */

import type { Db, Document, Filter } from 'mongodb'
import { keyIn, pageOf } from '../../page.ts'
import type { AttemptSelection, MeteringStore, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import { type AttemptDoc, meterCollections } from '../schema/meter-collections.ts'
import { attemptOf } from './attempt-rows.ts'

export function attemptReads(db: Db): MeteringStore['attempts'] {
  const { attempts } = meterCollections(db)
  return async (tenant, selection) => {
    const rows = await attempts
      .find(attemptFilter(tenant, selection))
      .sort({ first: -1, id: -1 })
      .limit(selection.limit + 1)
      .toArray()
    return pageOf(rows, selection.limit, (row) => [row.first, row.id], attemptOf)
  }
}

function attemptFilter(tenant: TenantId, selection: AttemptSelection): Filter<AttemptDoc> {
  const { learner, element, after, before, tracked, reason, deleted, cursor } = selection
  const key = keyIn(cursor, 'ns') as [number, string] | null
  const untracked = tracked === undefined && reason !== undefined && reason !== 'tracked' ? false : tracked
  const conditions: Document[] = [
    // A tombstone has none.
    { first: { $gte: after ?? Number.MIN_SAFE_INTEGER } },
    ...(before === undefined ? [] : [{ first: { $lt: before } }]),
    behind(key && { first: key[0], id: key[1] }, -1),
    ...(untracked === undefined ? [] : [{ tracked: untracked }]),
    ...(reason === undefined ? [] : [{ reason }]),
  ]
  return {
    tenant,
    ...(learner !== undefined && { learner }),
    ...(element !== undefined && { element }),
    ...(!deleted && { deleted: false }),
    $and: conditions as Filter<AttemptDoc>[],
  }
}

export function untrackedReader(db: Db): MeteringStore['untrackedOf'] {
  const { recounts } = meterCollections(db)
  return async (tenant, learner) => {
    const found = await recounts.findOne({ _id: keyOf(tenant, learner) }, { projection: { untracked: 1 } })
    const inOrder = (found?.untracked ?? []).toSorted((a, b) => (a.reason < b.reason ? -1 : 1))
    return Object.fromEntries(inOrder.map(({ reason, statements }) => [reason, statements]))
  }
}

export function reviewReads(db: Db): MeteringStore['review'] {
  const { recounts, attempts } = meterCollections(db)
  type Untracked = Awaited<ReturnType<MeteringStore['review']>>['untracked'][number]
  return async (tenant) => {
    const untracked = await recounts
      .aggregate<{ _id: Untracked['reason']; statements: number; learners: number }>([
        { $match: { tenant, 'untracked.reason': { $gt: '' } } },
        { $unwind: '$untracked' },
        {
          $group: {
            _id: '$untracked.reason',
            statements: { $sum: '$untracked.statements' },
            learners: { $sum: 1 },
          },
        },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    const defaults = await attempts
      .aggregate<{ _id: string; attempts: number }>([
        { $match: { tenant, byDefault: { $gt: '' } } },
        { $group: { _id: '$byDefault', attempts: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ])
      .toArray()
    return {
      untracked: untracked.map(({ _id: reason, ...rest }) => ({ reason, ...rest })),
      defaultElements: defaults.map(({ _id: element, attempts: number }) => ({ element, attempts: number })),
      mixed: await attempts.countDocuments({ tenant, mixed: true }),
    }
  }
}
