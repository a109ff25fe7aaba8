import { describe, expect, test } from 'vitest'
import type { Obstacle } from '../../src/attempts/derivation.ts'
import type { Policy } from '../../src/metering/policy.ts'
import { effectiveTime, qualify } from '../../src/metering/qualify.ts'
import { ADL, ATTENDED, classified, INITIALIZED, ms, policy } from './build.ts'

const accord = policy()
const verbRule = (...verb: string[]) => policy({ count: { any: [{ verb }] } })
const verdict = (given: Parameters<typeof classified>[0], under: Policy) => {
  const result = qualify(classified(given), under)
  return result.qualifies ? `rule ${result.rule}` : result.reason
}

const OBSTACLES: readonly Obstacle[] = [
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

describe('The evidence rule', () => {
  test('A2: a statement without obstacles counts', () => {
    expect(verdict({}, accord)).toBe('rule evidence')
  })
  test.each(OBSTACLES.filter((each) => each !== 'voided'))(
    'A1, A5, A7, A11, ruling 4: %s keeps it from counting',
    (obstacle) => {
      expect(verdict({ obstacles: [obstacle] }, accord)).toBe(obstacle)
    },
  )
  test('the first obstacle is the reason, a forgiven one is not', () => {
    expect(verdict({ obstacles: ['launch-record', 'resource'] }, accord)).toBe('launch-record')
    const resources = policy({ count: { any: [{ evidence: true }], browse: 'count' } })
    expect(verdict({ obstacles: ['cmi5-browse', 'resource'] }, resources)).toBe('resource')
  })
})

describe('What a policy may forgive (rulings 5 and 13)', () => {
  const forgiving: [string, Policy, readonly Obstacle[]][] = [
    [
      'browse: count',
      policy({ count: { any: [{ evidence: true }], browse: 'count' } }),
      ['cmi5-browse', 'scorm-browse'],
    ],
    ['resources: count', policy({ count: { any: [{ evidence: true }], resources: 'count' } }), ['resource']],
    [
      'unverifiedPreview: count',
      policy({ count: { any: [{ evidence: true }], unverifiedPreview: 'count' } }),
      ['unverified-preview'],
    ],
  ]
  test.each(forgiving)('%s forgives exactly its own obstacles', (_name, under, forgiven) => {
    const counted = OBSTACLES.filter(
      (obstacle) => verdict({ obstacles: [obstacle] }, under) === 'rule evidence',
    )
    expect(counted.sort()).toEqual([...forgiven, 'voided'].sort())
  })
  test('A23: a voided statement counts by default and not with voided: drops', () => {
    expect(verdict({ obstacles: ['voided'] }, accord)).toBe('rule evidence')
    expect(verdict({ obstacles: ['voided'] }, policy({ removal: { voided: 'drops' } }))).toBe('voided')
  })
})

describe('The verb rule', () => {
  const stops = [
    'group-without-members',
    'not-a-person',
    'credential',
    'launch-record',
    'cmi5-browse',
    'scorm-browse',
    'marker',
    'unverified-preview',
    'duplicate',
  ]
  test.each(OBSTACLES.filter((each) => each !== 'voided'))(
    'ruling 4: with %s only previews, non-persons and duplicates are stopped',
    (obstacle) => {
      const expected = stops.includes(obstacle) ? obstacle : 'rule verb'
      expect(verdict({ verb: ATTENDED, obstacles: [obstacle] }, verbRule('attended'))).toBe(expected)
    },
  )
  test('D4: attending counts by group name and by full IRI, another verb does not', () => {
    expect(verdict({ verb: ATTENDED }, verbRule('attended'))).toBe('rule verb')
    expect(verdict({ verb: ATTENDED }, verbRule(ATTENDED))).toBe('rule verb')
    expect(verdict({ verb: INITIALIZED }, verbRule('attended'))).toBe('no-rule-matches')
  })
  test('verbs are matched whole: the enrolment verb of Moodle ends in «resumed» and is not one', () => {
    expect(verdict({ verb: 'https://w3id.org/xapi/tla/verbs/resumed' }, verbRule('resumed'))).toBe(
      'no-rule-matches',
    )
    expect(verdict({ verb: `${ADL}/resumed` }, verbRule('resumed'))).toBe('rule verb')
  })
  test('A23: voided: drops stops it too', () => {
    const drops = policy({ count: { any: [{ verb: ['attended'] }] }, removal: { voided: 'drops' } })
    expect(verdict({ verb: ATTENDED, obstacles: ['voided'] }, drops)).toBe('voided')
  })
})

describe('Several rules', () => {
  const docebo = policy({ count: { any: [{ evidence: true }, { verb: ['attended'] }] } })
  test('the first rule that matches is named', () => {
    expect(verdict({ verb: ATTENDED }, docebo)).toBe('rule evidence')
    expect(verdict({ verb: ATTENDED, obstacles: ['resource'] }, docebo)).toBe('rule verb')
  })
  test('a miss is told by the rule that came closest', () => {
    expect(verdict({ verb: ATTENDED, obstacles: ['resource', 'duplicate'] }, docebo)).toBe('duplicate')
    expect(verdict({ obstacles: ['resource'] }, docebo)).toBe('resource')
  })
  test('all parts of one rule must hold', () => {
    const both = policy({ count: { any: [{ evidence: true, verb: ['initialized'] }] } })
    expect(verdict({}, both)).toBe('rule evidence+verb')
    expect(verdict({ obstacles: ['resource'] }, both)).toBe('resource')
    expect(verdict({ verb: ATTENDED }, both)).toBe('no-rule-matches')
  })
  test('none takes away what any gives, and only that', () => {
    const without = policy({ count: { any: [{ evidence: true }], none: [{ verb: ['attended'] }] } })
    expect(verdict({ verb: ATTENDED }, without)).toBe('excluded-by-none')
    expect(verdict({}, without)).toBe('rule evidence')
    const noEvidence = policy({ count: { any: [{ verb: ['attended'] }], none: [{ evidence: true }] } })
    expect(verdict({ verb: ATTENDED }, noEvidence)).toBe('excluded-by-none')
    expect(verdict({ verb: ATTENDED, obstacles: ['resource'] }, noEvidence)).toBe('rule verb')
  })
  test('an unknown launch mode is skipped only if the policy says so', () => {
    const skip = policy({ count: { any: [{ evidence: true }], launchModeUnknown: 'skip' } })
    expect(verdict({ launchModeUnknown: true }, accord)).toBe('rule evidence')
    expect(verdict({ launchModeUnknown: true }, skip)).toBe('launch-mode-unknown')
    expect(verdict({}, skip)).toBe('rule evidence')
  })
  test('Q22: members of a group count unless the policy ignores groups', () => {
    const ignore = policy({ unique: { by: ['learner'], groupActors: 'ignore' } })
    expect(verdict({ member: true }, accord)).toBe('rule evidence')
    expect(verdict({ member: true }, ignore)).toBe('group-member')
    expect(verdict({}, ignore)).toBe('rule evidence')
  })
})

describe('The effective time', () => {
  const at = '2024-02-10T10:00:00Z'
  const stored = '2024-03-05T10:00:00Z'
  const of = (given: Parameters<typeof classified>[0], time: Policy['time'] | object) =>
    new Date(effectiveTime(classified(given), policy({ time }))).toISOString().slice(0, 16)

  test('Q11: the time of the statement decides, or that of receipt if the policy says so', () => {
    expect(of({ at, stored }, {})).toBe('2024-02-10T10:00')
    expect(of({ at, stored }, { by: 'stored' })).toBe('2024-03-05T10:00')
  })
  test('Q19, counting §1.5, 3: a back-dated resume counts when it was resumed, or when its statements say', () => {
    const resume = { at, stored, resumedAt: '2024-03-05T09:00:00Z' }
    expect(of(resume, {})).toBe('2024-03-05T09:00')
    expect(of(resume, { resumeBy: 'timestamp' })).toBe('2024-02-10T10:00')
  })
  test.each([
    [0, '2024-03-05T10:00:00.001Z', '2024-03-05T10:00'],
    [60, '2024-03-05T11:00:00Z', '2024-03-05T11:00'],
    [60, '2024-03-05T11:00:00.001Z', '2024-03-05T10:00'],
  ])('Q12: with %i minutes of skew, %s becomes %s', (futureSkewMinutes, timestamp, expected) => {
    // `Classified.at` is made with the default of 5 minutes.
    const early = ms(timestamp) <= ms(stored) + 300_000
    expect(of({ at: early ? timestamp : stored, timestamp, stored }, { futureSkewMinutes })).toBe(expected)
  })
  test('Q12: without a timestamp it is the time of receipt, whatever the skew', () => {
    expect(of({ at: stored, stored, timestamp: null }, { futureSkewMinutes: 60 })).toBe('2024-03-05T10:00')
  })
})
