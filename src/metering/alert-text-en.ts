/** The mail of an alert, in English: every sentence is here, so that others can translate it. */
import { formatDay, localDay } from './dates.ts'

export interface AlertFacts {
  readonly policy: string
  /** Id of the window. */
  readonly window: string
  readonly start: number
  readonly end: number
  readonly timeZone: string
  readonly level: string
  readonly on: 'actual' | 'forecast'
  /** What was compared with the limit. */
  readonly value: number
  readonly limit: number | null
  readonly raised: number
  /** Of levels on the forecast: what they were judged by. */
  readonly forecast?: {
    readonly made: number
    readonly median: number | null
    readonly band: { readonly low: number; readonly high: number } | null
    readonly calibration: 'windows' | 'shifted-windows'
    /** 0 to 1. */
    readonly chance: number
  }
  /** Address of the server. */
  readonly home: string
}

const number = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })

/** What is sent to see whether anything arrives. */
export function testMail(home: string): { readonly subject: string; readonly text: string } {
  return {
    subject: 'Rollcall: a test of alerts',
    text: [
      'Somebody wanted to know whether alerts arrive here: they do.',
      'No level was reached, and nothing is to be done.',
      '',
      `Sent by: ${home}`,
      '',
    ].join('\n'),
  }
}

/** Plain text; a line for each figure. */
export function alertMail(alert: AlertFacts): { readonly subject: string; readonly text: string } {
  const { policy, on, value, limit, window, home } = alert
  const [at = '', probability] = alert.level.split('@')
  const level = at.endsWith('%') ? `${at} of the limit` : `${number.format(Number(at))} active learners`
  const counted = limit === null ? number.format(value) : `${number.format(value)} of ${number.format(limit)}`
  const what =
    on === 'actual'
      ? `The count under the policy «${policy}» has reached ${level}.`
      : `Under the policy «${policy}» the window is forecast to end at ${level} or more (probability at least ${probability}).`
  return {
    subject: `Rollcall: ${policy} ${on === 'actual' ? 'has reached' : 'is forecast to reach'} ${level} (${counted})`,
    text: [
      what,
      '',
      ...forecastLines(alert),
      `Counted:  ${number.format(value)}`,
      `Limit:    ${limit === null ? 'none' : number.format(limit)}`,
      `Window:   ${span(alert)}`,
      `Noticed:  ${new Date(alert.raised).toISOString()}`,
      '',
      'Nothing is blocked: nobody is locked out and every statement is taken.',
      'This is sent once for this level in this window, even if the count falls and rises again.',
      '',
      `Who is counted: ${home}/api/v1/windows/${window}/learners`,
      '',
    ].join('\n'),
  }
}

const METHOD = {
  windows: 'first uses in past windows; the band is as wide as the same forecast was wrong in them',
  'shifted-windows':
    'first uses in windows as long that began in every month; the band is as wide as the same forecast was wrong in them, and they overlap',
} as const

function forecastLines({ forecast }: AlertFacts): readonly string[] {
  if (!forecast || forecast.median === null) return []
  const { median, band, chance, made, calibration } = forecast
  const between = band
    ? ` (8 of 10 windows end between ${number.format(band.low)} and ${number.format(band.high)})`
    : ''
  return [
    `Forecast: ${number.format(median)}${between}`,
    `Chance:   ${number.format(100 * chance)} % to end at this level or higher`,
    `Method:   ${METHOD[calibration]}`,
    `Made:     ${new Date(made).toISOString()}`,
  ]
}

/** Last day included: that is how people read dates. */
function span({ start, end, timeZone }: AlertFacts): string {
  const [first, last] = [localDay(start, timeZone), localDay(end - 1, timeZone)]
  return `${formatDay(first)} to ${formatDay(last)} (${timeZone})`
}
