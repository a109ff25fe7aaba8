/** Forecasts: the pure rules, and how well they hold on made-up tenants. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACCORD_WINDOWS, expectedCount } from '../../../src/metering/advisor.ts'
import { bandOf, chanceToReach } from '../../../src/metering/forecast/band.ts'
import { NEEDED, pastForecasts, reachOf } from '../../../src/metering/forecast/calibrate.ts'
import { forecastOf, modelOf } from '../../../src/metering/forecast/forecast.ts'
import { type Activation, historyOf, type WindowActivations } from '../../../src/metering/forecast/history.ts'
import { pointAt } from '../../../src/metering/forecast/point.ts'
import { distribution, quantile } from '../../../src/metering/forecast/poisson-binomial.ts'
import { rolloutEffect, shareWithin } from '../../../src/metering/forecast/rollout.ts'
import { estimateOptions, shareInWindow } from '../../../src/metering/forecast/window-options.ts'
import { backtest } from '../../bench/score.ts'
import { backtestYears } from '../../bench/score-years.ts'
import { randomOf, tenantOf } from '../../bench/tenants.ts'

const DAY = 86_400_000

/** Windows of 30 days; `days` says for each window who comes on which day. */
function windows(days: readonly Readonly<Record<string, number>>[]): readonly WindowActivations[] {
  return days.map((comers, index) => {
    const start = index * 30 * DAY
    const activations: Activation[] = Object.entries(comers).map(([key, day]) => ({
      key,
      at: start + day * DAY,
      stored: start + day * DAY,
    }))
    return { start, end: start + 30 * DAY, activations }
  })
}

/** The same people in every window: 60 on day 3, 40 on day 20. */
function steady(past: number, open: Readonly<Record<string, number>>) {
  const month = Object.fromEntries(
    Array.from({ length: 100 }, (_, one) => [`p-${one}`, one < 60 ? 3 : 20] as const),
  )
  return historyOf(windows([...Array.from({ length: past }, () => month), open]))
}
const early = Object.fromEntries(Array.from({ length: 60 }, (_, one) => [`p-${one}`, 3] as const))

describe('the forecast of a window', () => {
  it('§6: what is counted and who is still expected, of cohorts by the windows that counted them', () => {
    const history = steady(8, early)
    const point = pointAt(history, 8, (8 * 30 + 10) * DAY)
    expect(point).toMatchObject({ counted: 60, cohorts: [{ cohort: 7, learners: 40 }] })
    expect(point.mean).toBeCloseTo(100, 5)
    // Half of the way to day 20 nobody ever came.
    expect(pointAt(history, 8, (8 * 30 + 10) * DAY, 0.5).mean).toBeCloseTo(60, 5)
  })

  it('§6: draws a cohort of few towards the pool, and takes newcomers from the last windows', () => {
    const base = Object.fromEntries(Array.from({ length: 50 }, (_, one) => [`p-${one}`, 5] as const))
    const history = historyOf(windows([base, { ...base, late: 25 }, { ...base, other: 25 }, {}]))
    const point = pointAt(history, 3, 3 * 30 * DAY)
    expect(point.joiners).toEqual({ mean: 1, most: 1 })
    // «late» came twenty-five days in, once, and not again.
    const once = point.cohorts.find(({ learners, cohort }) => learners === 1 && cohort === 2)
    expect(once?.chance).toBeGreaterThan(0.5)
    expect(once?.chance).toBeLessThan(1)
  })

  it('F5: no band below 4 past errors: the median and the bounds only', () => {
    const little = forecastOf(modelOf(steady(6, early), (6 * 30 + 10) * DAY), 90)
    expect(little).toMatchObject({
      state: 'too-little-history',
      band: null,
      probabilityOver: null,
      median: 100,
      bounds: { least: 60, most: 100 },
      pastErrors: { known: 3, needed: 4 },
    })
    const enough = forecastOf(modelOf(steady(7, early), (7 * 30 + 10) * DAY), 90)
    expect(enough).toMatchObject({
      state: 'ready',
      pastErrors: { known: 4 },
      accuracy: { windows: 4, mapePct: 0 },
    })
    expect(enough.band).not.toBeNull()
  })

  it('F5: nothing is told before any window has passed, but what is counted', () => {
    const model = modelOf(historyOf(windows([early])), 10 * DAY)
    expect(forecastOf(model, 50)).toMatchObject({
      counted: 60,
      median: null,
      bounds: { least: 60, most: null },
      probabilityOver: 1,
      accuracy: null,
    })
    expect(forecastOf(modelOf(historyOf(windows([{}])), 10 * DAY), 50)).toMatchObject({
      counted: 0,
      median: null,
    })
  })

  it('F5: the expected crossing date is the day on which the curve reaches the number', () => {
    const crossing = (limit: number) => modelOf(steady(8, early), (8 * 30 + 10) * DAY, limit).crossing
    expect(Math.floor((crossing(90) ?? 0) / DAY) - 8 * 30).toBe(20)
    expect(crossing(200)).toBeNull()
  })

  it('§6: looks at nothing stored after the origin; what was brought in long after is taken as known in its time', () => {
    const made = windows([early, early, early, early, {}])
    const origin = (3 * 30 + 10) * DAY
    const late = made.map((window, index) => ({
      ...window,
      activations: window.activations.map((one) => (index === 3 ? { ...one, stored: origin + DAY } : one)),
    }))
    expect(pointAt(historyOf(made), 3, origin).counted).toBe(60)
    expect(pointAt(historyOf(late), 3, origin).counted).toBe(0)
    const years = made.map((window) => ({
      ...window,
      activations: window.activations.map((one) => ({ ...one, stored: one.at + 900 * DAY })),
    }))
    expect(pointAt(historyOf(years), 3, origin)).toEqual(pointAt(historyOf(made), 3, origin))
  })

  it('never says less than is counted, nor a chance outside 0 to 1 (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 29 }), (seed, day) => {
        const history = historyOf(tenantOf({ learners: 12, months: 9, campaigns: true }, seed))
        const asOf = (history.windows.at(-1)?.start ?? 0) + day * DAY
        const model = modelOf(history, asOf)
        const { counted, median, band, bounds, probabilityOver } = forecastOf(model, 5)
        expect(median ?? counted).toBeGreaterThanOrEqual(counted)
        expect(bounds.least).toBe(counted)
        if (band) {
          expect(band.low).toBeGreaterThanOrEqual(counted)
          expect(band.high).toBeGreaterThanOrEqual(band.low)
        }
        expect(probabilityOver ?? 0).toBeGreaterThanOrEqual(0)
        expect(probabilityOver ?? 1).toBeLessThanOrEqual(1)
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the distribution', () => {
  it('§6.4: exact for few (Poisson-binomial): the binomial where all chances are equal, and order does not matter', () => {
    expect([...distribution([{ learners: 2, chance: 0.5 }])]).toEqual([0.25, 0.5, 0.25])
    const mixed = distribution([
      { learners: 1, chance: 0.2 },
      { learners: 1, chance: 0.9 },
    ])
    expect([...mixed].map((one) => Math.round(one * 1000))).toEqual([80, 740, 180])
    expect(quantile([{ learners: 3, chance: 0.1 }], 0, 0.5)).toBe(0)
    expect(quantile([{ learners: 1_000, chance: 0.1 }], 2, 0.5)).toBe(102)
  })

  it('§6.5: k ≥ 1/α − 1 = 4 errors for 80 %, and the band grows with them', () => {
    expect(NEEDED).toBe(4)
    const errors = (...sizes: number[]) => sizes.map((standardised) => ({ standardised }))
    expect(reachOf(errors(1, -2, 3))).toBeNull()
    expect(reachOf(errors(1, -2, 3, -4))).toBe(4)
    expect(reachOf(errors(1, 2, 3, 4, 5, 6, 7, 8, 9))).toBe(8)
  })

  it('gives the chance to reach a number from the calibrated width: half at the mean, less beyond', () => {
    const point = pointAt(steady(8, early), 8, (8 * 30 + 10) * DAY)
    const at = (number: number) => chanceToReach(point, number, 3)
    expect(at(60)).toBe(1)
    expect(at(100)).toBeGreaterThan(0.5)
    expect(at(101)).toBeLessThan(0.5)
    expect(at(120)).toBeLessThan(at(110))
    expect(bandOf(point, 3).high).toBeGreaterThan(bandOf(point, 1).high)
  })
})

describe('roll-outs under other windows (D11)', () => {
  const campaign = { people: [], newPeople: 2_000, rate: 1, spreadMonths: 12, lastsMonths: 3 }
  const past = ACCORD_WINDOWS.map((option) => ({ ...option, counts: [], shares: new Map<string, number>() }))

  it('A17: learners spread over a year count in every window they touch, as the advisor reckons', () => {
    for (const [months, lastsMonths] of [
      [3, 2],
      [3, 3],
      [1, 3],
    ] as const)
      expect(2_000 * shareInWindow(months, { ...campaign, lastsMonths })).toBeCloseTo(
        expectedCount(2_000, months, lastsMonths),
        9,
      )
    expect(shareInWindow(12, campaign)).toBe(1)
    expect(shareInWindow(1, { ...campaign, spreadMonths: 0 })).toBe(1)
    const options = estimateOptions(past, [campaign], [])
    expect(options.map(({ months, licences }) => [months, licences.expected])).toEqual([
      [1, 667],
      [3, 1_000],
      [12, 2_000],
    ])
  })

  it('F6: a person in two roll-outs is one, and nobody adds more than there are', () => {
    const twice = { ...campaign, people: ['x'], newPeople: 0, spreadMonths: 0 }
    const [option] = estimateOptions(past.slice(0, 1), [twice, twice], [])
    expect(option).toMatchObject({ added: { expected: 1, high: 1 }, licences: { expected: 1, high: 1 } })
    const half = estimateOptions(past.slice(0, 1), [{ ...campaign, rate: 0.5 }], [])
    expect(half[0]?.added.high).toBeGreaterThan(1_200)
    expect(half[0]?.added.high).toBeLessThanOrEqual(2_000)
  })
})

describe('planned roll-outs (F6)', () => {
  const model = modelOf(steady(8, early), (8 * 30 + 10) * DAY)
  const stands = (person: string) => model.standing.get(person)

  it('adds nobody who is counted already, little of whom is expected anyway, and people nobody has seen in full', () => {
    const [effect] = rolloutEffect(
      model.point,
      [{ people: ['p-0', 'p-1', 'p-70', 'x'], newPeople: 10, rate: 0.5 }],
      stands,
    )
    expect(effect).toMatchObject({ people: 14, alreadyCounted: 2 })
    expect(effect?.added).toBeCloseTo(0.5 * (0 + 1 + 10), 1)
  })

  it('adds the same person once over two roll-outs', () => {
    const twice = rolloutEffect(
      model.point,
      [
        { people: ['x'], newPeople: 0, rate: 0.5 },
        { people: ['x'], newPeople: 0, rate: 0.5 },
      ],
      stands,
    )
    expect(twice.map(({ added }) => added)).toEqual([0.5, 0.25])
  })

  it('widens the band by the shared success of the campaign, beyond what independent people would', () => {
    const [effect] = rolloutEffect(model.point, [{ people: [], newPeople: 100, rate: 0.5 }], stands)
    expect(effect?.variance).toBeGreaterThan(100 * 0.25 * 5)
    const before = forecastOf(model, 120)
    const after = forecastOf(model, 120, effect ? [effect] : [])
    expect((after.band?.high ?? 0) - (after.band?.low ?? 0)).toBeGreaterThan(
      (before.band?.high ?? 0) - (before.band?.low ?? 0) + 20,
    )
    expect(after.probabilityOver).toBeGreaterThan(before.probabilityOver ?? 1)
  })

  it('reckons with the part of a campaign that lies ahead and within the window', () => {
    expect(shareWithin({}, 5, 10)).toBe(1)
    expect(shareWithin({ starts: 8, due: 12 }, 5, 10)).toBe(0.5)
    expect(shareWithin({ starts: 0, due: 20 }, 5, 10)).toBeCloseTo(1 / 3)
    expect(shareWithin({ starts: 10, due: 12 }, 5, 10)).toBe(0)
  })
})

describe('the back-test', () => {
  const shape = { tenants: 4, learners: 250, months: 30, scored: 18, seed: 1 }

  it.each([true, false])(
    '§6: nominal 80 % covers 75 to 87 %, campaigns: %s; beats run rate on every day',
    (campaigns) => {
      // So few origins a day scatter by 5 %: here they are judged together; `npm run backtest` judges each day.
      const scores = backtest({ ...shape, campaigns })
      for (const { origins, covered, coveredPlain, mape, day } of scores) {
        expect(origins, `day ${day}`).toBe(4 * 18)
        expect(mape.cohorts, `day ${day}`).toBeLessThan(mape.runRate)
        expect(coveredPlain, `day ${day}`).toBeLessThan(covered)
      }
      const covered = scores.reduce((sum, score) => sum + score.covered, 0) / scores.length
      expect(covered).toBeGreaterThanOrEqual(75)
      expect(covered).toBeLessThanOrEqual(87)
    },
  )

  it('§6: a year is forecast after two, from windows as long that began in every month: no narrower than promised', () => {
    const shape = { tenants: 20, learners: 120, months: 36, seed: 1 }
    const scores = [true, false].flatMap((campaigns) => backtestYears({ ...shape, campaigns }))
    for (const { told, mape, mapeRunRate } of scores) {
      expect(told).toBe(20)
      expect(mape).toBeLessThan(mapeRunRate / 3)
    }
    const covered = scores.reduce((sum, score) => sum + score.covered, 0) / scores.length
    expect(covered).toBeGreaterThanOrEqual(75)
  })

  it('makes the same tenant of the same seed, and another of another', () => {
    const made = (seed: number) => tenantOf({ learners: 20, months: 3, campaigns: true }, seed)
    expect(made(1)).toEqual(made(1))
    expect(made(1)).not.toEqual(made(2))
    expect(randomOf(7)()).toBe(randomOf(7)())
    const history = historyOf(made(1))
    expect(pastForecasts(history, 2, (history.windows[2]?.start ?? 0) + DAY)).toEqual([])
  })
})
