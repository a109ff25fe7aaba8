/** What a window's count is expected to be, before any calibration. */
import { type Cohort, type Curve, cohortOf, curveOf } from './curve.ts'
import { type ActivationHistory, type HistoryWindow, knownBy } from './history.ts'

/** Learners of one cohort who are not counted yet, and each one's chance to be. */
export interface CohortChance {
  readonly cohort: Cohort
  readonly learners: number
  readonly chance: number
}

export interface Point {
  /** Counted by then: the least it can become. */
  readonly counted: number
  /** Counted and expected. */
  readonly mean: number
  /** Of independent learners (Poisson-binomial) and joiners (Poisson): too small where reminders and holidays move many at once. */
  readonly variance: number
  readonly cohorts: readonly CohortChance[]
  readonly joiners: Curve['joiners']
  /** Past windows it rests on; 0: nothing is known, and `mean` is what is counted. */
  readonly windows: number
}

/**
 * The count of a window as of an instant (ms), from nothing that was stored later.
 * @param until share of the window's length; 1 = its end
 */
export function pointAt(history: ActivationHistory, window: number, asOf: number, until = 1): Point {
  const forecast = history.windows[window] as HistoryWindow
  const { start, end } = forecast
  // Rounded, so that the same share of two windows is the same number.
  const from = Math.min(1, Math.max(0, Number(((asOf - start) / (end - start)).toFixed(9))))
  const curve = curveOf(history, window, asOf, { from, until: Math.max(from, until) })
  const waiting = new Map<Cohort, number>()
  let counted = 0
  for (const key of history.keys) {
    if (Number.isFinite(knownBy(asOf, key, window))) counted += 1
    else {
      const cohort = cohortOf(key, forecast, asOf)
      if (cohort !== null) waiting.set(cohort, (waiting.get(cohort) ?? 0) + 1)
    }
  }
  const cohorts = [...waiting]
    .map(([cohort, learners]) => ({ cohort, learners, chance: curve.chance(cohort) }))
    .sort((a, b) => b.cohort - a.cohort)
  const sum = (of: (one: CohortChance) => number) => cohorts.reduce((total, one) => total + of(one), 0)
  return {
    counted,
    mean: counted + sum(({ learners, chance }) => learners * chance) + curve.joiners.mean,
    variance: sum(({ learners, chance }) => learners * chance * (1 - chance)) + curve.joiners.mean,
    cohorts,
    joiners: curve.joiners,
    windows: curve.windows,
  }
}
