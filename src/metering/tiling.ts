import {
  type Day,
  firstOfMonth,
  formatDay,
  monthOf,
  parseDay,
  plusMonths,
  rememberedInstant,
  utcDay,
} from './dates.ts'
import type { Policy } from './policy.ts'
import { type RollingTiling, rollingTiling } from './rolling.ts'

type WindowRule = Policy['window']

/** A half-open run of local dates. */
interface Span {
  readonly first: Day
  readonly end: Day
}

/** One window of a tiling: its local start date, and its bounds in ms, half-open. */
export interface Period {
  readonly date: string
  readonly start: number
  readonly end: number
  /** From when on `periodAt` gives it, ms: its start, or, of a rolling window, the evaluation before. */
  readonly since: number
}

/** How one policy cuts time. */
export interface Tiling {
  /** Start of the first window, ms; -Infinity when they reach back for ever. */
  readonly origin: number
  /** The window that holds an instant, ms; null before the origin. Of rolling windows the one that is evaluated next. */
  periodAt(at: number): Period | null
  /** The window that begins on a local date (`YYYY-MM-DD`); null if none does. */
  periodOn(date: string): Period | null
}

const tilings = new WeakMap<WindowRule, Tiling>()
const rollings = new WeakMap<WindowRule, RollingTiling>()

export function rollingTilingOf(rule: WindowRule): RollingTiling {
  const tiling = rollings.get(rule) ?? rollingTiling(rule)
  rollings.set(rule, tiling)
  return tiling
}

/** The tiling of a policy; remembered, since it is asked for with each piece of evidence. */
export function tilingOf(rule: WindowRule): Tiling {
  let tiling = tilings.get(rule)
  if (!tiling) {
    tiling = rule.kind === 'rolling' ? rollingTilingOf(rule) : createTiling(rule)
    tilings.set(rule, tiling)
  }
  return tiling
}

function createTiling(rule: WindowRule): Tiling {
  const periods = new Map<Day, Period>()
  const instant = (day: Day) => rememberedInstant(day, rule.timeZone)

  function period(span: Span): Period {
    const known = periods.get(span.first)
    if (known) return known
    const start = instant(span.first)
    const made = { date: formatDay(span.first), start, end: instant(span.end), since: start }
    periods.set(span.first, made)
    return made
  }

  // Evidence comes in runs: most of the time the answer is the one given just before.
  let recent: Period | null = null

  function periodAt(at: number): Period | null {
    if (recent && at >= recent.start && at < recent.end) return recent
    // No zone is a whole day ahead of UTC, so the local date is tomorrow's UTC date or earlier: start there, go back.
    let span = spanOf(rule, utcDay(at) + 1)
    while (span && instant(span.first) > at) span = spanOf(rule, span.first - 1)
    recent = span && period(span)
    return recent
  }

  function periodOn(date: string): Period | null {
    const day = parseDay(date)
    const span = Number.isInteger(day) ? spanOf(rule, day) : null
    return span?.first === day ? period(span) : null
  }

  const origin = rule.kind === 'calendar' ? -Infinity : instant(anchorOf(rule))
  return { origin, periodAt, periodOn }
}

/** The window, in local dates, that a local date lies in. Always stepped from the original anchor (Q3, Q5). */
function spanOf(rule: WindowRule, day: Day): Span | null {
  const anchor = anchorOf(rule)
  if (rule.kind === 'anchored' && day < anchor) return null
  if (rule.within) return spanWithin(rule, anchor, day)
  if (rule.length.months) return monthSpan(anchor, rule.length.months, day)
  return daySpan(anchor, rule.length.days ?? 1, day)
}

/** Calendar windows are anchored on the 1st: of January, or of the month of an anchor that was given. */
function anchorOf(rule: WindowRule): Day {
  const given = rule.anchor === undefined ? 0 : parseDay(rule.anchor)
  if (rule.kind !== 'calendar') return given
  return firstOfMonth(given)
}

function monthSpan(anchor: Day, months: number, day: Day): Span {
  let index = Math.floor((monthOf(day) - monthOf(anchor)) / months)
  if (plusMonths(anchor, index * months) > day) index -= 1
  return { first: plusMonths(anchor, index * months), end: plusMonths(anchor, (index + 1) * months) }
}

function daySpan(anchor: Day, days: number, day: Day): Span {
  const first = anchor + Math.floor((day - anchor) / days) * days
  return { first, end: first + days }
}

/** Windows that begin anew with each term; what is left of the term joins its last window or stands alone. */
function spanWithin(rule: WindowRule, anchor: Day, day: Day): Span {
  const { months: term, remainder } = rule.within ?? { months: 12, remainder: 'last' }
  const whole = monthSpan(anchor, term, day)
  const { months, days = 1 } = rule.length
  // Months are stepped from the anchor itself: the term's own start may already be clamped.
  const offset = months ? monthOf(whole.first) - monthOf(anchor) : 0
  const edge = (index: number) =>
    months ? plusMonths(anchor, offset + index * months) : whole.first + index * days
  const full = months ? Math.floor(term / months) : Math.floor((whole.end - whole.first) / days)
  const last = remainder === 'own' ? full : full - 1
  let index = 0
  while (index < last && edge(index + 1) <= day) index += 1
  return { first: edge(index), end: index === last ? whole.end : edge(index + 1) }
}
