import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Classified, Obstacle } from '../../src/attempts/derivation.ts'
import type { Policy } from '../../src/metering/policy.ts'
import { preset } from '../../src/metering/presets.ts'
import { recount, recountWindow } from '../../src/metering/recount.ts'
import { type PolicyVersion, windowAt, windowsBetween } from '../../src/metering/windows.ts'
import { ATTENDED, classified, INITIALIZED, ms, policy, versions } from './build.ts'

const monthly = policy({ window: { anchor: '2024-01-31' } })
const calendar = policy({ window: { kind: 'calendar', anchor: undefined } })

const starts = (list: readonly Classified[], under: readonly PolicyVersion[]) =>
  recount(list, under).flatMap(({ counted }) =>
    counted.map(({ windowStart }) => new Date(windowStart).toISOString().slice(0, 10)),
  )

describe('Counting one learner', () => {
  test('A1, D1: registering and enrolling add nothing, however often', () => {
    const registered = Array.from({ length: 500 }, () => classified({ obstacles: ['administrative-verb'] }))
    expect(recount(registered, versions(calendar))).toEqual([
      { policy: 'test', version: 1, counted: [], firstQualified: null },
    ])
  })
  test('A2, D3: the first use of a tracked element in the window is the evidence', () => {
    const list = [
      classified({ id: 'resource', at: '2024-02-01T08:00:00Z', obstacles: ['resource'] }),
      classified({ id: 'later', at: '2024-02-03T08:00:00Z' }),
      classified({ id: 'first', at: '2024-02-02T08:00:00Z', stored: '2024-02-02T09:00:00Z' }),
    ]
    expect(recount(list, versions(calendar))[0]?.counted).toEqual([
      {
        windowStart: ms('2024-02-01'),
        key: 'learner',
        evidence: {
          statementId: 'first',
          at: ms('2024-02-02T08:00:00Z'),
          stored: ms('2024-02-02T09:00:00Z'),
          rule: 'evidence',
        },
      },
    ])
  })
  test('A3, A10: a hundred uses in a window count once', () => {
    const uses = Array.from({ length: 100 }, (_, index) =>
      classified({ at: ms('2024-02-01') + index * 3_600_000 }),
    )
    expect(starts(uses, versions(calendar))).toEqual(['2024-02-01'])
  })
  test('A8, Q1: 12 months from the start date, whatever that is', () => {
    const accord = versions(policy({ window: { length: { months: 12 }, anchor: '2024-01-31' } }))
    const uses = ['2024-01-30T23:59:59Z', '2025-01-30T23:59:59Z', '2025-01-31T00:00:00Z'].map((at) =>
      classified({ at }),
    )
    expect(starts(uses, accord)).toEqual(['2024-01-31', '2025-01-31'])
  })
  test("A9, D5, D6: last window's use does not carry over", () => {
    const used = [classified({ at: '2022-06-15T00:00:00Z' })]
    const july = windowAt(versions(calendar), ms('2022-07-15'))
    expect(starts(used, versions(calendar))).toEqual(['2022-06-01'])
    expect(july && recountWindow(used, versions(calendar), july)).toEqual([])
  })
  test('A11, A12: only untracked use, or none, is not active', () => {
    expect(starts([classified({ obstacles: ['resource'] })], versions(calendar))).toEqual([])
    expect(starts([], versions(calendar))).toEqual([])
  })
  test('D8, Q19: a returning learner counts again in a later window, and so does a resume', () => {
    const list = [
      classified({ at: '2024-02-10T10:00:00Z' }),
      classified({ at: '2024-02-10T10:00:00Z', resumedAt: '2024-04-02T10:00:00Z' }),
    ]
    expect(starts(list, versions(calendar))).toEqual(['2024-02-01', '2024-04-01'])
  })
  test('Q4: use at the very start of a window belongs to it alone', () => {
    expect(starts([classified({ at: '2024-02-29T00:00:00Z' })], versions(monthly))).toEqual(['2024-02-29'])
  })
  test('Q11, Q12: what arrives late counts where it happened', () => {
    const late = classified({ at: '2024-02-10T10:00:00Z', stored: '2024-09-01T10:00:00Z' })
    expect(starts([late], versions(calendar))).toEqual(['2024-02-01'])
    const byReceipt = policy({ window: { kind: 'calendar', anchor: undefined }, time: { by: 'stored' } })
    expect(starts([late], versions(byReceipt))).toEqual(['2024-09-01'])
  })
  test('Q18: each statement keeps the tracking of its own time, so one use before the switch still counts', () => {
    const list = [
      classified({ at: '2024-02-10T10:00:00Z' }),
      classified({ at: '2024-02-20T10:00:00Z', obstacles: ['resource'] }),
      classified({ at: '2024-03-20T10:00:00Z', obstacles: ['resource'] }),
    ]
    expect(starts(list, versions(calendar))).toEqual(['2024-02-01'])
  })
  test('ties are broken by receipt, then by statement id', () => {
    const at = '2024-02-10T10:00:00Z'
    const first = (...list: Classified[]) =>
      recount(list, versions(calendar))[0]?.counted[0]?.evidence.statementId
    const b = classified({ id: 'b', at, stored: ms(at) + 1 })
    const a = classified({ id: 'a', at, stored: ms(at) + 1 })
    const z = classified({ id: 'z', at, stored: ms(at) })
    expect(first(b, a)).toBe('a')
    expect(first(b, a, z)).toBe('z')
  })
  test('a learner without any statement is nowhere', () => {
    expect(recount([], versions(monthly))).toEqual([
      { policy: 'test', version: 1, counted: [], firstQualified: null },
    ])
  })
})

describe('Versions and totals', () => {
  const strict = policy({ count: { any: [{ verb: ['attended'] }] }, window: { anchor: '2024-01-31' } })
  const both = versions(monthly, [strict, '2024-03-31T00:00:00Z'])

  test('Q25: each statement is judged by the version that decides at its time', () => {
    const list = [
      classified({ at: '2024-03-30T10:00:00Z', verb: INITIALIZED }),
      classified({ at: '2024-03-31T10:00:00Z', verb: INITIALIZED }),
      classified({ at: '2024-05-01T10:00:00Z', verb: ATTENDED, obstacles: ['resource'] }),
    ]
    const [first, second] = recount(list, both)
    expect(first?.counted.map(({ windowStart }) => windowStart)).toEqual([ms('2024-02-29')])
    expect(second?.counted.map(({ windowStart }) => windowStart)).toEqual([ms('2024-04-30')])
    expect(second?.counted[0]?.evidence.rule).toBe('verb')
  })
  test('ruling 9: the first qualifying evidence ever, before the anchor too, is the same on every version', () => {
    const list = [
      classified({ at: '2020-05-05T00:00:00Z', obstacles: ['resource'] }),
      classified({ at: '2021-05-05T00:00:00Z' }),
      classified({ at: '2024-04-05T00:00:00Z', verb: ATTENDED }),
    ]
    expect(recount(list, both).map(({ firstQualified }) => firstQualified)).toEqual([
      ms('2021-05-05'),
      ms('2021-05-05'),
    ])
  })
})

describe('A17: the Accord example', () => {
  const DAY = 86_400_000
  const MONTH = (365.25 / 12) * DAY
  const quarterly = versions(preset('accord-3m') ?? policy())

  /** 2,000 learners a year begin evenly spread, and use the course every three days until its end. */
  function meanActive(courseMonths: number): number {
    const begin = ms('2024-01-31')
    const active = new Map<number, number>()
    for (let learner = 0; learner < 6000; learner += 1) {
      const started = begin + (learner * 365.25 * DAY) / 2000
      const uses: Classified[] = []
      for (let at = started; at <= started + courseMonths * MONTH; at += 3 * DAY)
        uses.push(classified({ id: 's', at }))
      const [count] = recount(uses, quarterly)
      for (const { windowStart } of count?.counted ?? [])
        active.set(windowStart, (active.get(windowStart) ?? 0) + 1)
    }
    const steady = windowsBetween(quarterly, ms('2025-01-31'), ms('2026-01-31')).map(
      ({ start }) => active.get(start) ?? 0,
    )
    return steady.reduce((sum, each) => sum + each, 0) / steady.length
  }

  test.each([
    [2, 833],
    [3, 1000],
  ])('a course of %i months gives about %i active learners in a 3-month window', (courseMonths, expected) => {
    expect(Math.abs(meanActive(courseMonths) - expected)).toBeLessThan(expected * 0.015)
  })
})

describe('Properties (ruling 39: at least 1,000 histories each)', () => {
  const obstacle = fc.constantFrom<Obstacle>(
    'resource',
    'voided',
    'credential',
    'cmi5-browse',
    'administrative-verb',
    'duplicate',
    'unverified-preview',
  )
  const time = fc.integer({ min: ms('2023-11-01'), max: ms('2024-12-31') })
  // Few times and ids, so that ties are common.
  const statement = fc
    .record({
      id: fc.integer({ min: 0, max: 99_999 }).map((n) => `s-${n}`),
      at: fc.oneof(time, fc.constantFrom(ms('2024-01-31'), ms('2024-02-29'), ms('2024-02-29') - 1)),
      delay: fc.constantFrom(0, 1000, 40 * 86_400_000),
      resumed: fc.constantFrom(0, 0, 35 * 86_400_000),
      verb: fc.constantFrom(INITIALIZED, ATTENDED),
      obstacles: fc.uniqueArray(obstacle, { maxLength: 2 }),
      launchModeUnknown: fc.boolean(),
    })
    .map(({ delay, resumed, ...given }) =>
      classified({ ...given, stored: given.at + delay, resumedAt: given.at + resumed }),
    )
  const history = fc.uniqueArray(statement, { maxLength: 25, selector: ({ fact }) => fact.statementId })

  const policies: Record<string, readonly PolicyVersion[]> = {
    monthly: versions(monthly),
    docebo: versions(preset('docebo-mau') as Policy),
    'drops voids, skips unknown modes': versions(
      policy({
        count: { any: [{ evidence: true }], launchModeUnknown: 'skip', browse: 'count' },
        removal: { voided: 'drops' },
      }),
    ),
    'by receipt, in a zone': versions(
      policy({ time: { by: 'stored' }, window: { timeZone: 'America/Havana', anchor: '2023-12-31' } }),
    ),
    'two versions': versions(monthly, [
      policy({ window: { anchor: '2024-01-31', length: { months: 3 } }, time: { resumeBy: 'timestamp' } }),
      '2024-04-30T00:00:00Z',
    ]),
  }
  const chosen = fc.constantFrom(...Object.keys(policies)).map((name) => policies[name] ?? [])

  test('ruling 6: any permutation and duplication gives the same count', () => {
    const shuffled = history.chain((list) =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray([...list, ...list, ...list], { minLength: list.length * 3 }),
      ),
    )
    fc.assert(
      fc.property(shuffled, chosen, ([list, mixed], under) => {
        expect(recount(mixed, under)).toEqual(recount(list, under))
      }),
      { numRuns: 1500 },
    )
  })

  test('the union of recountWindow over all windows is recount', () => {
    fc.assert(
      fc.property(history, chosen, (list, under) => {
        const windows = windowsBetween(under, ms('2023-10-01'), ms('2025-06-01'))
        const united = under.map(({ version }) =>
          windows
            .filter((window) => window.version === version)
            .flatMap((window) => recountWindow(list, under, window)),
        )
        expect(united).toEqual(recount(list, under).map(({ counted }) => counted))
      }),
      { numRuns: 1000 },
    )
  })

  test('A25: whoever counts anywhere is in the total, and since then', () => {
    fc.assert(
      fc.property(history, chosen, (list, under) => {
        for (const { counted, firstQualified } of recount(list, under)) {
          const earliest = counted.map(({ evidence }) => evidence.at)
          expect(earliest.every((at) => firstQualified !== null && firstQualified <= at)).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('A25: a statement more never takes a learner out of a window', () => {
    fc.assert(
      fc.property(history, statement, chosen, (list, more, under) => {
        const before = recount(list, under).map(({ counted }) =>
          counted.map(({ windowStart }) => windowStart),
        )
        const after = recount([...list, more], under).map(
          ({ counted }) => new Set(counted.map(({ windowStart }) => windowStart)),
        )
        expect(before.every((windows, index) => windows.every((start) => after[index]?.has(start)))).toBe(
          true,
        )
      }),
      { numRuns: 1000 },
    )
  })
})
