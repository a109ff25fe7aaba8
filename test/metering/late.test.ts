/** Late facts (ruling 15): what came after its window was closed, under each setting of `close.late`. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Classified } from '../../src/attempts/derivation.ts'
import { groupsOfKeys } from '../../src/metering/breakdown.ts'
import type { ClosedWindow } from '../../src/metering/closing.ts'
import { LATE, type Window } from '../../src/metering/count.ts'
import { learnerOf } from '../../src/metering/evidence.ts'
import { explain } from '../../src/metering/explain.ts'
import { keyOfPolicy } from '../../src/metering/keys.ts'
import { isLateFor } from '../../src/metering/late.ts'
import type { Policy, PolicyInput } from '../../src/metering/policy.ts'
import { recount, recountWindow } from '../../src/metering/recount.ts'
import { tombstonesFor } from '../../src/metering/tombstone.ts'
import { type PolicyVersion, windowsBetween } from '../../src/metering/windows.ts'
import { classified, ms, policy, versions } from './build.ts'

type Late = 'adjust' | 'next-window' | 'ignore'
const rule = (late: Late, more: Partial<PolicyInput> = {}) => policy({ ...more, close: { late } })

/** January is closed when the first ten statements are there, February with the first twenty. */
const closed = (version = 1): readonly ClosedWindow[] => [
  { policy: 'test', version, start: ms('2024-01-01'), cutoff: 10 },
  { policy: 'test', version, start: ms('2024-02-01'), cutoff: 20 },
]
const use = (seq: number, at: string, more: object = {}) => classified({ seq, id: `s-${seq}`, at, ...more })
const countedIn = (list: readonly Classified[], under: readonly PolicyVersion[]) =>
  recount(list, under, { closed: closed() }).flatMap(({ counted }) =>
    counted.map(({ windowStart, key, evidence }) =>
      [new Date(windowStart).toISOString().slice(0, 7), key, evidence.statementId].join(' '),
    ),
  )
const lateIn = (list: readonly Classified[], under: readonly PolicyVersion[]) =>
  recount(list, under, { closed: closed() })
    .flatMap(({ standing = [] }) => standing)
    .filter(({ windowStart }) => windowStart === LATE)
    .map(({ evidence: { statementId, rule: outcome } }) => `${statementId} ${outcome}`)
const windowOf = (under: readonly PolicyVersion[], at: string): Window =>
  windowsBetween(under, ms(at), ms(at) + 1)[0] as Window

describe('ruling 15: a statement that came after its window was closed', () => {
  const late = [use(11, '2024-01-15'), use(21, '2024-01-16')]

  it('adjust: counts in its window, which becomes an adjustment; nothing is listed', () => {
    const under = versions(rule('adjust'))
    expect(countedIn(late, under)).toEqual(['2024-01 learner s-11'])
    expect(lateIn(late, under)).toEqual([])
  })

  it('ignore: is listed and counts nowhere', () => {
    const under = versions(rule('ignore'))
    expect(countedIn(late, under)).toEqual([])
    expect(lateIn(late, under)).toEqual(['s-11 ignored', 's-21 ignored'])
  })

  it('next-window: counts in the first window that was not closed when it was stored', () => {
    const under = versions(rule('next-window'))
    expect(countedIn(late, under)).toEqual(['2024-02 learner s-11', '2024-03 learner s-21'])
    expect(lateIn(late, under)).toEqual([
      's-11 next-window test.1.2024-02-01',
      's-21 next-window test.1.2024-03-01',
    ])
  })

  it.each([
    ['next-window', 10, ['2024-01 learner s-10']],
    ['next-window', 11, ['2024-02 learner s-11']],
    ['ignore', 10, ['2024-01 learner s-10']],
    ['ignore', 11, []],
  ] as const)('%s: statement %i, at the cutoff of 10', (setting, seq, expected) => {
    expect(countedIn([use(seq, '2024-01-15')], versions(rule(setting)))).toEqual(expected)
  })

  it('who counts in a window already is not counted for it a second time', () => {
    const under = versions(rule('next-window'))
    expect(countedIn([use(1, '2024-01-02'), ...late], under)).toEqual(['2024-01 learner s-1'])
    expect(lateIn([use(1, '2024-01-02'), ...late], under)).toEqual([
      's-11 already-counted',
      's-21 already-counted',
    ])
    // Passed on to February, which has been closed since: that was enough for February.
    expect(countedIn([use(11, '2024-01-15'), use(21, '2024-02-03')], under)).toEqual(['2024-02 learner s-11'])
  })

  it('who counts in the next window anyway stays one', () => {
    const list = [use(11, '2024-01-15'), use(12, '2024-02-03')]
    expect(countedIn(list, versions(rule('next-window')))).toEqual(['2024-02 learner s-11'])
  })

  it('atLeast: it fills the number of the window it counts with, not of its own', () => {
    const two = { any: [{ evidence: true as const }], atLeast: { n: 2, distinct: 'statement' as const } }
    const list = [use(1, '2024-01-02'), use(11, '2024-01-15')]
    const under = versions(rule('next-window', { count: two }))
    expect(countedIn(list, under)).toEqual([])
    expect(countedIn([...list, use(12, '2024-02-03')], under)).toEqual(['2024-02 learner s-12'])
  })

  it('minAgeHours: what came late makes nobody older in a closed window', () => {
    const aged = { any: [{ evidence: true as const }], minAgeHours: 24 }
    const list = [use(1, '2024-01-31T23:00:00Z'), use(11, '2024-01-05')]
    expect(countedIn(list, versions(rule('adjust', { count: aged })))).toEqual(['2024-01 learner s-11'])
    expect(countedIn(list, versions(rule('ignore', { count: aged })))).toEqual([])
  })

  it('once: ever: it is the first use in the window it counts with', () => {
    const ever = { unique: { by: ['learner' as const], once: 'ever' as const } }
    const list = [use(11, '2024-01-15'), use(22, '2024-03-03')]
    expect(countedIn(list, versions(rule('next-window', ever)))).toEqual(['2024-02 learner s-11'])
    expect(countedIn(list, versions(rule('ignore', ever)))).toEqual(['2024-03 learner s-22'])
  })

  it('a later version counts it by its own key', () => {
    const second = policy({ unique: { by: ['learner', 'activity'] } })
    const under = versions(rule('next-window'), [second, '2024-03-01T00:00:00Z'])
    expect(countedIn([use(21, '2024-01-16')], under)).toEqual([
      '2024-03 activity:https://lms.example.org/course/1 s-21',
    ])
  })

  it('is still late once it is purged, where purged evidence counts (ruling 8)', () => {
    const under = versions(rule('next-window', { removal: { purged: 'counts' } }))
    const tombstones = tombstonesFor(use(11, '2024-01-15'), under, new Set(), String)
    const [count] = recount([], under, { closed: closed(), tombstones })
    expect(count?.counted.map(({ windowStart }) => windowStart)).toEqual([ms('2024-02-01')])
  })

  it('rolling: is late for each closed window that holds it, and counts in those that are open by its own time', () => {
    const rolling = { kind: 'rolling' as const, length: { months: 3 } }
    const under = versions(rule('ignore', { window: rolling }))
    const [first, second, third] = windowsBetween(under, ms('2024-01-15'), ms('2024-04-15')) as [
      Window,
      Window,
      Window,
    ]
    const closings = [first, second].map(({ policy: id, version, start }) => ({
      policy: id,
      version,
      start,
      cutoff: 10,
    }))
    const [count] = recount([use(11, '2024-01-15')], under, { closed: closings })
    expect(count?.counted.map(({ windowStart }) => windowStart)).toEqual([third.start])
    const keys = (count?.standing ?? [])
      .filter(({ windowStart }) => windowStart === LATE)
      .map(({ key }) => key)
    const listed = (window: Window) => keys.filter((key) => isLateFor(window, key)).length
    expect([first, second, third].map(listed)).toEqual([1, 1, 0])
  })

  it('is explained in its own window and in the one it counts with (F1)', () => {
    const list = [use(11, '2024-01-15')]
    const reasonIn = (setting: Late, at: string) => {
      const under = versions(rule(setting))
      const found = explain(list, under, windowOf(under, at), { closed: closed() })
      return found.counted ? found.detail : `${found.nearestMiss?.reason}: ${found.nearestMiss?.detail}`
    }
    expect(reasonIn('ignore', '2024-01-10')).toMatch(/^late: .*does not count it/)
    expect(reasonIn('next-window', '2024-01-10')).toMatch(/^late: .*test\.1\.2024-02-01/)
    expect(reasonIn('next-window', '2024-02-10')).toMatch(/test\.1\.2024-01-01 was closed/)
    expect(reasonIn('adjust', '2024-01-10')).toBe('')
  })

  it('is among the evidence of the window it counts with, when that is broken down (F12)', () => {
    const under = versions(rule('next-window'))
    const groups = (at: string) =>
      groupsOfKeys([use(11, '2024-01-15')], under, windowOf(under, at), 'element', { closed: closed() })
    expect([...groups('2024-02-10').values()]).toEqual([['https://lms.example.org/course/1']])
    expect(groups('2024-01-10').size).toBe(0)
  })
})

const WHOLE = { any: [{ evidence: true as const }] }
const shapes: fc.Arbitrary<Partial<PolicyInput>> = fc.record({
  count: fc.constantFrom(
    WHOLE,
    { ...WHOLE, atLeast: { n: 2, distinct: 'day' as const } },
    { ...WHOLE, atLeast: { n: 2, distinct: 'activity' as const } },
    { ...WHOLE, minAgeHours: 300 },
  ),
  unique: fc.constantFrom({ by: ['learner' as const] }, { by: ['learner' as const, 'activity' as const] }),
  window: fc.constantFrom(
    { kind: 'anchored' as const, length: { months: 1 }, anchor: '2024-01-01' },
    { kind: 'calendar' as const, length: { days: 20 } },
    { kind: 'rolling' as const, length: { days: 70 } },
  ),
})
/** In order of receipt; when they happened has little to do with it. */
const received = fc
  .array(
    fc.record({
      at: fc.integer({ min: 0, max: 200 * 24 }).map((hours) => ms('2024-01-01') + hours * 3_600_000),
      element: fc.constantFrom('https://c.example/a', 'https://c.example/b'),
      attempt: fc.constantFrom('x', 'y'),
    }),
    { maxLength: 14 },
  )
  .map((list) => list.map((given, index) => classified({ ...given, seq: index + 1, id: `s-${index + 1}` })))

/** Some of a policy's windows, closed one after the other. */
const story = fc.record({
  list: received,
  setting: fc.constantFrom<Late>('adjust', 'next-window', 'ignore'),
  shape: shapes,
  next: fc.option(shapes, { nil: null }),
  cutoffs: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 7 }),
})
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never

function told({ setting, shape, next, cutoffs }: Story) {
  const first = rule(setting, shape)
  const changes: (Policy | [Policy, string])[] = [first]
  // Every window kind here but the one of 20 days has a boundary there.
  if (
    next &&
    next.window?.kind === first.window.kind &&
    !('days' in first.window.length && first.window.kind === 'calendar')
  )
    changes.push([rule(setting, next), '2024-04-01T00:00:00Z'])
  const under = versions(...changes)
  const windows = windowsBetween(under, ms('2024-01-01'), ms('2024-07-20')).filter(
    ({ end }) => end <= ms('2024-07-20'),
  )
  const sorted = [...cutoffs].sort((a, b) => a - b)
  const closings = windows.slice(0, sorted.length).map(({ policy: id, version, start }, at) => ({
    policy: id,
    version,
    start,
    cutoff: sorted[at] as number,
  }))
  return { under, windows, closings }
}

describe('1,000 histories (ruling 39)', () => {
  const runs = { numRuns: 1000 }

  test('ruling 6: any permutation and duplication, received times kept, gives the same counts and the same list', () => {
    const mixed = story.chain((one) =>
      fc.tuple(
        fc.constant(one),
        fc.shuffledSubarray([...one.list, ...one.list], { minLength: one.list.length * 2 }),
      ),
    )
    fc.assert(
      fc.property(mixed, ([one, list]) => {
        const { under, closings } = told(one)
        expect(recount(list, under, { closed: closings })).toEqual(
          recount(one.list, under, { closed: closings }),
        )
      }),
      runs,
    )
  })

  test('a closed window counts for all time what it counted when it was closed, unless late facts are adjustments', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { under, windows, closings } = told({
          ...one,
          setting: one.setting === 'adjust' ? 'ignore' : one.setting,
        })
        closings.forEach(({ cutoff }, at) => {
          const window = windows[at] as Window
          const known = one.list.filter(({ fact }) => fact.seq <= cutoff)
          const sealed = recountWindow(known, under, window, { closed: closings.slice(0, at) })
          expect(recountWindow(one.list, under, window, { closed: closings })).toEqual(sealed)
        })
      }),
      runs,
    )
  })

  test('next-window loses nobody, and counts nobody twice for one window', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { under, closings } = told({ ...one, setting: 'next-window' })
        if (under.some(({ policy: { count } }) => count.atLeast || count.minAgeHours > 0)) return
        const circumstances = { closed: closings }
        for (const { one: fact, index, window, outcome } of learnerOf(one.list, under, circumstances).late) {
          const inOwn = recountWindow(one.list, under, window, circumstances)
          if (outcome.kind === 'next-window') {
            expect(recountWindow(one.list, under, outcome.into, circumstances)).not.toEqual([])
            expect(outcome.into.start).toBeGreaterThan(window.start)
            const key = keyOfPolicy((under[index] as PolicyVersion).policy)(fact.of)
            expect(inOwn.map((row) => row.key)).not.toContain(key)
            const closing = closings.find(
              ({ version, start }) => version === outcome.into.version && start === outcome.into.start,
            )
            expect(fact.of.fact.seq).toBeLessThanOrEqual(closing?.cutoff ?? Infinity)
          } else expect(inOwn).not.toEqual([])
        }
      }),
      runs,
    )
  })

  test('adjust: closing changes no count', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { under, closings } = told({ ...one, setting: 'adjust' })
        expect(recount(one.list, under, { closed: closings })).toEqual(recount(one.list, under))
      }),
      runs,
    )
  })

  test('explaining agrees with counting, in every window', () => {
    fc.assert(
      fc.property(story, (one) => {
        const { under, windows, closings } = told(one)
        const circumstances = { closed: closings }
        const counted = recount(one.list, under, circumstances)
        for (const window of windows) {
          const rows = counted
            .filter(({ version }) => version === window.version)
            .flatMap((each) => each.counted)
            .filter(({ windowStart }) => windowStart === window.start)
          expect(explain(one.list, under, window, circumstances).counted).toBe(rows.length > 0)
        }
      }),
      { numRuns: 300 },
    )
  })
})
