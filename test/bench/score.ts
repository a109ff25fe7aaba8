/** Rolling-origin scores of the forecast and of two simpler methods on made-up tenants; every origin is scored, none dropped. */

import { bandOf } from '../../src/metering/forecast/band.ts'
import { pastForecasts, reachOf } from '../../src/metering/forecast/calibrate.ts'
import { type ActivationHistory, countBy, historyOf, knownBy } from '../../src/metering/forecast/history.ts'
import { pointAt } from '../../src/metering/forecast/point.ts'
import { type TenantShape, tenantOf } from './tenants.ts'

export const DAYS = [5, 10, 15, 20, 25]
const DAY_MS = 86_400_000

export interface BacktestShape extends TenantShape {
  readonly tenants: number
  readonly seed: number
  /** The last so many months are scored; those before only teach. */
  readonly scored: number
}

/** Of one method on one day of the month, over all tenants and scored months. Percent of the final count. */
export interface Score {
  readonly day: number
  readonly origins: number
  readonly mape: Readonly<Record<Method, number>>
  readonly bias: Readonly<Record<Method, number>>
  /** Share of final counts within the calibrated 80 % band, and within the uncalibrated one. */
  readonly covered: number
  readonly coveredPlain: number
  /** Width of the calibrated band. */
  readonly width: number
}

const METHODS = ['runRate', 'shareOfFinal', 'cohorts'] as const
export type Method = (typeof METHODS)[number]

interface Origin {
  readonly actual: number
  readonly forecasts: Readonly<Record<Method, number>>
  readonly covered: boolean
  readonly coveredPlain: boolean
  readonly width: number
}

export function backtest(shape: BacktestShape): readonly Score[] {
  const histories = Array.from({ length: shape.tenants }, (_, tenant) =>
    historyOf(tenantOf(shape, shape.seed + tenant)),
  )
  return DAYS.map((day) =>
    scoreOf(
      day,
      histories.flatMap((history) => originsOf(history, day, shape)),
    ),
  )
}

function originsOf(history: ActivationHistory, day: number, { months, scored }: BacktestShape): Origin[] {
  return Array.from({ length: scored }, (_, index) => originOf(history, months - scored + index, day))
}

function originOf(history: ActivationHistory, window: number, day: number): Origin {
  const { start, end } = history.windows[window] as { start: number; end: number }
  const asOf = start + day * DAY_MS
  const point = pointAt(history, window, asOf)
  const reach = reachOf(pastForecasts(history, window, asOf))
  if (reach === null) throw new Error('too few windows to calibrate: score fewer of them')
  const band = bandOf(point, reach)
  const plain = bandOf(point, 1.2816)
  const actual = countBy(Number.POSITIVE_INFINITY, history, window)
  const within = ({ low, high }: { low: number; high: number }) => actual >= low && actual <= high
  return {
    actual,
    forecasts: {
      runRate: (point.counted * (end - start)) / (asOf - start),
      shareOfFinal: point.counted / Math.max(0.01, meanShare(history, window, asOf, day)),
      cohorts: point.mean,
    },
    covered: within(band),
    coveredPlain: within(plain),
    width: band.high - band.low,
  }
}

/** The mean share of their final count that past windows had reached by the same day, as far as it was stored by then. */
function meanShare(history: ActivationHistory, window: number, asOf: number, day: number): number {
  const shares: number[] = []
  for (let past = Math.max(1, window - 12); past < window; past += 1) {
    const by = (history.windows[past]?.start ?? 0) + day * DAY_MS
    const reached = history.keys.filter((key) => Number.isFinite(knownBy(by, key, past))).length
    shares.push(reached / Math.max(1, countBy(asOf, history, past)))
  }
  return mean(shares)
}

function scoreOf(day: number, origins: readonly Origin[]): Score {
  const errors = (method: Method) =>
    origins.map(({ forecasts, actual }) => (100 * (forecasts[method] - actual)) / actual)
  const each = (of: (method: Method) => number) =>
    Object.fromEntries(METHODS.map((method) => [method, of(method)])) as Record<Method, number>
  const share = (of: (origin: Origin) => boolean) => (100 * origins.filter(of).length) / origins.length
  return {
    day,
    origins: origins.length,
    mape: each((method) => mean(errors(method).map(Math.abs))),
    bias: each((method) => mean(errors(method))),
    covered: share(({ covered }) => covered),
    coveredPlain: share(({ coveredPlain }) => coveredPlain),
    width: mean(origins.map(({ width, actual }) => (100 * width) / actual)),
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, one) => sum + one, 0) / values.length
}
