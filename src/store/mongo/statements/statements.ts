/** The StatementStore on MongoDB: what readers see ends at the horizon (ruling 29). */

import type { Filter } from 'mongodb'
import { pageRange, type Range } from '../../page-range.ts'
import type { Batch, BatchOutcome, StatementSelection, StatementStore, TenantId } from '../../ports.ts'
import type { Allocator } from '../commit/allocator.ts'
import type { Claims } from '../commit/claims.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import type { StatementCollections, StatementDoc } from '../schema/collections.ts'
import { hiddenWords } from './hidden-words.ts'
import { SHOWN, shownOf } from './statement-docs.ts'
import { createSelectByTime } from './statements-by-time.ts'

export interface StatementParts {
  readonly collections: StatementCollections
  readonly allocator: Allocator
  readonly claims: Claims
  readonly insert: (tenant: TenantId, batch: Batch) => Promise<BatchOutcome>
}

const SCANNED = { projection: { ...SHOWN.projection, provenance: 1 } } as const

export function createStatementStore({
  collections,
  allocator,
  claims,
  insert,
}: StatementParts): StatementStore {
  const { statements } = collections
  const rangeOf = createRanges(collections)
  const read = (filter: Filter<StatementDoc>, direction: 1 | -1, limit: number) =>
    retried(() => statements.find(filter, SHOWN).sort({ seq: direction }).limit(limit).toArray())

  return {
    insert,
    find: async (tenant, id, voided) => {
      const found = await retried(() => statements.findOne({ _id: keyOf(tenant, id) }, SHOWN))
      const doc = found && (found.seq === undefined ? await claims.ifCommitted(found) : found)
      if (!doc || (voided !== undefined && voided !== doc.voided)) return null
      return shownOf(doc)
    },
    select: async (tenant, selection) => {
      const { seq } = await allocator.horizon()
      const range = await rangeOf(tenant, selection, seq)
      if (range === null) return { items: [], more: false }
      const { terms, ascending, limit } = selection
      const found = await read(
        {
          tenant,
          ...(terms.length > 0 && { terms: { $all: hiddenWords(terms) } }),
          seq: { $gte: range.from, $lte: range.to },
          voided: false,
        },
        ascending ? 1 : -1,
        limit + 1,
      )
      return { items: found.slice(0, limit).map(shownOf), more: found.length > limit }
    },
    selectByTime: createSelectByTime(collections, allocator),
    lastSeq: async (tenant) => {
      const { seq } = await allocator.horizon()
      const [last] = await read({ tenant, seq: { $gt: 0, $lte: seq } }, -1, 1)
      return last?.seq ?? 0
    },
    count: async (tenant, upTo) => {
      const { seq } = await allocator.horizon()
      const range = { tenant, seq: { $gt: 0, $lte: Math.min(upTo, seq) } }
      return await retried(() => statements.countDocuments(range))
    },
    scan: async (tenant, afterSeq, limit) => {
      const { seq } = await allocator.horizon()
      const range = { tenant, seq: { $gt: afterSeq, $lte: seq } }
      const found = await retried(() =>
        statements.find(range, SCANNED).sort({ seq: 1 }).limit(limit).toArray(),
      )
      return found.map((doc) => ({ ...shownOf(doc), ...(doc.provenance && { provenance: doc.provenance }) }))
    },
    consistentThrough: async () => (await allocator.raisedHorizon()).through,
  }
}

/** The seqs a selection can reach; null when there are none. Times become seqs by looking up one statement each. */
function createRanges({ statements }: StatementCollections) {
  const SEQ = { projection: { seq: 1 } } as const
  const firstAfter = async (tenant: TenantId, since: number) => {
    const filter = { tenant, stored: { $gt: since }, seq: { $gt: 0 } }
    return (await retried(() => statements.findOne(filter, { ...SEQ, sort: { stored: 1, seq: 1 } })))?.seq
  }
  const lastUntil = async (tenant: TenantId, until: number) => {
    const filter = { tenant, stored: { $lte: until }, seq: { $gt: 0 } }
    return (await retried(() => statements.findOne(filter, { ...SEQ, sort: { stored: -1, seq: -1 } })))?.seq
  }
  return async (tenant: TenantId, selection: StatementSelection, horizon: number): Promise<Range | null> => {
    const { since, until } = selection
    const [first, last] = await Promise.all([
      since === undefined ? 1 : firstAfter(tenant, since),
      until === undefined ? horizon : lastUntil(tenant, until),
    ])
    if (first === undefined || last === undefined) return null
    const range = pageRange(selection, { from: first, to: Math.min(last, horizon) })
    return range.from > range.to ? null : range
  }
}
