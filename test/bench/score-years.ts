/** The same for windows of twelve months, whose past are windows as long that began in every month. */
import { bandOf } from '../../src/metering/forecast/band.ts'
import { pastForecasts, reachOf } from '../../src/metering/forecast/calibrate.ts'
import { type ActivationHistory, buildHistory, countBy } from '../../src/metering/forecast/history.ts'
import { pointAt } from '../../src/metering/forecast/point.ts'
import { type TenantShape, tenantOf } from './tenants.ts'

const YEAR = 12
/** Months of the open window that are over. */
const ELAPSED = [3, 6, 9]

export interface YearScore {
  readonly elapsed: number
  readonly origins: number
  /** Of them: those with enough past errors for a band. The others are told that there is too little history. */
  readonly told: number
  /** Percent of the final count, of those told. */
  readonly mape: number
  readonly mapeRunRate: number
  readonly covered: number
  readonly width: number
}

/** Each tenant is asked in the window that began with its third year: two years are known, and what has run of it. */
export function backtestYears(
  shape: TenantShape & { readonly tenants: number; readonly seed: number },
): readonly YearScore[] {
  const tenants = Array.from({ length: shape.tenants }, (_, tenant) => tenantOf(shape, shape.seed + tenant))
  return ELAPSED.map((elapsed) => scoreOf(elapsed, tenants))
}

function scoreOf(elapsed: number, tenants: readonly ReturnType<typeof tenantOf>[]): YearScore {
  const found = tenants.map((months) => originOf(months, 2 * YEAR, elapsed))
  const told = found.filter((one) => one.width !== null)
  const mean = (of: (one: Origin) => number) => told.reduce((sum, one) => sum + of(one), 0) / told.length
  return {
    elapsed,
    origins: found.length,
    told: told.length,
    mape: mean(({ forecast, actual }) => (100 * Math.abs(forecast - actual)) / actual),
    mapeRunRate: mean(({ runRate, actual }) => (100 * Math.abs(runRate - actual)) / actual),
    covered: mean(({ covered }) => (covered ? 100 : 0)),
    width: mean(({ width, actual }) => (100 * (width ?? 0)) / actual),
  }
}

interface Origin {
  readonly forecast: number
  readonly runRate: number
  readonly actual: number
  readonly covered: boolean
  /** Null: too little history. */
  readonly width: number | null
}

function originOf(months: ReturnType<typeof tenantOf>, begin: number, elapsed: number): Origin {
  const history = yearsFrom(months, begin, elapsed)
  const window = history.windows.length - 1
  const asOf = months[begin + elapsed]?.start ?? 0
  const point = pointAt(history, window, asOf)
  const reach = reachOf(pastForecasts(history, window, asOf))
  const actual = countBy(Number.POSITIVE_INFINITY, history, window)
  const band = reach === null ? null : bandOf(point, reach)
  return {
    forecast: point.mean,
    runRate: (point.counted * YEAR) / elapsed,
    actual,
    covered: band !== null && actual >= band.low && actual <= band.high,
    width: band && band.high - band.low,
  }
}

/** Twelve months from every month on that are over by then, the first with one month of use, and the open ones. */
function yearsFrom(months: ReturnType<typeof tenantOf>, begin: number, elapsed: number): ActivationHistory {
  const past = Array.from({ length: begin + elapsed }, (_, index) => index + 1 - YEAR)
  const first = months[0]?.start ?? 0
  const at = (month: number) => {
    const date = new Date(first)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month, 1)
  }
  const spans = [...past, begin].map((start) => ({ start: at(start), end: at(start + YEAR) }))
  const builder = buildHistory(spans)
  for (const [index, start] of [...past, begin].entries()) {
    const seen = new Set<string>()
    for (const { activations } of months.slice(Math.max(0, start), start + YEAR))
      for (const one of [...activations].sort((a, b) => a.at - b.at)) {
        if (!seen.has(one.key)) builder.add(index, one)
        seen.add(one.key)
      }
  }
  return builder.done()
}
