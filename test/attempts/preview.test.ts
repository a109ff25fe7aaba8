import { describe, expect, it } from 'vitest'
import type { LaunchRecord, Obstacle } from '../../src/attempts/derivation.ts'
import { derive } from '../../src/attempts/derive.ts'
import type { LaunchMode, Purpose, StoredFact } from '../../src/attempts/fact.ts'
import { launchFinder } from '../../src/attempts/launches.ts'
import { reasonText } from '../../src/attempts/reasons.ts'
import { ADL, at, context, fact, launch, minutes } from './samples.ts'

const NINE = at('2025-03-01T09:00:00Z')

describe('Finding the launch record of a statement (P3, ruling 21)', () => {
  const query = { sessions: [], registration: undefined, elements: ['https://lms.example.org/x/1'], at: NINE }
  const byElement = (id: string, time: number): LaunchRecord =>
    launch({ id, element: 'https://lms.example.org/x/1', at: time })

  it.each([
    ['24 hours before', NINE - minutes(24 * 60), true],
    ['a minute more', NINE - minutes(24 * 60) - 1, false],
    ['at the same instant', NINE, true],
    ['5 minutes after, by the clocks’ skew', NINE + minutes(5), true],
    ['later than that', NINE + minutes(5) + 1, false],
  ])('%s', (_, time, found) => {
    expect(launchFinder([byElement('a', time)])(query) !== null).toBe(found)
  })

  it('the nearest decides, whether before or a little after', () => {
    const find = launchFinder([byElement('old', NINE - minutes(600)), byElement('new', NINE + minutes(1))])
    expect(find(query)?.id).toBe('new')
    expect(find({ ...query, at: NINE - minutes(300) })?.id).toBe('old')
  })

  it('a tie goes to the earlier record, whatever order they are given in', () => {
    const records = [byElement('after', NINE + minutes(1)), byElement('before', NINE - minutes(1))]
    expect(launchFinder(records)(query)?.id).toBe('before')
    expect(launchFinder([...records].reverse())(query)?.id).toBe('before')
  })

  it('a record of the session decides at any distance, the latest of several', () => {
    const records = [
      byElement('near', NINE),
      launch({ id: 'first', session: 's-1', at: NINE - minutes(9000) }),
      launch({ id: 'corrected', session: 's-1', at: NINE - minutes(8000) }),
    ]
    expect(launchFinder(records)({ ...query, sessions: ['s-1'] })?.id).toBe('corrected')
    expect(launchFinder(records)({ ...query, sessions: ['s-2'] })?.id).toBe('near')
  })

  it('a registration is compared without regard to case', () => {
    const find = launchFinder([launch({ registration: '7A1D2C3E-4F50-4B61-8C72-9D83AE94BF05' })])
    expect(find({ ...query, registration: '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05' })?.id).toBe('l-1')
    expect(find(query)).toBeNull()
  })
})

/** Obstacles of the first of some statements. */
function obstacles(
  facts: readonly StoredFact[],
  launches: readonly LaunchRecord[] = [],
): readonly Obstacle[] {
  const { classified } = derive(facts, context({ launches }))
  return classified.find((one) => one.fact.statementId === facts[0]?.statementId)?.obstacles ?? []
}

const session = { source: 'cmi5' as const, cmi5: true as const, keys: [{ kind: 'K1' as const, key: 's-1' }] }
const launched = (purpose: Purpose, launchMode: LaunchMode, more: Partial<StoredFact> = {}): StoredFact =>
  fact({ ...session, verb: `${ADL}verbs/launched`, purpose, launchMode, ...more })
const initialized = (more: Partial<StoredFact> = {}): StoredFact =>
  fact({ ...session, verb: `${ADL}verbs/initialized`, at: NINE + 5000, ...more })

describe('The preview rules (in-the-wild §2.2)', () => {
  it.each<[string, readonly StoredFact[], readonly LaunchRecord[], readonly Obstacle[]]>([
    [
      'P1: a placeholder is no person',
      [fact({ learner: 'account:https://s.example.org|not-trackable-1' })],
      [],
      ['not-a-person'],
    ],
    ['P2: a preview key', [fact({ purpose: 'preview' })], [], ['credential']],
    ['P2: the other keys are none', [fact({ purpose: 'lms' })], [], []],
    [
      'P3: the catalogue as origin',
      [fact()],
      [launch({ element: 'https://lms.example.org/x/1' })],
      ['launch-record'],
    ],
    [
      'P3: an unknown origin says nothing',
      [fact()],
      [launch({ element: 'https://lms.example.org/x/1', origin: 'unknown' })],
      [],
    ],
    ['P4: Browse by the LMS', [initialized(), launched('lms', 'Browse')], [], ['cmi5-browse']],
    [
      'P4: Browse by launch record',
      [initialized()],
      [launch({ session: 's-1', origin: 'unknown', mode: 'Browse' })],
      ['cmi5-browse'],
    ],
    [
      'P5: browse of other content, by launch record',
      [fact()],
      [launch({ element: 'https://lms.example.org/x/1', origin: 'learner', mode: 'Browse' })],
      ['scorm-browse'],
    ],
    [
      'P6: the marker with the LMS’s key',
      [fact({ origin: 'admin-catalog', purpose: 'lms' })],
      [],
      ['marker'],
    ],
    ['P6: the marker with another key', [fact({ origin: 'admin-catalog' })], [], ['unverified-preview']],
    ['P6: another value of the marker', [fact({ origin: 'learner-portal', purpose: 'lms' })], [], []],
    [
      'ruling 5: Browse with another key',
      [initialized(), launched('learner', 'Browse')],
      [],
      ['unverified-preview'],
    ],
    ['P9: Review is a learner’s launch', [initialized(), launched('lms', 'Review')], [], []],
    [
      'P9: an administrator’s role alone excludes nobody',
      [fact()],
      [
        launch({
          element: 'https://lms.example.org/x/1',
          origin: 'learner',
          roles: ['http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator'],
        }),
      ],
      [],
    ],
    [
      'the LMS’s Normal beats a Browse with another key',
      [initialized(), launched('learner', 'Browse'), launched('lms', 'Normal')],
      [],
      [],
    ],
    [
      'the LMS’s learner origin beats a marker with another key',
      [initialized({ origin: 'admin-catalog' })],
      [launch({ session: 's-1', origin: 'learner' })],
      [],
    ],
    [
      'the LMS’s learner origin does not take Browse back',
      [initialized(), launched('learner', 'Browse')],
      [launch({ session: 's-1', origin: 'learner' })],
      ['unverified-preview'],
    ],
    [
      'a voided launched is disregarded',
      [initialized(), launched('lms', 'Browse', { voided: true })],
      [],
      [],
    ],
    [
      'Browse of another session does not touch this one',
      [initialized(), launched('lms', 'Browse', { keys: [{ kind: 'K1', key: 's-2' }] })],
      [],
      [],
    ],
    [
      'several hold: in the order of the rules',
      [initialized({ purpose: 'preview' }), launched('lms', 'Browse')],
      [launch({ session: 's-1' })],
      ['credential', 'launch-record', 'cmi5-browse'],
    ],
  ])('%s', (_, facts, launches, expected) => {
    expect(obstacles(facts, launches)).toEqual(expected)
  })

  it('a session’s launch decides for all of it, also past 24 hours', () => {
    const registration = '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05'
    const late = initialized({ registration, at: NINE + minutes(30 * 60) })
    const records = [launch({ registration })]
    expect(obstacles([late, initialized({ registration })], records)).toEqual(['launch-record'])
    expect(obstacles([late], records)).toEqual([])
  })

  it('a marker on one statement of a session speaks for the others', () => {
    expect(obstacles([initialized(), launched('lms', 'Normal', { origin: 'admin-catalog' })])).toEqual([
      'marker',
    ])
  })
})

describe('launchModeUnknown (counting §1.5, 1)', () => {
  it.each<[string, readonly StoredFact[], readonly LaunchRecord[], boolean]>([
    ['no launched', [initialized()], [], true],
    ['a launched', [initialized(), launched('lms', 'Normal')], [], false],
    ['a launched with another key', [initialized(), launched('learner', 'Normal')], [], false],
    [
      'a launch record with a mode',
      [initialized()],
      [launch({ session: 's-1', origin: 'learner', mode: 'Normal' })],
      false,
    ],
    ['a launch record without one', [initialized()], [launch({ session: 's-1', origin: 'learner' })], true],
    ['not cmi5', [fact()], [], false],
  ])('%s', (_, facts, launches, unknown) => {
    const { classified } = derive(facts, context({ launches }))
    expect(classified[0]?.launchModeUnknown).toBe(unknown)
  })
})

it('every obstacle has a sentence for administrators', () => {
  const reasons: readonly Obstacle[] = [
    'group-without-members',
    'administrative-verb',
    'not-a-person',
    'credential',
    'launch-record',
    'cmi5-browse',
    'scorm-browse',
    'marker',
    'unverified-preview',
    'resource',
    'launched-only',
    'not-content',
    'duplicate',
    'voided',
  ]
  expect(new Set(reasons.map(reasonText)).size).toBe(reasons.length)
  for (const reason of reasons) expect(reasonText(reason)).toMatch(/^[A-Z].*\.$/)
})
