/** The window advisor on the source's own example. */
import { describe, expect, it } from 'vitest'
import {
  ACCORD_WINDOWS,
  adviseWindows,
  breakEvenPct,
  chanceOfNone,
  expectedCount,
  limitFor,
} from '../../src/metering/advisor.ts'
import { costOf } from '../../src/metering/price.ts'
import { policy } from './build.ts'

const [YEAR, QUARTER, MONTH] = ACCORD_WINDOWS

describe('the window advisor', () => {
  it('A17: 2,000 learners a year in a course of 2 to 3 months are 833 to 1,000 in a 3-month window', () => {
    expect(Math.round(expectedCount(2000, 3, 2))).toBe(833)
    expect(expectedCount(2000, 3, 3)).toBe(1000)
  })

  it('F7: a limit of 1,000 is exceeded in about half of these windows, 1,075 in none of a year with 97 %', () => {
    expect(chanceOfNone(1000, 1000, 1)).toBeCloseTo(0.5, 1)
    expect(chanceOfNone(1000, 1075, 4)).toBeCloseTo(0.97, 2)
    expect(chanceOfNone(1000, 1000, 4)).toBeLessThan(0.1)
    const safe = limitFor(1000, 4, 0.97)
    expect(Math.abs(safe - 1075)).toBeLessThanOrEqual(2)
    expect(chanceOfNone(1000, safe, 4)).toBeGreaterThanOrEqual(0.97)
    expect(chanceOfNone(1000, safe - 1, 4)).toBeLessThan(0.97)
  })

  it('F7: breaks even at 80 %, 66.7 % and 83.3 % (A15)', () => {
    expect(breakEvenPct(QUARTER, YEAR)).toBe(80)
    expect(breakEvenPct(MONTH, YEAR)).toBeCloseTo(66.7, 1)
    expect(breakEvenPct(MONTH, QUARTER)).toBeCloseTo(83.3, 1)
  })

  it('F7: puts the cheapest limit first, by peak and surcharge, and says who beats whom', () => {
    const { options, breakEvens } = adviseWindows(
      [
        { ...YEAR, counts: [2000] },
        { ...QUARTER, counts: [900, 1000, 950, 800] },
        { ...MONTH, counts: [840, 700] },
      ],
      1000,
    )
    expect(options.map(({ months, peak, feeUnits, over }) => [months, peak, feeUnits, over])).toEqual([
      [3, 1000, 1250, 0],
      [1, 840, 1260, 0],
      [12, 2000, 2000, 1],
    ])
    expect(breakEvens).toEqual([
      { months: 3, against: 12, belowPct: 80, actualPct: 50, cheaper: true },
      { months: 1, against: 12, belowPct: 66.7, actualPct: 42, cheaper: true },
      { months: 1, against: 3, belowPct: 83.3, actualPct: 84, cheaper: false },
    ])
  })

  it('F7: at the break-even itself neither is cheaper, and an option without a whole window is left out', () => {
    const { options, breakEvens } = adviseWindows(
      [
        { ...YEAR, counts: [1000] },
        { ...QUARTER, counts: [800] },
        { ...MONTH, counts: [] },
      ],
      null,
    )
    expect(options).toHaveLength(2)
    expect(options[0]).toMatchObject({ over: null, chanceOfNonePct: null })
    expect(breakEvens).toMatchObject([{ actualPct: 80, cheaper: false }])
  })
})

describe('the cost of a window', () => {
  const priced = (surchargePct: number, perExtra: string | null = null) =>
    policy({ price: { surchargePct, perExtra } })

  it('A16: the surcharge multiplies the fee of the limit, exactly', () => {
    expect(costOf(priced(25), '1000.10', 0)).toEqual({ fee: '1250.13', extra: null, total: '1250.13' })
    expect(costOf(priced(12.5), '0.1', 0)?.fee).toBe('0.11')
    expect(costOf(priced(0), '123456789012345678.01', 0)?.fee).toBe('123456789012345678.01')
  })

  it('adds what learners over the limit cost, and is silent where nothing has a price', () => {
    expect(costOf(priced(50, '2.00'), '100', 3)).toEqual({ fee: '150.00', extra: '6.00', total: '156.00' })
    expect(costOf(priced(50, '0.333'), null, 0.67)).toEqual({ fee: null, extra: '0.22', total: '0.22' })
    expect(costOf(priced(50), null, 3)).toBeNull()
  })
})
