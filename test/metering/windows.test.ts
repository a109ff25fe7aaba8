import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  isBoundary,
  windowAt,
  windowById,
  windowsBefore,
  windowsBetween,
} from '../../src/metering/windows.ts'
import { ms, policy, versions } from './build.ts'

const HOUR = 3_600_000
const iso = (at: number) => new Date(at).toISOString()

interface Rule {
  readonly kind?: 'anchored' | 'calendar'
  readonly length?: { months?: number; days?: number }
  readonly anchor?: string | undefined
  readonly timeZone?: string
  readonly within?: { months: number; remainder?: 'last' | 'own' }
}

const of = (window: Rule) => versions(policy({ window: { anchor: undefined, ...window } }))

function starts(window: Rule, from: string, to: string): string[] {
  return windowsBetween(of(window), ms(from), ms(to)).map(({ start }) => iso(start))
}

describe('Window test vectors (counting §1.4)', () => {
  const UTC_VECTORS: [string, number, string[]][] = [
    [
      '2024-01-31',
      1,
      ['2024-01-31', '2024-02-29', '2024-03-31', '2024-04-30', '2024-05-31', '2024-06-30', '2024-07-31'],
    ],
    ['2024-01-31', 3, ['2024-01-31', '2024-04-30', '2024-07-31', '2024-10-31', '2025-01-31', '2025-04-30']],
    ['2023-01-30', 1, ['2023-01-30', '2023-02-28', '2023-03-30', '2023-04-30']],
    ['2024-02-29', 12, ['2024-02-29', '2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29', '2029-02-28']],
  ]
  test.each(UTC_VECTORS)('Q3, Q5, Q6: from %s by %i months', (anchor, months, expected) => {
    const last = expected.at(-1) ?? ''
    const found = starts({ kind: 'anchored', anchor, length: { months } }, anchor, `${last}T00:00:00.001Z`)
    expect(found).toEqual(expected.map((date) => `${date}T00:00:00.000Z`))
  })

  test.each([
    ['2025-03-01', '2025-02-28T23:00:00.000Z', '2025-03-31T22:00:00.000Z', 743],
    ['2025-10-01', '2025-09-30T22:00:00.000Z', '2025-10-31T23:00:00.000Z', 745],
  ])('Q7, Q8: the month from %s in Berlin begins at %s and ends at %s', (anchor, start, end, hours) => {
    const window = windowAt(
      of({ kind: 'anchored', anchor, length: { months: 1 }, timeZone: 'Europe/Berlin' }),
      ms(start),
    )
    expect(window && [iso(window.start), iso(window.end)]).toEqual([start, end])
    expect(window && (window.end - window.start) / HOUR).toBe(hours)
  })

  test('30-day periods in a 12-month term: eleven of 30 days, the last 35', () => {
    const rule: Rule = {
      kind: 'anchored',
      anchor: '2024-03-01',
      length: { days: 30 },
      within: { months: 12 },
    }
    const windows = windowsBetween(of(rule), ms('2024-03-01'), ms('2025-03-01'))
    expect(windows.map(({ start, end }) => (end - start) / HOUR / 24)).toEqual([...Array(11).fill(30), 35])
    expect(windows.at(-1)?.end).toBe(ms('2025-03-01'))
  })
})

describe('Window lengths', () => {
  test('a remainder of its own is a thirteenth window of 5 days', () => {
    const rule: Rule = {
      anchor: '2024-03-01',
      length: { days: 30 },
      within: { months: 12, remainder: 'own' },
    }
    const windows = windowsBetween(of(rule), ms('2024-03-01'), ms('2025-03-02'))
    expect(windows.map(({ start, end }) => (end - start) / HOUR / 24)).toEqual([...Array(12).fill(30), 5, 30])
  })
  test('months within a term begin anew with it: 5 + 7 months, always from the original anchor', () => {
    const rule: Rule = {
      anchor: '2023-08-31',
      length: { months: 5 },
      within: { months: 12, remainder: 'own' },
    }
    expect(starts(rule, '2023-08-31', '2025-01-31T01:00:00Z').map((each) => each.slice(0, 10))).toEqual([
      '2023-08-31',
      '2024-01-31',
      '2024-06-30',
      '2024-08-31',
      '2025-01-31',
    ])
  })
  test('a term that its windows fill has no remainder', () => {
    const rule: Rule = {
      anchor: '2024-01-01',
      length: { months: 6 },
      within: { months: 12, remainder: 'own' },
    }
    expect(starts(rule, '2024-01-01', '2025-01-02').map((each) => each.slice(0, 7))).toEqual([
      '2024-01',
      '2024-07',
      '2025-01',
    ])
  })
  test('Q9: 30 days are not a month', () => {
    const found = starts({ anchor: '2024-01-31', length: { days: 30 } }, '2024-01-31', '2024-05-01')
    expect(found.map((each) => each.slice(0, 10))).toEqual([
      '2024-01-31',
      '2024-03-01',
      '2024-03-31',
      '2024-04-30',
    ])
  })
  test('calendar windows begin on the 1st and reach back for ever', () => {
    const rule: Rule = { kind: 'calendar', length: { months: 1 } }
    expect(starts(rule, '1969-12-15', '1970-02-01').map((each) => each.slice(0, 10))).toEqual([
      '1969-12-01',
      '1970-01-01',
    ])
    expect(windowAt(of(rule), ms('0007-05-05T00:00:00Z'))?.id).toBe('test.1.0007-05-01')
  })
  test('calendar quarters are those of the year, or of the month of an anchor', () => {
    const quarter = { kind: 'calendar', length: { months: 3 } } as const
    expect(windowAt(of(quarter), ms('2024-05-05'))?.id).toBe('test.1.2024-04-01')
    expect(windowAt(of({ ...quarter, anchor: '2020-02-17' }), ms('2024-05-05'))?.id).toBe('test.1.2024-05-01')
  })
  test('an anchored policy has no window before its anchor', () => {
    const anchored = of({ anchor: '2024-01-31', length: { months: 1 } })
    expect(windowAt(anchored, ms('2024-01-31') - 1)).toBeNull()
    expect(windowsBetween(anchored, ms('2020-01-01'), ms('2024-02-01'))).toHaveLength(1)
  })
})

describe('Midnight in the zone (Q7, Q8)', () => {
  test.each([
    [
      'Africa/Cairo',
      '2023-04-28',
      '2023-04-27T22:00:00.000Z',
      'springs forward at midnight: it begins at 01:00',
    ],
    [
      'America/Sao_Paulo',
      '2018-11-04',
      '2018-11-04T03:00:00.000Z',
      'springs forward at midnight: it begins at 01:00',
    ],
    ['America/Havana', '2023-11-05', '2023-11-05T04:00:00.000Z', 'midnight comes twice: the first'],
    ['Atlantic/Azores', '2023-10-29', '2023-10-29T00:00:00.000Z', 'midnight comes twice: the first'],
    [
      'America/St_Johns',
      '2010-11-07',
      '2010-11-07T02:30:00.000Z',
      'falls back from 00:01: the first midnight',
    ],
    ['Asia/Beirut', '2022-10-30', '2022-10-29T22:00:00.000Z', 'falls back at midnight into the day before'],
    [
      'Pacific/Apia',
      '2011-12-30',
      '2011-12-30T10:00:00.000Z',
      'the day does not exist: where the next begins',
    ],
    ['America/Toronto', '1919-03-31', '1919-03-31T04:30:00.000Z', 'springs from 23:30 to 00:30'],
    ['Pacific/Kiritimati', '2024-06-01', '2024-05-31T10:00:00.000Z', '14 hours ahead'],
    ['Etc/GMT+12', '2024-06-01', '2024-06-01T12:00:00.000Z', '12 hours behind'],
  ])('%s %s begins at %s (%s)', (timeZone, anchor, start) => {
    const daily = of({ anchor, length: { days: 1 }, timeZone })
    const window = windowAt(daily, ms(start))
    expect(window && iso(window.start)).toBe(start)
    expect(windowAt(daily, ms(start) - 1)).toBeNull()
  })

  test('a day that does not exist is no window, and the days around it meet', () => {
    const daily = of({ anchor: '2011-12-28', length: { days: 1 }, timeZone: 'Pacific/Apia' })
    const windows = windowsBetween(daily, ms('2011-12-28T10:00:00Z'), ms('2012-01-01T09:00:00Z'))
    expect(windows.map(({ id }) => id.slice(7))).toEqual([
      '2011-12-28',
      '2011-12-29',
      '2011-12-31',
      '2012-01-01',
    ])
    expect(windowById(daily, 'test.1.2011-12-30')).toBeNull()
  })

  test('Q8: where the clock goes back over midnight the repeated evening belongs to the new window', () => {
    const daily = of({ anchor: '2010-11-01', length: { days: 1 }, timeZone: 'America/St_Johns' })
    expect(windowAt(daily, ms('2010-11-07T02:45:00Z'))?.id).toBe('test.1.2010-11-07')
  })
})

describe('Edges and versions', () => {
  test('Q4: half-open, the start instant belongs to the new window', () => {
    const monthly = of({ anchor: '2024-01-31', length: { months: 1 } })
    expect(windowAt(monthly, ms('2024-02-29'))?.id).toBe('test.1.2024-02-29')
    expect(windowAt(monthly, ms('2024-02-29') - 1)?.id).toBe('test.1.2024-01-31')
  })

  const yearly = policy({ window: { anchor: '2024-01-31', length: { months: 12 } } })
  const monthly = policy({ window: { anchor: '2024-01-31', length: { months: 1 } } })
  const both = versions(yearly, [monthly, '2025-01-31T00:00:00Z'])

  test('Q25: a new version takes over at a boundary, and windows keep their version', () => {
    const found = windowsBetween(both, ms('2024-06-01'), ms('2025-03-01'))
    expect(found.map(({ id }) => id)).toEqual(['test.1.2024-01-31', 'test.2.2025-01-31', 'test.2.2025-02-28'])
    expect(windowAt(both, ms('2025-01-31') - 1)?.version).toBe(1)
    expect(windowAt(both, ms('2025-01-31'))?.version).toBe(2)
  })

  test('a window id gives its window back, and nothing else does', () => {
    for (const window of windowsBetween(both, ms('2024-06-01'), ms('2026-03-01'))) {
      expect(windowById(both, window.id)).toEqual(window)
    }
    const unknown = [
      'test.1.2025-01-31', // version 2 has taken over
      'test.2.2024-01-31', // version 2 did not decide yet
      'test.1.2024-02-01',
      'test.3.2024-01-31',
      'test.01.2024-01-31',
      'other.1.2024-01-31',
      'test.1.2024-1-31',
      'test.1.2024-01-31.x',
      'test.1.2024-01-32',
      'test.1',
      '',
    ]
    expect(unknown.filter((id) => windowById(both, id) !== null)).toEqual([])
  })

  test('a boundary moved by new zone rules neither overlaps nor leaves a hole', () => {
    const moved = versions(yearly, [monthly, '2025-01-31T01:00:00Z'])
    const found = windowsBetween(moved, ms('2025-01-01'), ms('2025-02-15')).map(({ version, start, end }) => [
      version,
      iso(start),
      iso(end),
    ])
    expect(found).toEqual([
      [1, '2024-01-31T00:00:00.000Z', '2025-01-31T00:00:00.000Z'],
      [1, '2025-01-31T00:00:00.000Z', '2025-01-31T01:00:00.000Z'],
      [2, '2025-01-31T01:00:00.000Z', '2025-02-28T00:00:00.000Z'],
    ])
  })

  test('Q25: isBoundary knows where a version may begin', () => {
    expect(isBoundary(yearly, ms('2024-01-31'))).toBe(true)
    expect(isBoundary(yearly, ms('2025-01-31'))).toBe(true)
    expect(isBoundary(yearly, ms('2024-02-29'))).toBe(false)
    expect(isBoundary(monthly, ms('2024-02-29'))).toBe(true)
    expect(isBoundary(monthly, ms('2024-02-29') + 1)).toBe(false)
    expect(isBoundary(yearly, ms('2023-01-31'))).toBe(false)
  })

  test('windowsBetween refuses to list for ever', () => {
    expect(() => windowsBetween(both, -Infinity, 0)).toThrow(RangeError)
  })
})

describe('Properties of windows', () => {
  const zones = [
    'UTC',
    'Europe/Berlin',
    'Africa/Cairo',
    'America/Sao_Paulo',
    'America/Havana',
    'America/St_Johns',
    'Pacific/Apia',
  ]
  const rule = fc.record({
    timeZone: fc.constantFrom(...zones),
    anchor: fc
      .date({ min: new Date('2000-01-01'), max: new Date('2025-12-31'), noInvalidDate: true })
      .map((date) => date.toISOString().slice(0, 10)),
    length: fc.oneof(
      fc.record({ months: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ days: fc.integer({ min: 1, max: 60 }) }),
    ),
    kind: fc.constantFrom('anchored' as const, 'calendar' as const),
  })

  test('windows tile: each ends where the next begins, holds its own instants, and is found by its id', () => {
    fc.assert(
      fc.property(
        rule,
        fc.integer({ min: 0, max: 4000 }),
        fc.integer({ min: 0, max: 86_399_999 }),
        (window, days, time) => {
          const cut = of(window)
          const at = ms(window.anchor) + days * 86_400_000 + 86_400_000 + time
          const found = windowAt(cut, at)
          if (!found) throw new Error('no window')
          expect(found.start <= at && at < found.end).toBe(true)
          expect(windowAt(cut, found.start)).toEqual(found)
          expect(windowAt(cut, found.end - 1)).toEqual(found)
          expect(windowAt(cut, found.end)?.start).toBe(found.end)
          expect(windowById(cut, found.id)).toEqual(found)
          expect(isBoundary(cut[0]?.policy ?? policy(), found.end)).toBe(true)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('walking back gives the newest windows of a range, newest first, over the versions too', () => {
    fc.assert(
      fc.property(
        rule,
        fc.integer({ min: -400, max: 4000 }),
        fc.integer({ min: 0, max: 400 * 86_400_000 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 0, max: 9 }),
        (window, days, length, count, tenths) => {
          const from = ms(window.anchor) + days * 86_400_000
          const range = { from, to: from + length }
          const boundary = windowAt(of(window), from + (length / 10) * tenths)?.end
          const one = policy({ window })
          const cut = boundary === undefined ? of(window) : versions(one, [one, iso(boundary)])
          const expected = windowsBetween(cut, range.from, range.to).reverse()
          expect(windowsBefore(cut, range, count)).toEqual(expected.slice(0, count))
          // A page goes on where the one before ended.
          const [first] = expected
          if (first)
            expect(windowsBefore(cut, { from, to: first.start }, count)).toEqual(expected.slice(1, count + 1))
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each(['UTC', 'Europe/Berlin', 'Asia/Tokyo', 'America/New_York'])(
    'an anchor in the year 0001 neither breaks a list nor hides a window (%s)',
    (timeZone) => {
      const daily = of({ anchor: '0001-01-01', length: { days: 1 }, timeZone })
      const early = windowsBefore(daily, { from: ms('-000100-01-01'), to: ms('0001-03-01') }, 1000)
      expect(early.at(-1)?.id).toBe('test.1.0001-01-01')
      expect(early).toEqual(windowsBetween(daily, ms('-000100-01-01'), ms('0001-03-01')).reverse())
      for (const each of early) expect(windowById(daily, each.id)).toEqual(each)
      const late = windowsBefore(daily, { from: ms('0001-01-01'), to: ms('2026-03-01T12:00:00Z') }, 3)
      expect(late.map(({ id }) => id)).toEqual([
        'test.1.2026-03-01',
        'test.1.2026-02-28',
        'test.1.2026-02-27',
      ])
    },
  )
})
