/** From a mean and how wide errors were: the band, and the chance to pass a number. */
import { errorFunction, probit } from 'simple-statistics'
import { deviationOf, NOMINAL } from './calibrate.ts'
import type { Point } from './point.ts'
import { quantile } from './poisson-binomial.ts'

export interface Band {
  readonly low: number
  readonly high: number
}

/** The normal distribution's reach for the nominal share, to either side, in standard deviations. */
const NORMAL_REACH = probit((1 + NOMINAL) / 2)

/** What is counted already stays the least; beyond everybody known and the busiest past window's joiners nothing is told. */
export function boundsOf({ counted, cohorts, joiners }: Point): {
  readonly least: number
  readonly most: number
} {
  const waiting = cohorts.reduce((sum, { learners }) => sum + learners, 0)
  return { least: counted, most: counted + waiting + joiners.most }
}

/**
 * @param reach standard deviations to either side
 * @param extra variance of what is planned, beside that of the point
 */
export function bandOf(point: Point, reach: number, extra = 0): Band {
  const half = Math.hypot(reach * deviationOf(point), NORMAL_REACH * Math.sqrt(extra))
  return { low: Math.max(point.counted, Math.round(point.mean - half)), high: Math.round(point.mean + half) }
}

/** The middle of the distribution: exact for few learners, the mean for many. */
export function medianOf(point: Point): number {
  return point.counted + quantile(point.cohorts, point.joiners.mean, 0.5)
}

/** P(count ≥ number), in a normal distribution as wide as the band says, with the continuity correction. */
export function chanceToReach(point: Point, number: number, reach: number, extra = 0): number {
  if (point.counted >= number) return 1
  const deviation = Math.hypot((deviationOf(point) * reach) / NORMAL_REACH, Math.sqrt(extra))
  if (deviation === 0) return point.mean >= number ? 1 : 0
  return 1 - normal((number - 0.5 - point.mean) / deviation)
}

export function normal(z: number): number {
  return (1 + errorFunction(z / Math.SQRT2)) / 2
}
