/** Statements in order of their own time: each way to ask has its index (collections.ts). */

import type { StatementStore } from '../../ports.ts'
import type { Allocator } from '../commit/allocator.ts'
import { behind } from '../driver/keyset.ts'
import { retried } from '../driver/writing.ts'
import type { StatementCollections, StatementDoc } from '../schema/collections.ts'
import { hiddenWords } from './hidden-words.ts'
import { SHOWN, shownOf } from './statement-docs.ts'

export function createSelectByTime(
  { statements }: StatementCollections,
  allocator: Pick<Allocator, 'horizon'>,
): StatementStore['selectByTime'] {
  const projection = { ...SHOWN.projection, at: 1 } as const
  return async (tenant, { terms, from, before, ascending, limit, after, upTo }) => {
    const { seq } = await allocator.horizon()
    const direction = ascending ? 1 : -1
    const filter = {
      tenant,
      ...(terms.length > 0 && { terms: { $all: hiddenWords(terms) } }),
      at: { $gte: from ?? Number.MIN_SAFE_INTEGER, ...(before !== undefined && { $lt: before }) },
      $and: [behind(after && { at: after.at, seq: after.seq }, direction)],
      seq: { $gt: 0, $lte: Math.min(upTo, seq) },
      voided: false,
    }
    const found = await retried(() =>
      statements
        .find(filter, { projection })
        .sort({ at: direction, seq: direction })
        .limit(limit + 1)
        .toArray(),
    )
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    return {
      items: shown.map(shownOf),
      next: found.length > limit && last ? placeOf(last) : null,
    }
  }
}

function placeOf({ at, seq }: StatementDoc): { at: number; seq: number } {
  return { at, seq: seq ?? 0 }
}
