/** Rolling windows (ruling 10): evaluated, and later sealed, at calendar dates; between them the last length is looked at live. */
import { DateTime } from 'luxon'
import { type Day, formatDay, monthOf, parseDay, plusMonths, rememberedInstant, utcDay } from './dates.ts'
import type { Policy } from './policy.ts'
import type { Period, Tiling } from './tiling.ts'

type WindowRule = Policy['window']

/** On the 1st of each month, unless the policy says otherwise. */
const EVERY_MONTH = { months: 1, day: 1 }

/** The evaluations of a rule by number, ascending. Always stepped from one date, so a short month shifts none after it (Q5). */
function evaluationsOf(rule: WindowRule) {
  const { months, day } = rule.evaluateAt ?? EVERY_MONTH
  // January has every day of a month: what is stepped from it is clamped once.
  const base = parseDay(`2000-01-${String(day).padStart(2, '0')}`)
  const offset = rule.anchor === undefined ? 0 : (monthOf(parseDay(rule.anchor)) - monthOf(base)) % months
  const dateOf = (number: number): Day => plusMonths(base, offset + number * months)
  const startOf = (number: number): Day =>
    rule.length.months
      ? plusMonths(base, offset + number * months - rule.length.months)
      : dateOf(number) - (rule.length.days ?? 1)
  /** Of the last one on a day or before it, or of one just after. */
  const numberNear = (at: Day): number => Math.floor((monthOf(at) - monthOf(base) - offset) / months)
  return { dateOf, startOf, numberNear }
}

export interface RollingTiling extends Tiling {
  /** Every evaluation whose window holds an instant, ms, ascending. */
  periodsHolding(at: number): readonly Period[]
}

/** `periodAt` is the window that is evaluated next. */
export function rollingTiling(rule: WindowRule): RollingTiling {
  const { dateOf, startOf, numberNear } = evaluationsOf(rule)
  const instant = (day: Day) => rememberedInstant(day, rule.timeZone)
  const known = new Map<number, Period>()

  function period(number: number): Period {
    const made = known.get(number) ?? {
      date: formatDay(startOf(number)),
      start: instant(startOf(number)),
      end: instant(dateOf(number)),
      since: instant(dateOf(number - 1)),
    }
    known.set(number, made)
    return made
  }

  function numberAfter(at: number): number {
    let number = numberNear(utcDay(at)) - 1
    while (period(number).end <= at) number += 1
    return number
  }

  function periodsHolding(at: number): readonly Period[] {
    const found: Period[] = []
    for (let number = numberAfter(at); period(number).start <= at; number += 1) found.push(period(number))
    return found
  }

  function periodOn(date: string): Period | null {
    const day = parseDay(date)
    if (!Number.isInteger(day)) return null
    const about = rule.length.months ? plusMonths(day, rule.length.months) : day + (rule.length.days ?? 1)
    const first = numberNear(about) - 1
    const near = [first, first + 1, first + 2]
    const number = near.find((one) => startOf(one) === day)
    return number === undefined ? null : period(number)
  }

  return { origin: -Infinity, periodAt: (at) => period(numberAfter(at)), periodOn, periodsHolding }
}

/** When the length that ends at an instant (ms) began, by the calendar of the policy's zone. */
export function lengthBefore(rule: WindowRule, at: number): number {
  const { months, days } = rule.length
  return DateTime.fromMillis(at, { zone: rule.timeZone })
    .minus(months === undefined ? { days: days ?? 1 } : { months })
    .toMillis()
}
