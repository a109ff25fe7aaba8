/** Durations of ISO 8601 (1.0.3 Data §4.6, 2.0.0 §4.2.7). */

/** Weeks stand alone. After `T` at least one part must follow. */
const WEEKS = /^P(\d+(?:[.,]\d+)?)W$/
const PARTS =
  /^P(?=\d|T\d)(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)D)?(?:T(?=\d)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/

/** A fraction is allowed on the last part only. */
const EARLY_FRACTION = /[.,]\d+[YMDH]T?\d/

const SECOND = 1000
const DAY = 86_400 * SECOND
/** Years, months, days, hours, minutes, seconds in ms; a year is taken as 365 days, a month as 30. */
const UNITS = [365 * DAY, 30 * DAY, DAY, 3600 * SECOND, 60 * SECOND, SECOND]

/** XAPI-00124. */
export function isDuration(text: string): boolean {
  return WEEKS.test(text) || (PARTS.test(text) && !EARLY_FRACTION.test(text))
}

/** @returns ms, with years of 365 and months of 30 days; NaN when the text is no duration */
export function durationMs(text: string): number {
  const weeks = WEEKS.exec(text)
  if (weeks) return Math.round(amount(weeks[1]) * 7 * DAY)
  const parts = EARLY_FRACTION.test(text) ? null : PARTS.exec(text)
  if (!parts) return Number.NaN
  return Math.round(UNITS.reduce((sum, unit, index) => sum + amount(parts[index + 1]) * unit, 0))
}

function amount(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.replace(',', '.'))
}

/** Seconds beyond two decimals cut off, never rounded: how 2.0.0 compares durations (xapi.md §5 row 17). */
export function toHundredths(text: string): string {
  return text.replace(/(\d+)[.,](\d+)S$/, (_, whole: string, fraction: string) => {
    const kept = fraction.slice(0, 2).replace(/0+$/, '')
    return kept === '' ? `${whole}S` : `${whole}.${kept}S`
  })
}
