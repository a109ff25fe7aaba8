/** What a window costs, in exact decimals: the fee with its surcharge (A16) and what is over the limit. */
import type { Policy } from './policy.ts'

const PLACES = 8
const ONE = 10n ** BigInt(PLACES)

/** @param text decimal, as the policy schema takes it: digits, and at most `PLACES` after the point */
function parseAmount(text: string): bigint {
  const [whole = '0', part = ''] = text.split('.')
  return BigInt(whole) * ONE + BigInt(part.slice(0, PLACES).padEnd(PLACES, '0'))
}

/** Rounded half up to two places. */
function formatAmount(amount: bigint): string {
  const cent = ONE / 100n
  const cents = (amount + cent / 2n) / cent
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`
}

export interface WindowCost {
  /** The base fee with its surcharge; null without a base fee. */
  readonly fee: string | null
  /** What learners over the limit cost; null where the policy has no price for them. */
  readonly extra: string | null
  readonly total: string
}

/**
 * @param baseFee of one window's limit without surcharge, decimal
 * @param over learners over the limit, at most two decimals (means)
 * @returns null when nothing has a price
 */
export function costOf({ price }: Policy, baseFee: string | null, over: number | null): WindowCost | null {
  if (baseFee === null && price.perExtra === null) return null
  const fee = baseFee === null ? null : surcharged(baseFee, price.surchargePct)
  const extra =
    price.perExtra === null || over === null
      ? null
      : (parseAmount(price.perExtra) * BigInt(Math.round(100 * over))) / 100n
  return {
    fee: fee === null ? null : formatAmount(fee),
    extra: extra === null ? null : formatAmount(extra),
    total: formatAmount((fee ?? 0n) + (extra ?? 0n)),
  }
}

function surcharged(baseFee: string, pct: number): bigint {
  return (parseAmount(baseFee) * parseAmount((100 + pct).toFixed(PLACES))) / (100n * ONE)
}

/** A16. @param baseFee decimal; the fee is rounded half up to two places */
export function feeWith(baseFee: string, surchargePct: number): string {
  return formatAmount(surcharged(baseFee, surchargePct))
}
