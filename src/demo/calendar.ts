/** When people learn: on weekdays, by day, less in August and over the turn of the year. All in UTC, ms. */
import type { Random } from './random.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR

/** First instant of the month that lies so many months from the one `at` is in. */
export function monthStart(at: number, months: number): number {
  const date = new Date(at)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1)
}

/** First instants of the months from that of `from` on, up to `to`. */
export function monthsBetween(from: number, to: number): readonly number[] {
  const starts: number[] = []
  for (let month = 0; monthStart(from, month) < to; month += 1) starts.push(monthStart(from, month))
  return starts
}

const FIRST_HOUR = 7
const HOURS = 11
const TRIES = 50

/**
 * A moment in [from, to) at which somebody might start to learn, in whole seconds. It lies hours away from midnight, so a
 * session never runs over into the next month. If no day fits, `from` itself.
 */
export function learningMoment(random: Random, from: number, to: number): number {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const day = from + random.below(Math.ceil((to - from) / DAY)) * DAY
    const second = FIRST_HOUR * 3600 + random.below(HOURS * 3600)
    const at = day - (day % DAY) + second * 1000
    if (at >= from && at < to && random.chance(busyness(day))) return at
  }
  return from
}

/** How likely a day is used, 0..1. */
function busyness(day: number): number {
  const date = new Date(day)
  const weekend = date.getUTCDay() % 6 === 0 ? 0.1 : 1
  return weekend * seasonOf(date.getUTCMonth(), date.getUTCDate())
}

function seasonOf(month: number, day: number): number {
  const turnOfTheYear = (month === 11 && day > 22) || (month === 0 && day < 3)
  if (turnOfTheYear) return 0.15
  return month === 7 ? 0.4 : 1
}
