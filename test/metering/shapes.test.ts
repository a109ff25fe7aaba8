/** Every shape of policy beside one key in tiled windows: keys, memory, numbers, age, rolling windows. */
import { describe, expect, test } from 'vitest'
import { BACK_DATED, DUE, EVER, type LearnerCount, LIVE, type Window } from '../../src/metering/count.ts'
import { recount, recountWindow } from '../../src/metering/recount.ts'
import {
  beforeWindow,
  liveWindow,
  type PolicyVersion,
  windowById,
  windowsBefore,
  windowsBetween,
} from '../../src/metering/windows.ts'
import { classified, type Given, ms, policy, versions } from './build.ts'

const calendar = { kind: 'calendar' as const, anchor: undefined }
const evidence = { any: [{ evidence: true as const }] }
const day = (at: number) => new Date(at).toISOString().slice(0, 10)
const told = ({ counted }: Pick<LearnerCount, 'counted'>) =>
  counted.map(
    ({ windowStart, key, evidence: { statementId } }) => `${day(windowStart)} ${key} ${statementId}`,
  )
const count = (list: readonly Given[], under: readonly PolicyVersion[], now?: string) =>
  recount(list.map(classified), under, now === undefined ? {} : { now: ms(now) })
const standing = (counts: readonly LearnerCount[], name: number) =>
  (counts[0]?.standing ?? [])
    .filter(({ windowStart }) => windowStart === name)
    .map(({ key, evidence: { statementId } }) => `${key} ${statementId}`)

const A = 'https://lms.example.org/a'
const B = 'https://lms.example.org/b'

describe('Keys (ruling 7)', () => {
  const perCourse = versions(policy({ window: calendar, unique: { by: ['learner', 'activity'] } }))

  test('learner × activity: one key for each element in each window; pages of it are the element', () => {
    const counts = count(
      [
        { id: '1', at: '2024-02-01', element: A },
        { id: '2', at: '2024-02-02', element: A, object: { id: `${A}/page/2` } },
        { id: '3', at: '2024-02-03', element: B },
        { id: '4', at: '2024-03-01', element: A },
      ],
      perCourse,
    )
    expect(counts.flatMap(told)).toEqual([
      `2024-02-01 activity:${A} 1`,
      `2024-02-01 activity:${B} 3`,
      `2024-03-01 activity:${A} 4`,
    ])
    expect(standing(counts, EVER)).toEqual([`activity:${A} 1`, `activity:${B} 3`])
  })
  test('learner × sub-account: that of the credential; none is one too', () => {
    const under = versions(policy({ window: calendar, unique: { by: ['learner', 'sub-account'] } }))
    const counts = count(
      [
        { id: '1', at: '2024-02-01', subAccount: 'north' },
        { id: '2', at: '2024-02-02', subAccount: 'south' },
        { id: '3', at: '2024-02-03' },
      ],
      under,
    )
    expect(counts.flatMap(told)).toEqual([
      '2024-02-01 sub-account: 3',
      '2024-02-01 sub-account:north 1',
      '2024-02-01 sub-account:south 2',
    ])
  })
  test('learner × tenant is a learner: rows are of one tenant anyway', () => {
    const under = versions(policy({ window: calendar, unique: { by: ['learner', 'tenant'] } }))
    expect(count([{ id: '1', at: '2024-02-01' }], under).flatMap(told)).toEqual(['2024-02-01 learner 1'])
  })
})

describe('once: ever', () => {
  const ever = policy({ window: { ...calendar }, unique: { by: ['learner'], once: 'ever' } })

  test('counts in the window of the first use and never again', () => {
    const counts = count(
      [
        { id: '2', at: '2024-03-10' },
        { id: '1', at: '2024-02-10' },
      ],
      versions(ever),
    )
    expect(counts.flatMap(told)).toEqual(['2024-02-01 learner 1'])
  })
  test('a late statement about an earlier use moves it there (ruling 11)', () => {
    const list = [{ id: '2', at: '2024-03-10' }]
    expect(count(list, versions(ever)).flatMap(told)).toEqual(['2024-03-01 learner 2'])
    const late = [...list, { id: '0', at: '2023-11-05', stored: '2024-04-01' }]
    expect(count(late, versions(ever)).flatMap(told)).toEqual(['2023-11-01 learner 0'])
  })
  test('a first use before the anchor was counted before: it has no window here', () => {
    const anchored = policy({ unique: { by: ['learner'], once: 'ever' } })
    const list = [
      { id: '0', at: '2023-12-31T23:59:59Z' },
      { id: '1', at: '2024-02-10' },
    ]
    expect(count(list, versions(anchored)).flatMap(told)).toEqual([])
  })
  test('Q25: a new version remembers what the one before counted', () => {
    const next = policy({ ...ever, price: { surchargePct: 5 } })
    const both = versions(ever, [next, '2024-03-01T00:00:00Z'])
    const list = [
      { id: '1', at: '2024-02-10' },
      { id: '2', at: '2024-03-10' },
    ]
    expect(count(list, both).map(told)).toEqual([['2024-02-01 learner 1'], []])
  })
  test('the keys of a policy on activities are remembered one by one', () => {
    const cloud = policy({ window: calendar, unique: { by: ['learner', 'activity'], once: 'ever' } })
    const list = [
      { id: '1', at: '2024-02-10', element: A },
      { id: '2', at: '2024-03-10', element: A },
      { id: '3', at: '2024-03-10', element: B },
    ]
    expect(count(list, versions(cloud)).flatMap(told)).toEqual([
      `2024-02-01 activity:${A} 1`,
      `2024-03-01 activity:${B} 3`,
    ])
  })
})

describe('atLeast', () => {
  const needing = (n: number, distinct: 'statement' | 'activity' | 'attempt' | 'day', timeZone = 'UTC') =>
    versions(policy({ count: { ...evidence, atLeast: { n, distinct } }, window: { ...calendar, timeZone } }))
  const uses: Given[] = [
    { id: '1', at: '2024-02-01T10:00:00Z', element: A, attempt: 'x' },
    { id: '2', at: '2024-02-01T23:30:00Z', element: A, attempt: 'y' },
    { id: '3', at: '2024-02-03T10:00:00Z', element: B, attempt: 'y' },
    { id: '4', at: '2024-03-03T10:00:00Z', element: B, attempt: 'z' },
  ]
  test.each([
    [2, 'statement', ['2024-02-01 learner 2']],
    [2, 'activity', ['2024-02-01 learner 3']],
    [2, 'attempt', ['2024-02-01 learner 2']],
    [2, 'day', ['2024-02-01 learner 3']],
    [3, 'statement', ['2024-02-01 learner 3']],
    [3, 'activity', []],
    [3, 'attempt', []],
  ] as const)(
    '%i different ones by %s: the one that fills the number is the evidence',
    (n, distinct, rows) => {
      expect(count(uses, needing(n, distinct)).flatMap(told)).toEqual(rows)
    },
  )
  test('days are those of the policy’s zone', () => {
    expect(count(uses, needing(2, 'day', 'Europe/Berlin')).flatMap(told)).toEqual(['2024-01-31 learner 2'])
  })
  test('what belongs to no attempt is no attempt', () => {
    const signedIn = uses.map((use) => ({ ...use, attempt: null }))
    expect(count(signedIn, needing(1, 'attempt')).flatMap(told)).toEqual([])
  })
})

describe('minAgeHours (ruling 10)', () => {
  const clerk = versions(policy({ count: { ...evidence, minAgeHours: 24 }, window: calendar }))

  test('becomes true at its moment, and until then a recount is due then', () => {
    const list = [{ id: '1', at: '2024-02-10T10:00:00Z' }]
    const young = count(list, clerk, '2024-02-11T09:59:59.999Z')
    expect(young.flatMap(told)).toEqual([])
    expect(young[0]?.standing?.map(({ windowStart, evidence: { at } }) => [windowStart, at])).toEqual([
      [DUE, ms('2024-02-11T10:00:00Z')],
    ])
    const old = count(list, clerk, '2024-02-11T10:00:00Z')
    expect(old.flatMap(told)).toEqual(['2024-02-01 learner 1'])
    expect(old[0]?.standing).toBeUndefined()
  })
  test('never in a window that ended before; use in the next one counts there', () => {
    const list = [
      { id: '1', at: '2024-02-29T10:00:00Z' },
      { id: '2', at: '2024-03-20T10:00:00Z' },
    ]
    expect(count(list, clerk).flatMap(told)).toEqual(['2024-03-01 learner 2'])
  })
  test('seen at all: any statement of the learner makes them older, evidence or not; a preview does not (ruling 4)', () => {
    const use = { id: '1', at: '2024-02-29T10:00:00Z' }
    const enrolled: Given = { at: '2024-02-01', obstacles: ['administrative-verb'] }
    const previewed: Given = { at: '2024-02-01', obstacles: ['credential'] }
    expect(count([use, enrolled], clerk).flatMap(told)).toEqual(['2024-02-01 learner 1'])
    expect(count([use, previewed], clerk).flatMap(told)).toEqual([])
  })
})

describe('Rolling windows (ruling 10)', () => {
  const year = policy({ window: { kind: 'rolling', length: { months: 12 }, anchor: undefined } })
  const days = policy({
    window: { kind: 'rolling', length: { days: 28 }, anchor: undefined, evaluateAt: { months: 1, day: 31 } },
  })
  const spans = (under: PolicyVersion[], from: string, to: string) =>
    windowsBetween(under, ms(from), ms(to)).map(({ start, end }) => `${day(start)}..${day(end)}`)

  test('are evaluated on the 1st of each month unless told otherwise', () => {
    expect(spans([...versions(year)], '2024-02-15', '2024-04-01')).toEqual([
      '2023-03-01..2024-03-01',
      '2023-04-01..2024-04-01',
    ])
  })
  test('Q5: an evaluation on day 31 is on the last day of a shorter month and drifts nowhere', () => {
    expect(spans([...versions(days)], '2024-01-31', '2024-05-01')).toEqual([
      '2024-02-01..2024-02-29',
      '2024-03-03..2024-03-31',
      '2024-04-02..2024-04-30',
      '2024-05-03..2024-05-31',
    ])
  })
  test('walking back page by page gives each once, newest first', () => {
    const under = versions(days)
    const range = { from: ms('2024-01-01'), to: ms('2024-12-31') }
    const all = windowsBefore(under, range, 100)
    const paged: Window[] = []
    for (let to = range.to; ; ) {
      const page = windowsBefore(under, { ...range, to }, 3)
      paged.push(...page)
      const oldest = page.at(-1)
      if (!oldest || page.length < 3) break
      to = beforeWindow(under, oldest)
    }
    expect(paged).toEqual(all)
    expect(all.map(({ end }) => day(end)).slice(0, 2)).toEqual(['2024-12-31', '2024-11-30'])
  })
  test('each is found by its id', () => {
    for (const under of [versions(year), versions(days)])
      for (const window of windowsBetween(under, ms('2020-01-01'), ms('2024-06-01')))
        expect(windowById(under, window.id)).toEqual(window)
    expect(windowById(versions(year), 'test.1.2024-03-02')).toBeNull()
  })
  test('a learner counts in every evaluation whose length holds their use', () => {
    // Evaluated on 29 February [02-01, 02-29) and on 31 March [03-03, 03-31): use on the 29th is in neither.
    expect(count([{ id: '1', at: '2024-02-29T00:00:00Z' }], versions(days)).flatMap(told)).toEqual([])
    expect(count([{ id: '1', at: '2024-02-28T23:59:59Z' }], versions(days)).flatMap(told)).toEqual([
      '2024-02-01 learner 1',
    ])
    const [yearly] = count([{ id: '1', at: '2024-02-29T00:00:00Z' }], versions(year))
    expect(yearly?.counted).toHaveLength(12)
    expect(yearly && day(yearly.counted[0]?.windowStart ?? 0)).toBe('2023-03-01')
    expect(yearly && day(yearly.counted[11]?.windowStart ?? 0)).toBe('2024-02-01')
  })
  test('the live number holds whoever was last active within the length', () => {
    const under = versions(days)
    const list = [
      { id: '1', at: '2024-02-01T00:00:00Z' },
      { id: '2', at: '2024-02-20T12:00:00Z' },
    ].map(classified)
    const live = (now: string) => {
      const window = liveWindow(under[0] as PolicyVersion, ms(now))
      if (!window) throw new Error('none')
      return recountWindow(list, under, window).length
    }
    expect([live('2024-02-21'), live('2024-03-19T12:00:00Z'), live('2024-03-19T12:00:00.001Z')]).toEqual([
      1, 1, 0,
    ])
    expect(standing(recount(list, under), LIVE)).toEqual(['learner 2'])
  })
  test('with atLeast it is the last but so many that must lie within it', () => {
    const under = versions(
      policy({
        count: { ...evidence, atLeast: { n: 2, distinct: 'activity' } },
        window: { kind: 'rolling', length: { days: 28 }, anchor: undefined },
      }),
    )
    const list = [
      { id: '1', at: '2024-02-01', element: A },
      { id: '2', at: '2024-02-10', element: B },
      { id: '3', at: '2024-02-20', element: B },
    ]
    expect(standing(count(list, under), LIVE)).toEqual(['learner 1'])
  })
  test('Q25: a rolling window is judged whole by the version that decides when it is evaluated', () => {
    const strict = policy({ ...year, count: { any: [{ verb: ['attended'] }] } })
    const both = versions(year, [strict, '2024-03-01T00:00:00Z'])
    const [before, after] = count([{ id: '1', at: '2024-02-10' }], both)
    expect(before?.counted.at(-1)?.windowStart).toBe(ms('2023-03-01'))
    expect(after?.counted).toEqual([])
  })
})

test('Q17, A23: a learner whose every use is voided is in the total, as long as voided use counts', () => {
  const voided: Given = { id: '1', at: '2024-02-10', obstacles: ['voided'] }
  expect(count([voided], versions(policy()))[0]?.firstQualified).toBe(ms('2024-02-10'))
  const drops = versions(policy({ removal: { voided: 'drops' } }))
  expect(count([voided], drops)).toMatchObject([{ counted: [], firstQualified: null }])
})

test('Q12: what is too old is listed for review and counts nowhere', () => {
  const strict = versions(policy({ window: calendar, time: { maxBackdateDays: 30 } }))
  const counts = count([{ id: 'old', at: '2024-02-10', stored: '2024-06-01' }], strict)
  expect(counts).toMatchObject([{ counted: [], firstQualified: null }])
  expect(standing(counts, BACK_DATED)).toEqual(['statement:old old'])
})
