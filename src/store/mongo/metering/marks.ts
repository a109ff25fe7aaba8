/** Dirty marks (ruling 30): the last thing an effect writes, after everything they mark is visible (collections.ts). */

import type { Commit } from '../commit/journal.ts'
import { upsertAll } from '../driver/bulk.ts'
import { firstSeq } from '../driver/keys-of.ts'
import type { IdentityDoc, StatementCollections, StatementDoc } from '../schema/collections.ts'

/** Effective times, ms, both inclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** All of time, for a change whose span is not known; the bounds of a JavaScript Date. */
export const ALWAYS: Span = { from: -8.64e15, to: 8.64e15 }

/** A timestamp further ahead than this is not believed (in-the-wild §4.5, 3). */
const AHEAD_MS = 5 * 60 * 1000

/** When a statement was received: here, or where it was imported from (ruling 37). */
export function receivedOf({ stored, provenance }: Pick<StatementDoc, 'stored' | 'provenance'>): number {
  return provenance?.received ?? stored
}

export function spanOf(statement: Pick<StatementDoc, 'timestamp' | 'stored' | 'provenance'>): Span {
  const received = receivedOf(statement)
  const { timestamp } = statement
  const at = timestamp === null || timestamp > received + AHEAD_MS ? received : timestamp
  return { from: at, to: at }
}

/** What is to be marked, by identityKey. */
export type Spans = Map<string, Span>

export function widen(spans: Spans, who: string, span: Span): void {
  const before = spans.get(who) ?? span
  spans.set(who, { from: Math.min(before.from, span.from), to: Math.max(before.to, span.to) })
}

/** `later`: a second time under the same number. */
export type Stamp = Pick<Commit, 'number' | 'stored'> & { readonly later?: true }

/** `oldest`: the earliest `stored` that no count has seen, when it is earlier than the stamp's. */
export async function markAll(
  { marks }: Pick<StatementCollections, 'marks'>,
  { number, stored, later }: Stamp,
  marked: readonly { readonly identity: IdentityDoc; readonly span: Span }[],
  oldest: number = stored,
): Promise<void> {
  await upsertAll(
    marks,
    marked.map(({ identity: { _id, tenant, ifi, learner }, span }) => ({
      _id,
      update: {
        $setOnInsert: { tenant, ifi, learner },
        $min: { from: span.from, oldest },
        $max: { to: span.to },
        $set: { generation: firstSeq(number) + (later ? 1 : 0) },
      },
    })),
  )
}
