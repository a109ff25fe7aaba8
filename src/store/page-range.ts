/** Which statements a page of a selection can hold, by their seqs. */
import type { StatementSelection } from './ports.ts'

/** Seqs, both inclusive. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** What is left of a range for the page after `after`. */
export function pageRange(
  { after, upTo = Infinity, ascending }: StatementSelection,
  { from, to }: Range,
): Range {
  const newest = Math.min(to, upTo)
  if (after === undefined) return { from, to: newest }
  return ascending
    ? { from: Math.max(from, after + 1), to: newest }
    : { from, to: Math.min(newest, after - 1) }
}
