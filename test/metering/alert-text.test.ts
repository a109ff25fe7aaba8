/** The mail of an alert (F4): what a reader must find in it. */
import { describe, expect, it } from 'vitest'
import { type AlertFacts, alertMail, testMail } from '../../src/metering/alert-text-en.ts'

const DAY = 86_400_000
const ALERT: AlertFacts = {
  policy: 'accord-3m',
  window: 'accord-3m.1.2026-01-31',
  start: Date.UTC(2026, 0, 31),
  end: Date.UTC(2026, 3, 30),
  timeZone: 'UTC',
  level: '100%@0.5',
  on: 'forecast',
  value: 803,
  limit: 1_000,
  raised: Date.UTC(2026, 2, 5, 12),
  home: 'https://lrs.example.org',
  forecast: {
    made: Date.UTC(2026, 2, 5, 11),
    median: 1_040,
    band: { low: 980, high: 1_100 },
    calibration: 'shifted-windows',
    chance: 0.82,
  },
}

describe('the mail of a level on the forecast', () => {
  it('F4, F5: says forecast, band, chance, method and date beside what is counted', () => {
    const { subject, text } = alertMail(ALERT)
    expect(subject).toBe('Rollcall: accord-3m is forecast to reach 100% of the limit (803 of 1,000)')
    expect(text).toContain('forecast to end at 100% of the limit or more (probability at least 0.5)')
    expect(text).toContain('Forecast: 1,040 (8 of 10 windows end between 980 and 1,100)')
    expect(text).toContain('Chance:   82 % to end at this level or higher')
    expect(text).toMatch(/Method: {3}first uses in windows as long that began in every month.*overlap/)
    expect(text).toContain('Made:     2026-03-05T11:00:00.000Z')
    expect(text).toContain('Counted:  803')
  })

  it('that of a level on the count says nothing of a forecast', () => {
    const { forecast: _, ...counted } = ALERT
    const { text } = alertMail({ ...counted, on: 'actual', level: '80%', raised: counted.raised + DAY })
    expect(text).not.toMatch(/forecast|Method/i)
    expect(testMail('https://lrs.example.org').text).toContain('No level was reached')
  })
})
