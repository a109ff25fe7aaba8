/** What must be written so that a learner's rows become what a recount wants, pure. */
import type { TenantId, WindowRef } from '../../ports.ts'
import type { CountedDoc, RecountDoc, RowDoc, UnsettledPart } from '../schema/meter-collections.ts'
import { windowOf } from './counted-rows.ts'
import type { RowChanges } from './rows.ts'
import type { Touched } from './totals.ts'

export interface Stamp {
  readonly tenant: TenantId
  readonly learner: string
  readonly n: number
}

/**
 * @param mayCome `_id` of rows that recounts which were cut off may still write; null when none was: then the rows are what
 *   the last one wrote, and only what differs is written. Else all are, so that each carries the new number.
 */
export function rowChanges<Row extends RowDoc>(
  stamp: Stamp,
  before: readonly Row[],
  wanted: readonly Row[],
  mayCome: readonly string[] | null,
): RowChanges<Row> {
  const known = new Map(before.map((row) => [row._id, contentOf(row)]))
  const wantedIds = new Set(wanted.map(({ _id }) => _id))
  const unwanted = (mayCome ?? []).filter((_id) => !wantedIds.has(_id))
  const buried = new Set(unwanted)
  return {
    put: wanted.filter((row) => mayCome !== null || known.get(row._id) !== contentOf(row)),
    remove: before
      .filter(({ _id, gone }) => !gone && !wantedIds.has(_id) && !buried.has(_id))
      .map(({ _id }) => _id),
    bury: unwanted.map((_id) => ({ _id, ...stamp, gone: true })),
  }
}

/** The windows whose totals the changes change. */
export function touchedWindows(
  before: readonly CountedDoc[],
  { put, remove }: RowChanges<CountedDoc>,
): readonly WindowRef[] {
  const there = new Map(before.filter(({ gone }) => !gone).map((row) => [row._id, row]))
  const came = put.filter(({ _id }) => !there.has(_id))
  const went = remove.flatMap((_id) => there.get(_id) ?? [])
  return distinct([...came, ...went].map(windowOf))
}

/** The policies whose number of learners the change may change. */
export function touchedPolicies(
  before: RecountDoc['qualified'],
  after: RecountDoc['qualified'],
): readonly string[] {
  const [old, now] = [before, after].map((rows) => new Set(rows.map(({ policy }) => policy)))
  const came = [...(now ?? [])].filter((policy) => !old?.has(policy))
  const went = [...(old ?? [])].filter((policy) => !now?.has(policy))
  return [...came, ...went]
}

/**
 * What may still be written, and which totals may be wrong, from here until the recount is settled; null when nothing is to be
 * written at all.
 */
export function unsettledAfter(
  earlier: UnsettledPart | undefined,
  counted: RowChanges<RowDoc>,
  attempts: RowChanges<RowDoc>,
  touched: Touched,
): UnsettledPart | null {
  const idsOf = ({ put }: RowChanges<RowDoc>) => put.map(({ _id }) => _id)
  const changes = [counted.put, counted.remove, attempts.put, attempts.remove, touched.policies]
  if (!earlier && changes.every(({ length }) => length === 0)) return null
  return {
    counted: distinct([...(earlier?.counted ?? []), ...idsOf(counted)]),
    attempts: distinct([...(earlier?.attempts ?? []), ...idsOf(attempts)]),
    windows: distinct([...(earlier?.windows ?? []), ...touched.windows]),
    policies: distinct([...(earlier?.policies ?? []), ...touched.policies]),
  }
}

function contentOf<Row extends RowDoc>({ n: _, ...row }: Row): string {
  return JSON.stringify(row)
}

function distinct<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()]
}
