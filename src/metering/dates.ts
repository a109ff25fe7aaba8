import { DateTime, IANAZone } from 'luxon'

/** A calendar date without time or zone: days since 1970-01-01. All window arithmetic is done in these (Q8). */
export type Day = number

const DAY_MS = 86_400_000

/** `YYYY-MM-DD`, as validated by the policy schema, to a day. */
export function parseDay(iso: string): Day {
  return Date.parse(`${iso}T00:00:00Z`) / DAY_MS
}

export function formatDay(day: Day): string {
  return new Date(day * DAY_MS).toISOString().split('T')[0] ?? ''
}

/** The UTC date of an instant, ms. */
export function utcDay(at: number): Day {
  return Math.floor(at / DAY_MS)
}

/** The local date of an instant, ms, in an IANA zone. */
export function localDay(at: number, timeZone: string): Day {
  return utcDay(at + IANAZone.create(timeZone).offset(at) * 60_000)
}

/** Months since year 0, to tell how many lie between two days. */
export function monthOf(day: Day): number {
  const date = new Date(day * DAY_MS)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}

/** The same date `count` months later, clamped to the last day of a shorter month (Q5, Q6). */
export function plusMonths(day: Day, count: number): Day {
  const month = monthOf(day) + count
  const lastDate = new Date(civilDay(month + 1, 1) * DAY_MS - DAY_MS).getUTCDate()
  return civilDay(month, Math.min(new Date(day * DAY_MS).getUTCDate(), lastDate))
}

export function firstOfMonth(day: Day): Day {
  return civilDay(monthOf(day), 1)
}

/** Day of a month since year 0. Date.UTC would take the years 0 to 99 for 1900 to 1999. */
function civilDay(month: number, date: number): Day {
  const year = Math.floor(month / 12)
  return new Date(0).setUTCFullYear(year, month - year * 12, date) / DAY_MS
}

/** Local dates from now (ms) to the end of a window, today included; 0 once it has ended. */
export function daysLeft({ end }: { readonly end: number }, timeZone: string, now: number): number {
  if (now >= end) return 0
  const dayOf = (at: number) => DateTime.fromMillis(at, { zone: timeZone }).startOf('day')
  return Math.round(dayOf(end - 1).diff(dayOf(now), 'days').days) + 1
}

const MEMORY = 100_000
const instants = new Map<string, number>()

/** `firstInstant`, remembered: policies are read anew all the time, and zone rules are slow to ask. */
export function rememberedInstant(day: Day, timeZone: string): number {
  const key = `${day} ${timeZone}`
  const known = instants.get(key)
  if (known !== undefined) return known
  if (instants.size >= MEMORY) instants.clear()
  const at = firstInstant(day, timeZone)
  instants.set(key, at)
  return at
}

/**
 * The first instant (ms) of a local date in an IANA zone (Q7, Q8). Midnight that comes twice is taken the first time
 * (Havana, Azores); where it does not exist, the date begins at the end of the gap (Cairo 2023-04-28, São Paulo 2018-11-04);
 * a date that does not exist at all begins with the next one (Apia 2011-12-30).
 */
function firstInstant(day: Day, timeZone: string): number {
  const date = new Date(day * DAY_MS)
  const civil = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() }
  const midnight = DateTime.fromObject(civil, { zone: timeZone })
  const isMidnight = midnight.hour === 0 && midnight.minute === 0 && midnight.day === civil.day
  if (!isMidnight) return endOfGap(day, timeZone, midnight.toMillis())
  return Math.min(...midnight.getPossibleOffsets().map((possible) => possible.toMillis()))
}

/**
 * Where a gap swallows midnight, luxon moves on by the length of the gap, which is past its end unless it began at
 * midnight exactly (Toronto 1919-03-31 sprang from 23:30 to 00:30). So the first instant is looked for.
 */
function endOfGap(day: Day, timeZone: string, after: number): number {
  const zone = IANAZone.create(timeZone)
  const localDay = (at: number) => Math.floor((at + zone.offset(at) * 60_000) / DAY_MS)
  let before = after - 2 * DAY_MS
  let found = after
  while (found - before > 1) {
    const middle = Math.floor((before + found) / 2)
    if (localDay(middle) >= day) found = middle
    else before = middle
  }
  return found
}
