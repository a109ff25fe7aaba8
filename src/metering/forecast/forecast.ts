/** The forecast of a window's end: a number with a band, or the honest sentence that there is too little history (F5). */
import { type Band, bandOf, boundsOf, chanceToReach, medianOf } from './band.ts'
import { accuracyOf, comparable, NEEDED, type PastForecast, pastForecast, reachOf } from './calibrate.ts'
import { type Cohort, cohortOf } from './curve.ts'
import { type ActivationHistory, type HistoryWindow, knownBy } from './history.ts'
import { type Point, pointAt } from './point.ts'
import type { RolloutEffect } from './rollout.ts'

const DAY_MS = 86_400_000

/** What is worked out once, and serves every question about the window at that instant. */
export interface Model {
  readonly asOf: number
  readonly point: Point
  readonly past: readonly PastForecast[]
  /** Standard deviations to either side of the band; null with too few past errors. */
  readonly reach: number | null
  /** Where each known key stands. */
  readonly standing: ReadonlyMap<string, Cohort | 'counted'>
  /** The day (ms) on which the limit is expected to be reached; null when it is not within the window. */
  readonly crossing: number | null
}

/**
 * In steps, each a few passes over all keys: whoever works it out lets others have their turn between two of them.
 * @param asOf ms, within the last window of the history
 * @param limit null = none
 */
export function* modelSteps(
  history: ActivationHistory,
  asOf: number,
  limit: number | null = null,
): Generator<void, Model> {
  const window = history.windows.length - 1
  const past: PastForecast[] = []
  for (const one of comparable(history, window, asOf)) {
    past.push(pastForecast(history, window, asOf, one))
    yield
  }
  const point = pointAt(history, window, asOf)
  yield
  const crossing = limit === null || point.mean < limit ? null : yield* crossingOf(history, asOf, limit)
  return { asOf, point, past, reach: reachOf(past), standing: standingOf(history, window, asOf), crossing }
}

/** All steps at once. */
export function modelOf(history: ActivationHistory, asOf: number, limit: number | null = null): Model {
  const steps = modelSteps(history, asOf, limit)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

function standingOf(
  history: ActivationHistory,
  window: number,
  asOf: number,
): ReadonlyMap<string, Cohort | 'counted'> {
  const standing = new Map<string, Cohort | 'counted'>()
  for (const key of history.keys) {
    const cohort = cohortOf(key, history.windows[window] as HistoryWindow, asOf)
    if (Number.isFinite(knownBy(asOf, key, window))) standing.set(key.key, 'counted')
    else if (cohort !== null) standing.set(key.key, cohort)
  }
  return standing
}

/** The curve only rises, so the day is found by halving. The end is expected to reach the limit. */
function* crossingOf(history: ActivationHistory, asOf: number, limit: number): Generator<void, number> {
  const window = history.windows.length - 1
  const { start, end } = history.windows[window] as HistoryWindow
  let [before, reached] = [0, Math.ceil((end - asOf) / DAY_MS)]
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2)
    const until = (asOf + middle * DAY_MS - start) / (end - start)
    if (pointAt(history, window, asOf, until).mean >= limit) reached = middle
    else before = middle
    yield
  }
  return Math.min(asOf + reached * DAY_MS, end - 1)
}

export interface Forecast {
  readonly state: 'ready' | 'too-little-history'
  readonly counted: number
  /** Null while no past window says anything. */
  readonly median: number | null
  readonly bounds: { readonly least: number; readonly most: number | null }
  /** Holds 80 % of outcomes, as wide as past errors were; null with too little history. */
  readonly band: Band | null
  /** P(count ≥ `over`), 0 to 1; null with too little history or without a limit. */
  readonly probabilityOver: number | null
  readonly pastErrors: { readonly known: number; readonly needed: number }
  readonly accuracy: ReturnType<typeof accuracyOf>
}

/**
 * @param over the least count that is over the limit; null = no limit
 * @param planned what roll-outs add
 */
export function forecastOf(
  model: Model,
  over: number | null,
  planned: readonly RolloutEffect[] = [],
): Forecast {
  const { past, reach } = model
  const sum = (of: (one: RolloutEffect) => number) => planned.reduce((total, one) => total + of(one), 0)
  const [added, extra] = [sum((one) => one.added), sum((one) => one.variance)]
  const newPeople = sum((one) => one.people - one.alreadyCounted)
  const point = { ...model.point, mean: model.point.mean + added }
  const { least, most } = boundsOf(model.point)
  const known = point.windows > 0
  return {
    state: reach === null ? 'too-little-history' : 'ready',
    counted: point.counted,
    median: known ? Math.round(medianOf(model.point) + added) : null,
    bounds: { least, most: known ? most + newPeople : null },
    band: reach === null ? null : bandOf(point, reach, extra),
    probabilityOver: chanceOver(point, over, reach, extra),
    pastErrors: { known: past.length, needed: NEEDED },
    accuracy: accuracyOf(past),
  }
}

function chanceOver(point: Point, over: number | null, reach: number | null, extra: number): number | null {
  if (over === null) return null
  if (point.counted >= over) return 1
  return reach === null ? null : Math.round(1_000 * chanceToReach(point, over, reach, extra)) / 1_000
}
