/** Which window is cheapest, and how sure a limit is: the window advisor (A15–A17, F7). */
import { probit } from 'simple-statistics'
import { normal } from './forecast/band.ts'

/** Accord's windows and their surcharges (A15). */
export const ACCORD_WINDOWS = [
  { months: 12, surchargePct: 0 },
  { months: 3, surchargePct: 25 },
  { months: 1, surchargePct: 50 },
] as const

export interface WindowOption {
  readonly months: number
  readonly surchargePct: number
}

/**
 * A17: learners who come evenly over a year and each use a course for some months count in every window that touches those.
 * @param perYear learners a year
 */
export function expectedCount(perYear: number, windowMonths: number, courseMonths: number): number {
  return (perYear / 12) * (windowMonths + courseMonths)
}

/** A count below this share (%) of the other option's makes the first one cheaper: the fee is by the limit (A16). */
export function breakEvenPct(option: WindowOption, other: WindowOption): number {
  return (100 * (100 + other.surchargePct)) / (100 + option.surchargePct)
}

/**
 * How likely no window of so many is over the limit, if windows are independent and learners come by chance (Poisson, in the
 * normal approximation).
 * @param mean learners a window
 */
export function chanceOfNone(mean: number, limit: number, windows: number): number {
  if (mean <= 0) return 1
  return normal((limit + 0.5 - mean) / Math.sqrt(mean)) ** windows
}

/** The least limit with at least that chance (0 to 1) of no window over it. */
export function limitFor(mean: number, windows: number, chance: number): number {
  if (mean <= 0) return 0
  return Math.max(0, Math.ceil(mean + probit(chance ** (1 / windows)) * Math.sqrt(mean) - 0.5))
}

export interface OptionCounts extends WindowOption {
  /** Counts of its whole windows, ascending in time. */
  readonly counts: readonly number[]
}

export interface Advice extends WindowOption {
  readonly windows: number
  readonly mean: number
  /** The least limit that none of these windows would have been over. */
  readonly peak: number
  /** Fee of the limit `peak`, in units of a learner's fee without surcharge: the lowest is the cheapest. */
  readonly feeUnits: number
  /** Windows over the limit, where there is one. */
  readonly over: number | null
  /** With the limit, the chance of no window over it in a year. */
  readonly chanceOfNonePct: number | null
  /** A limit with 97 % chance of none over it in a year. */
  readonly safeLimit: number
}

const SAFE = 0.97

/** Options with at least one whole window, the cheapest first; `breakEven` of each pair that can be compared. */
export function adviseWindows(
  options: readonly OptionCounts[],
  limit: number | null,
): { readonly options: readonly Advice[]; readonly breakEvens: readonly BreakEven[] } {
  const told = options.filter(({ counts }) => counts.length > 0)
  return {
    options: told.map((option) => adviceOf(option, limit)).sort((a, b) => a.feeUnits - b.feeUnits),
    breakEvens: told.flatMap((longer) =>
      told.filter(({ months }) => months < longer.months).map((shorter) => breakEvenOf(shorter, longer)),
    ),
  }
}

function adviceOf({ months, surchargePct, counts }: OptionCounts, limit: number | null): Advice {
  const peak = Math.max(...counts)
  const mean = counts.reduce((sum, one) => sum + one, 0) / counts.length
  return {
    months,
    surchargePct,
    windows: counts.length,
    mean: Math.round(100 * mean) / 100,
    peak,
    feeUnits: (peak * (100 + surchargePct)) / 100,
    over: limit === null ? null : counts.filter((count) => count > limit).length,
    chanceOfNonePct: limit === null ? null : Math.round(1_000 * chanceOfNone(mean, limit, 12 / months)) / 10,
    safeLimit: limitFor(mean, 12 / months, SAFE),
  }
}

export interface BreakEven {
  readonly months: number
  readonly against: number
  /** The shorter window is cheaper when its peak is below this share of the longer one's. */
  readonly belowPct: number
  readonly actualPct: number | null
  readonly cheaper: boolean
}

function breakEvenOf(shorter: OptionCounts, longer: OptionCounts): BreakEven {
  const [peak, other] = [Math.max(...shorter.counts), Math.max(...longer.counts)]
  return {
    months: shorter.months,
    against: longer.months,
    belowPct: Math.round(10 * breakEvenPct(shorter, longer)) / 10,
    actualPct: other === 0 ? null : Math.round((1_000 * peak) / other) / 10,
    cheaper: peak * (100 + shorter.surchargePct) < other * (100 + longer.surchargePct),
  }
}
