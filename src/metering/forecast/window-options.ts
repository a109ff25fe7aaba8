/** What planned roll-outs need under windows of other lengths (A15–A17, D11, F6). */
import { probit } from 'simple-statistics'
import type { WindowOption } from '../advisor.ts'
import { feeWith } from '../price.ts'
import { NOMINAL } from './calibrate.ts'
import { LIKENESS } from './rollout.ts'

/** A roll-out without regard to any window that is open. */
export interface Campaign {
  readonly people: readonly string[]
  readonly newPeople: number
  /** Share of them that follows in all, 0 to 1. */
  readonly rate: number
  /** Months over which they begin, evenly; 0: all at once. */
  readonly spreadMonths: number
  /** Months each of them goes on. */
  readonly lastsMonths: number
}

/** The last year under windows of one length. */
export interface PastYear extends WindowOption {
  /** Of its whole windows, from the first with use. */
  readonly counts: readonly number[]
  /** In how many of them each planned person counted, as a share. */
  readonly shares: ReadonlyMap<string, number>
}

/** What a limit costs a year, before any surcharge; ascending by `upTo`. */
export interface Price {
  readonly upTo: number
  readonly fee: string
}

export interface OptionEstimate extends WindowOption {
  /** Whole windows of the last year: 0 = nothing is known, and only the roll-outs are reckoned with. */
  readonly windows: number
  /** The busiest of them: the licences needed without the roll-outs. */
  readonly without: number
  /** What the roll-outs bring to the busiest window beside those who come anyway; 80 % between low and high. */
  readonly added: { readonly expected: number; readonly low: number; readonly high: number }
  /** Licences for the expected, and for the high end. */
  readonly licences: { readonly expected: number; readonly high: number }
  /** The licences in units of a licence without surcharge: what compares where there are no prices. */
  readonly feeUnits: number
  /** A year's fee with the surcharge; null where no price reaches that far. */
  readonly cost: { readonly expected: string | null; readonly high: string | null } | null
}

/** A17: of people who begin evenly over some months, and go on for some, the share in the busiest window of a length. */
export function shareInWindow(months: number, { spreadMonths, lastsMonths }: Campaign): number {
  if (spreadMonths <= 0) return 1
  return Math.min(1, (months + lastsMonths) / spreadMonths)
}

/** Cheapest first, by the expected licences. */
export function estimateOptions(
  past: readonly PastYear[],
  campaigns: readonly Campaign[],
  prices: readonly Price[],
): readonly OptionEstimate[] {
  return past
    .map((year) => estimateOf(year, campaigns, prices))
    .sort((a, b) => costOrder(a) - costOrder(b) || a.feeUnits - b.feeUnits)
}

function costOrder({ cost }: OptionEstimate): number {
  return cost === null ? 0 : Number(cost.expected ?? Number.POSITIVE_INFINITY)
}

function estimateOf(
  { months, surchargePct, counts, shares }: PastYear,
  campaigns: readonly Campaign[],
  prices: readonly Price[],
): OptionEstimate {
  const { added, variance } = addedTo(months, campaigns, shares)
  const half = probit((1 + NOMINAL) / 2) * Math.sqrt(variance)
  const most = campaigns.reduce((sum, { people, newPeople }) => sum + people.length + newPeople, 0)
  const without = Math.max(0, ...counts)
  const high = Math.min(most, Math.round(added + half))
  const licences = { expected: without + Math.round(added), high: without + high }
  const fee = (count: number): string | null => {
    const price = prices.find(({ upTo }) => upTo >= count)
    return price ? feeWith(price.fee, surchargePct) : null
  }
  return {
    months,
    surchargePct,
    windows: counts.length,
    without,
    added: { expected: Math.round(added), low: Math.max(0, Math.round(added - half)), high },
    licences,
    feeUnits: (licences.expected * (100 + surchargePct)) / 100,
    cost: prices.length === 0 ? null : { expected: fee(licences.expected), high: fee(licences.high) },
  }
}

/** Chance 1 − (1 − p)(1 − rate) for each person once; a campaign's own success is one shared unknown. */
function addedTo(
  months: number,
  campaigns: readonly Campaign[],
  shares: ReadonlyMap<string, number>,
): { readonly added: number; readonly variance: number } {
  const chances = new Map(shares)
  let [added, variance] = [0, 0]
  for (const campaign of campaigns) {
    const rate = campaign.rate * shareInWindow(months, campaign)
    let room = campaign.newPeople
    for (const person of campaign.people) {
      const before = chances.get(person) ?? 0
      chances.set(person, 1 - (1 - before) * (1 - rate))
      room += 1 - before
    }
    added += room * rate
    // The success is the campaign's, whatever part of it falls into the window.
    const likely = campaign.rate === 0 ? 0 : (1 - campaign.rate) / (campaign.rate * (LIKENESS + 1))
    variance += room * rate * (1 - rate) + (room * rate) ** 2 * likely
  }
  return { added, variance }
}
