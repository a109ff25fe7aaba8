/** What holds of every preset, and of any policy, whatever was sent (ruling 39: 1,000 histories). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Obstacle } from '../../src/attempts/derivation.ts'
import { EVER } from '../../src/metering/count.ts'
import { explain } from '../../src/metering/explain.ts'
import { countsSeveralKeys } from '../../src/metering/keys.ts'
import { qualify } from '../../src/metering/qualify.ts'
import { recount, recountWindow } from '../../src/metering/recount.ts'
import { policyText } from '../../src/metering/text.ts'
import { windowsBetween } from '../../src/metering/windows.ts'
import { ADL, classified, ms, versions } from './build.ts'
import { anyPolicy, compact, maybe, policy } from './random-policy.ts'

const verb = fc.constantFrom(
  `${ADL}/initialized`,
  `${ADL}/resumed`,
  `${ADL}/completed`,
  `${ADL}/attended`,
  'https://w3id.org/xapi/adl/verbs/logged-in',
)
const statement = fc
  .record({
    id: fc.integer({ min: 0, max: 9999 }).map((n) => `s-${n}`),
    at: fc.integer({ min: ms('2023-06-01'), max: ms('2024-12-31') }),
    delay: fc.constantFrom(0, 1000, 40 * 86_400_000),
    verb,
    element: fc.constantFrom('https://c.example/a', 'https://c.example/b'),
    attempt: fc.constantFrom('x', 'y', null),
    subAccount: maybe(fc.constantFrom('north', 'south')),
    credential: fc.constantFrom('c-1', 'c-2'),
    progress: maybe(fc.double({ min: 0, max: 1, noNaN: true })),
    launchMode: maybe(fc.constantFrom('Normal' as const, 'Review' as const)),
    tags: maybe(fc.constantFrom(['x'], ['x', 'y'])),
    obstacles: fc.uniqueArray(
      fc.constantFrom<Obstacle>('resource', 'voided', 'credential', 'administrative-verb', 'cmi5-browse'),
      { maxLength: 1 },
    ),
  })
  .map(({ delay, ...given }) =>
    classified({ ...compact(given), attempt: given.attempt, stored: given.at + delay }),
  )
const history = fc.uniqueArray(statement, { maxLength: 15, selector: ({ fact }) => fact.statementId })

const now = fc.constantFrom(ms('2024-03-01'), ms('2024-12-31'), ms('2030-01-01'))
const groups = fc.constantFrom(new Set<string>(), new Set(['staff']))
const runs = { numRuns: 1000 }

describe('Every preset and any policy', () => {
  test('ruling 6: permutation and duplication change nothing', () => {
    const shuffled = history.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray([...list, ...list], { minLength: list.length * 2 })),
    )
    fc.assert(
      fc.property(shuffled, anyPolicy, now, groups, ([list, mixed], under, at, of) => {
        const circumstances = { now: at, groups: of }
        expect(recount(mixed, versions(under), circumstances)).toEqual(
          recount(list, versions(under), circumstances),
        )
      }),
      runs,
    )
  })

  test('A25, ruling 9: 0 ≤ active ≤ total, in every window and in the unit of the count', () => {
    fc.assert(
      fc.property(history, anyPolicy, now, (list, under, at) => {
        const [count] = recount(list, versions(under), { now: at })
        const total = countsSeveralKeys(under)
          ? (count?.standing ?? []).filter(({ windowStart }) => windowStart === EVER).length
          : Number(count?.firstQualified != null)
        const active = new Map<number, number>()
        for (const { windowStart } of count?.counted ?? [])
          active.set(windowStart, (active.get(windowStart) ?? 0) + 1)
        expect(Math.max(0, ...active.values())).toBeLessThanOrEqual(total)
      }),
      runs,
    )
  })

  test('what one window gives alone is what the whole recount says of it, and explaining it agrees', () => {
    fc.assert(
      fc.property(history, anyPolicy, now, groups, (list, under, at, of) => {
        const all = versions(under)
        const circumstances = { now: at, groups: of }
        const [count] = recount(list, all, circumstances)
        for (const one of windowsBetween(all, ms('2024-01-01'), ms('2024-06-01')).slice(0, 6)) {
          const rows = (count?.counted ?? []).filter(({ windowStart }) => windowStart === one.start)
          expect(recountWindow(list, all, one, circumstances)).toEqual(rows)
          const explained = explain(list, all, one, circumstances)
          expect(explained.counted).toBe(rows.length > 0)
          if (!explained.counted) expect(explained.nearestMiss === null).toBe(list.length === 0)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('F3: any policy can be told in words, without a hole', () => {
    fc.assert(
      fc.property(anyPolicy, (under) => {
        expect(policyText(under).join('\n')).not.toMatch(/undefined|NaN|\[object|null/)
      }),
      // Most of the work is its examples, of which examples.test.ts tries a thousand policies'.
      { numRuns: 200 },
    )
  })

  test('once: ever counts each key in one window at most', () => {
    fc.assert(
      fc.property(history, policy, now, (list, under, at) => {
        if (under.unique.once !== 'ever') return
        const keys = (recount(list, versions(under), { now: at })[0]?.counted ?? []).map(({ key }) => key)
        expect(new Set(keys).size).toBe(keys.length)
      }),
      runs,
    )
  })

  test('what a rule excludes or lacks is the same alone as among others', () => {
    fc.assert(
      fc.property(statement, anyPolicy, groups, (one, under, of) => {
        const result = qualify(one, under, of)
        const [count] = recount([one], versions({ ...under, count: { ...under.count, minAgeHours: 0 } }), {
          groups: of,
        })
        if (!result.qualifies) expect(count).toMatchObject({ counted: [], firstQualified: null })
      }),
      runs,
    )
  })
})
