/** Timestamps: RFC 3339 (2.0.0 §4.2.7), and for 1.0.3 (Data §4.5) the basic form and the decimal comma of ISO 8601 as well. */
import type { Version } from './types.ts'

/** Year, month, day, hour, minute, second, fraction, zone. Date and time are both needed; the zone is not. */
const EXTENDED = /^(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(z|[+-]\d\d(?::?\d\d)?)?$/i
const BASIC = /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(?:(\d\d)(?:[.,](\d+))?)?(z|[+-]\d\d(?::?\d\d)?)?$/i

const DAY = 86_400_000
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export interface Instant {
  /** ms since the epoch, later digits cut off. */
  readonly ms: number
  /** The digits after the milliseconds, without trailing zeros. */
  readonly beyond: string
}

/**
 * A real date and time (30 February is none), XAPI-00123. An offset of minus zero is refused (1.0.3 Data §4.5: it would say
 * that the place is unknown); no zone at all is allowed and read as UTC. Ordinal and week dates are refused.
 */
export function isTimestamp(text: string, version: Version = '1.0.3'): boolean {
  if (version === '2.0.0' && (text.charAt(4) !== '-' || text.includes(','))) return false
  return readInstant(text) !== null
}

/** @returns ms since the epoch, finer digits cut off; NaN when the text is no timestamp of either version */
export function instantOf(text: string): number {
  return readInstant(text)?.ms ?? Number.NaN
}

/** With every digit: two timestamps are the same instant exactly when both members are equal. */
export function readInstant(text: string): Instant | null {
  const parts = EXTENDED.exec(text) ?? BASIC.exec(text)
  if (parts === null) return null
  const offset = offsetOf(parts[8])
  if (offset === null) return null
  const days = daysOf(Number(parts[1]), Number(parts[2]), Number(parts[3]))
  const hour = Number(parts[4])
  const minute = Number(parts[5])
  const second = Number(parts[6] ?? '0')
  if (days === null || hour > 23 || minute > 59 || second > 60) return null
  const fraction = parts[7] ?? ''
  const whole = days * DAY + ((hour * 60 + minute - offset) * 60 + second) * 1000
  // A leap second is the last one of a UTC day (RFC 3339 §5.7); it is read as the first of the next.
  if (second === 60 && whole % DAY !== 0) return null
  return {
    ms: whole + Number(fraction.slice(0, 3).padEnd(3, '0')),
    beyond: fraction.slice(3).replace(/0+$/, ''),
  }
}

/** Days since the epoch; null when the calendar has no such day. Date.UTC would read years below 100 as 19xx. */
function daysOf(year: number, month: number, day: number): number | null {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const length = (MONTH_DAYS[month - 1] ?? 0) + (leap ? 1 : 0)
  if (day < 1 || day > length) return null
  // 400 years are 146,097 days, so any year can be moved into a range Date.UTC understands.
  return Date.UTC(year + 400, month - 1, day) / DAY - 146_097
}

/** Minutes east of UTC; null for minus zero and for offsets that are no time of day. */
function offsetOf(zone: string | undefined): number | null {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0
  if (hours > 23 || minutes > 59) return null
  const total = hours * 60 + minutes
  if (zone.startsWith('+')) return total
  return total === 0 ? null : -total
}
