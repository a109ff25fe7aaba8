/** AdjustmentStore on MongoDB: what is added to a closed window. Each one is inserted once, under its id. */
import type { Collection, Db } from 'mongodb'
import { groupBy } from '../../../attempts/group-by.ts'
import type { Booked } from '../../../metering/closing.ts'
import type { Adjustment, AdjustmentStore, AdjustmentSums, TenantId, WindowRef } from '../../ports.ts'
import { whereIn } from '../driver/bulk.ts'
import type { Redirects } from '../learners/redirects.ts'
import {
  type AdjustmentDoc,
  type ClosingDoc,
  closingCollections,
  type SnapshotRowDoc,
} from '../schema/closing-collections.ts'
import { adjustmentWriter, pageIn } from './closing-rows.ts'
import { createDisputes, settleOwed } from './disputes.ts'

export function createAdjustmentStore(db: Db, redirects: Redirects): AdjustmentStore {
  const { adjustments } = closingCollections(db)
  const add = adjustmentWriter(db)
  const settle = settleOwed(db)
  return {
    add: async (tenant, adjustment) => ((await add(tenant, adjustment)) ? 'added' : 'there'),
    list: async (tenant, window, page) => {
      await settle(tenant, window)
      return pageIn<AdjustmentDoc, Adjustment>(adjustments, { tenant, window }, page)
    },
    sums: async (tenant, window) => {
      await settle(tenant, window)
      return sumsIn(adjustments, tenant, window)
    },
    booked: bookedReader(db, redirects),
    ...createDisputes(db),
  }
}

async function sumsIn(
  adjustments: Collection<AdjustmentDoc>,
  tenant: TenantId,
  { policy, version, start }: WindowRef,
): Promise<AdjustmentSums> {
  const totals = await adjustments
    .aggregate<{ _id: AdjustmentDoc['kind']; total: number }>([
      { $match: { tenant, policy, version, start } },
      { $group: { _id: '$kind', total: { $sum: '$delta' } } },
    ])
    .toArray()
  const of = (kind: AdjustmentDoc['kind']) => totals.find(({ _id }) => _id === kind)?.total ?? 0
  return { automatic: of('automatic'), purged: of('purged'), manual: of('manual') }
}

/** The sealed row and the adjustments of each learner, window and key in one. */
function bookedReader(db: Db, redirects: Redirects): AdjustmentStore['booked'] {
  const { closings, rows, adjustments } = closingCollections(db)
  return async (tenant, learner) => {
    const family = await redirects.groupOf(tenant, [learner])
    const sealed = await whereIn(rows, { tenant }, 'learner', family)
    const drafts = sealed.map(({ draft }) => draft)
    const closed = new Set(
      (await whereIn<ClosingDoc>(closings, { tenant }, 'draft', drafts))
        .filter((one) => one.closed !== undefined)
        .map(({ draft }) => draft),
    )
    const found = await whereIn(adjustments, { tenant }, 'learner', family)
    const lines = [
      ...sealed.filter(({ draft }) => closed.has(draft)).map(lineOfRow),
      ...found.filter(({ kind }) => kind !== 'manual').map(lineOfAdjustment),
    ]
    return [...groupBy(lines, nameOf).values()].map(together).sort(inOrder)
  }
}

function lineOfRow({ policy, version, start, learner, key, evidence }: SnapshotRowDoc): Booked {
  return { policy, version, start, learner: learner ?? '', key, net: 1, purged: 0, entries: 0, evidence }
}

function lineOfAdjustment({
  policy,
  version,
  start,
  kind,
  learner,
  key,
  delta,
  data,
}: AdjustmentDoc): Booked {
  const evidence = delta > 0 ? (JSON.parse(data) as Adjustment).evidence : null
  const purged = kind === 'purged' ? delta : 0
  return { policy, version, start, learner: learner ?? '', key, net: delta, purged, entries: 1, evidence }
}

function together(lines: readonly Booked[]): Booked {
  const [first] = lines as [Booked]
  const sealed = lines.find(({ entries }) => entries === 0)?.evidence
  const added = lines.flatMap(({ evidence }) => (evidence ? [JSON.stringify(evidence)] : [])).sort()
  return {
    ...first,
    net: lines.reduce((sum, { net }) => sum + net, 0),
    purged: lines.reduce((sum, { purged }) => sum + purged, 0),
    entries: lines.reduce((sum, { entries }) => sum + entries, 0),
    evidence: sealed ?? JSON.parse(added.at(-1) ?? 'null'),
  }
}

function nameOf({ policy, version, start, learner, key }: Booked): string {
  return JSON.stringify([policy, version, start, learner, key])
}

function inOrder(a: Booked, b: Booked): number {
  const byWindow = compare(a.policy, b.policy) || a.version - b.version || a.start - b.start
  return byWindow || compare(a.key, b.key) || compare(a.learner, b.learner)
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
