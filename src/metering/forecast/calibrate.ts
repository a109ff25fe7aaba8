/** How far off the same forecast was in past windows, and how wide that makes the band (split-conformal, rolling origin). */
import { lessonsFor } from './curve.ts'
import { type ActivationHistory, countBy, type HistoryWindow } from './history.ts'
import { type Point, pointAt } from './point.ts'

/** What the forecast of one past window, made as far into it as now, would have said, and what came. */
export interface PastForecast {
  /** Index of the window. */
  readonly window: number
  readonly forecast: number
  readonly actual: number
  /** (actual − forecast) in standard deviations of that forecast. */
  readonly standardised: number
}

/** Past windows a forecast must rest on to be one of those that calibrate. */
const LESSONS = 2
/** Older mistakes say little about now. */
const MOST = 12
/** The band is to hold this share of outcomes. */
export const NOMINAL = 0.8
/** k ≥ 1/α − 1 errors: with fewer no finite band keeps that promise (counting §6). */
export const NEEDED = Math.ceil(1 / (1 - NOMINAL) - 1 - 1e-9)

export function deviationOf({ variance }: Pick<Point, 'variance'>): number {
  return Math.sqrt(variance + 1)
}

/** As far into a window as it is in the last one. */
function sameShare({ windows }: ActivationHistory, window: number, asOf: number): (past: number) => number {
  const open = windows[window] as HistoryWindow
  const share = (asOf - open.start) / (open.end - open.start)
  return (past) => {
    const { start, end } = windows[past] as HistoryWindow
    return start + share * (end - start)
  }
}

/** Past windows, by index, whose forecast as far into them as now can be compared with what came. */
export function comparable(history: ActivationHistory, window: number, asOf: number): readonly number[] {
  const originOf = sameShare(history, window, asOf)
  return history.windows
    .slice(0, window)
    .map((_, past) => past)
    .filter((past) => (history.windows[past] as HistoryWindow).end <= asOf)
    .filter((past) => lessonsFor(history, past, originOf(past)).length >= LESSONS)
    .slice(-MOST)
}

/** Rolling origin: the past window forecast from what was stored by the same share of it, compared with what is known by `asOf`. */
export function pastForecast(
  history: ActivationHistory,
  window: number,
  asOf: number,
  past: number,
): PastForecast {
  const point = pointAt(history, past, sameShare(history, window, asOf)(past))
  const actual = countBy(asOf, history, past)
  return {
    window: past,
    forecast: point.mean,
    actual,
    standardised: (actual - point.mean) / deviationOf(point),
  }
}

export function pastForecasts(
  history: ActivationHistory,
  window: number,
  asOf: number,
): readonly PastForecast[] {
  return comparable(history, window, asOf).map((past) => pastForecast(history, window, asOf, past))
}

/** How many standard deviations the band reaches to either side; null with too few errors. */
export function reachOf(past: readonly Pick<PastForecast, 'standardised'>[]): number | null {
  if (past.length < NEEDED) return null
  const sizes = past.map(({ standardised }) => Math.abs(standardised)).sort((a, b) => a - b)
  // Between two errors, or the promise would only be kept on average over how many there are.
  const rank = (sizes.length + 1) * NOMINAL
  const [below, above] = [sizes[Math.floor(rank) - 1], sizes[Math.min(Math.ceil(rank), sizes.length) - 1]]
  return below === undefined || above === undefined ? null : below + (rank % 1) * (above - below)
}

/** Mean absolute error in percent, and bias in percent, of what came; null where nothing came or nothing was forecast. */
export function accuracyOf(
  past: readonly PastForecast[],
): { readonly windows: number; readonly mapePct: number; readonly biasPct: number } | null {
  const scored = past.filter(({ actual }) => actual > 0)
  if (scored.length === 0) return null
  const errors = scored.map(({ forecast, actual }) => (100 * (forecast - actual)) / actual)
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length
  const rounded = (value: number) => Math.round(value * 10) / 10
  return {
    windows: scored.length,
    mapePct: rounded(mean(errors.map(Math.abs))),
    biasPct: rounded(mean(errors)),
  }
}
