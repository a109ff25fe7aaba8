import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { licenceFigures } from '../../src/metering/licence.ts'
import { policy } from './build.ts'

const figures = (
  active: number,
  included: number | undefined,
  alerts: { at: string; to?: string[] }[] = [],
) => licenceFigures({ policy: policy({ limit: { included }, alerts }), active, total: 5000 })

describe('Figures of the licence view (A18)', () => {
  test.each([
    [0, 1000, 1000, 0, 0],
    [833, 1000, 167, 0, 83],
    [999, 1000, 1, 0, 99],
    [1000, 1000, 0, 0, 100],
    [1001, 1000, 0, 1, 100],
    [2, 3, 1, 0, 66],
    [5, 0, 0, 5, null],
  ])('Q23: %i active of %i: %i remaining, %i over, %s percent', (active, limit, remaining, over, percent) => {
    expect(figures(active, limit)).toMatchObject({ limit, remaining, over, percent })
  })
  test('without a limit nothing is measured against it', () => {
    expect(figures(5, undefined, [{ at: '80%' }, { at: '5' }])).toMatchObject({
      limit: null,
      remaining: null,
      over: null,
      percent: null,
      tolerated: null,
      alerts: [
        { at: '5', reached: true },
        { at: '80%', threshold: null, reached: false },
      ],
    })
  })
  test('A19, D9: only active learners are compared, the total is not', () => {
    const subject = policy({ limit: { included: 10 } })
    const at = (total: number) => licenceFigures({ policy: subject, active: 3, total })
    expect(at(3)).toEqual(at(100_000))
    expect(at(100_000).over).toBe(0)
  })
  test('A15: the surcharge is that of the policy', () => {
    const subject = policy({ price: { surchargePct: 25 } })
    expect(licenceFigures({ policy: subject, active: 0, total: 0 }).surchargePct).toBe(25)
  })
  test('the tolerance is part of the limit', () => {
    const subject = policy({ limit: { included: 500, tolerancePct: 5 } })
    const tolerated = (active: number) => licenceFigures({ policy: subject, active, total: active }).tolerated
    expect([tolerated(525), tolerated(526)]).toEqual([true, false])
  })
})

describe('Alert levels', () => {
  const reached = (active: number, limit: number, ...levels: string[]) =>
    figures(
      active,
      limit,
      levels.map((at) => ({ at })),
    )
      .alerts.filter((level) => level.reached)
      .map(({ at }) => at)

  test('Q23: the 100 % alert fires at count ≥ limit', () => {
    expect([reached(999, 1000, '100%'), reached(1000, 1000, '100%'), reached(1001, 1000, '100%')]).toEqual([
      [],
      ['100%'],
      ['100%'],
    ])
  })
  test('A20: a level is a number or a percentage; 0 and blank are none', () => {
    expect(reached(900, 1000, '0', '', '0%', '900', '901', '90%', '91%')).toEqual(['900', '90%'])
    expect(figures(0, 1000, [{ at: '0' }, { at: '' }, { at: '00%' }]).alerts).toEqual([])
  })
  test('F4, Q26: levels rise, and one given twice is one, for the recipients of both', () => {
    const { alerts } = figures(850, 1000, [
      { at: '100%' },
      { at: '80%', to: ['a@example.org'] },
      { at: '820' },
      { at: '080%', to: ['b@example.org', 'a@example.org'] },
    ])
    expect(alerts).toEqual([
      { at: '80%', threshold: 800, reached: true, to: ['a@example.org', 'b@example.org'] },
      { at: '820', threshold: 820, reached: true, to: [] },
      { at: '100%', threshold: 1000, reached: false, to: [] },
    ])
  })
  test('nobody active reaches nothing, not even with a limit of 0', () => {
    expect(reached(0, 0, '80%')).toEqual([])
    expect(reached(1, 0, '80%')).toEqual(['80%'])
  })
  test('alerts on the forecast are no figures of the actual count', () => {
    const subject = policy({ limit: { included: 1 }, alerts: [{ at: '80%', on: 'forecast' }] })
    expect(licenceFigures({ policy: subject, active: 5, total: 5 }).alerts).toEqual([])
  })
  test('Q23: in whole numbers, 100 · count ≥ pct · limit', () => {
    const nat = (min: number, max: number) => fc.integer({ min, max })
    fc.assert(
      fc.property(nat(-2, 2), nat(1, 10_000), nat(1, 300), (off, limit, pct) => {
        const active = Math.max(1, Math.floor((pct * limit) / 100) + off)
        expect(reached(active, limit, `${pct}%`).length === 1).toBe(100 * active >= pct * limit)
      }),
      { numRuns: 1000 },
    )
  })
})
