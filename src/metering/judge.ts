/** What is compared with the limit: a window on its own, a mean, a sum, or what a bank leaves over (counting §3). */
import { monthOf, parseDay, plusMonths, rememberedInstant, utcDay } from './dates.ts'
import type { Policy } from './policy.ts'

/** A year, unless the policy's windows tile a term of their own. */
export function termMonths({ within }: Policy['window']): number {
  return within?.months ?? 12
}

/** The term that holds an instant, ms: from the anchor, or from January, in steps of the term. */
export function termAt(
  window: Policy['window'],
  at: number,
): { readonly start: number; readonly end: number } {
  const months = termMonths(window)
  const anchor = window.kind === 'anchored' ? parseDay(window.anchor ?? '1970-01-01') : 0
  const edge = (index: number) => rememberedInstant(plusMonths(anchor, index * months), window.timeZone)
  let index = Math.floor((monthOf(utcDay(at)) - monthOf(anchor)) / months) + 1
  while (edge(index) > at) index -= 1
  return { start: edge(index), end: edge(index + 1) }
}

/** Windows whose counts judging one needs, itself left out. */
export interface Needed {
  /** The nearest before it, newest first. */
  readonly before: number
  /** Those before it that began in its term. */
  readonly ofTerm: boolean
}

export function neededBy({ limit }: Policy): Needed {
  return {
    before: limit.judge === 'mean-of-3' ? 2 : 0,
    ofTerm: limit.judge === 'sum-over-term' || (limit.bank ?? 0) > 0,
  }
}

export interface Judged {
  readonly by: Policy['limit']['judge']
  /** Learners compared with the limit; a mean may have two decimals. */
  readonly value: number
  /** The same in whole numbers: the sum, and how many limits it is compared with. */
  readonly sum: number
  readonly limits: number
  /** How many windows went into it. */
  readonly windows: number
  /** What the bank still covers, this window's draw taken off; null without a bank. */
  readonly bankLeft: number | null
  /** Beyond the limit and what the bank covers (Q23). */
  readonly over: number
  readonly tolerated: boolean
}

interface Counts {
  readonly active: number
  /** The windows just before, newest first. */
  readonly before: readonly number[]
  /** The windows of the term before this one, ascending. */
  readonly ofTerm: readonly number[]
}

/** @param included the policy's limit */
export function judge({ limit }: Policy, included: number, { active, before, ofTerm }: Counts): Judged {
  const counts = {
    'each-window': [active],
    'mean-of-3': [active, ...before],
    'sum-over-term': [active, ...ofTerm],
  }
  const judged = counts[limit.judge]
  const sum = judged.reduce((total, count) => total + count, 0)
  // Whole numbers until the last division: a mean is over when the sum is over as many limits (Q23).
  const parts = limit.judge === 'mean-of-3' ? judged.length : 1
  const beyond = Math.max(0, sum - parts * included)
  const bank = limit.judge === 'each-window' ? bankOf(limit.bank, included, ofTerm, beyond) : null
  const uncovered = bank ? bank.uncovered : beyond
  return {
    by: limit.judge,
    value: Number((sum / parts).toFixed(2)),
    sum,
    limits: parts,
    windows: judged.length,
    bankLeft: bank ? bank.left : null,
    over: Number((uncovered / parts).toFixed(2)),
    tolerated: 100 * uncovered <= limit.tolerancePct * included * parts,
  }
}

/** Each window draws what it is over, the earlier first (Docebo's yearly user bank). */
function bankOf(
  bank: number | undefined,
  included: number,
  earlier: readonly number[],
  beyond: number,
): { readonly left: number; readonly uncovered: number } | null {
  if (bank === undefined) return null
  const before = earlier.reduce((left, count) => Math.max(0, left - Math.max(0, count - included)), bank)
  return { left: Math.max(0, before - beyond), uncovered: Math.max(0, beyond - before) }
}
