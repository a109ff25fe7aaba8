/** How far off the same forecast was in past windows, and how wide that makes the band (split-conformal, rolling origin). */
import { type ActivationHistory, countBy } from './history.ts'
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

/** The first window tells who was there, the next two how they behave: the fourth is the first that is forecast for calibration. */
const FIRST = 3
/** Older mistakes say little about now. */
const MOST = 12
/** The band is to hold this share of outcomes. */
export const NOMINAL = 0.8
/** k ≥ 1/α − 1 errors: with fewer no finite band keeps that promise (counting §6). */
export const NEEDED = Math.ceil(1 / (1 - NOMINAL) - 1 - 1e-9)

export function deviationOf({ variance }: Pick<Point, 'variance'>): number {
  return Math.sqrt(variance + 1)
}

/** Rolling origin: each past window forecast from what was stored by the same share of it, compared with what is known by `asOf`. */
export function pastForecasts(
  history: ActivationHistory,
  window: number,
  asOf: number,
): readonly PastForecast[] {
  const open = history.windows[window] as { start: number; end: number }
  const share = (asOf - open.start) / (open.end - open.start)
  const found: PastForecast[] = []
  for (let past = Math.max(FIRST, window - MOST); past < window; past += 1) {
    const { start, end } = history.windows[past] as { start: number; end: number }
    const point = pointAt(history, past, start + share * (end - start))
    const actual = countBy(asOf, history, past)
    found.push({
      window: past,
      forecast: point.mean,
      actual,
      standardised: (actual - point.mean) / deviationOf(point),
    })
  }
  return found
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
