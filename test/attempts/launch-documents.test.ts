import { describe, expect, it } from 'vitest'
import type { LaunchRecord, Obstacle } from '../../src/attempts/derivation.ts'
import { derive } from '../../src/attempts/derive.ts'
import type { Purpose, StoredFact } from '../../src/attempts/fact.ts'
import { launchIn, type StateDocument } from '../../src/attempts/launch-documents.ts'
import { ADL, at, context, fact, launch, minutes } from './samples.ts'

const NINE = at('2025-03-01T09:00:00Z')
const AU = 'https://lms.example.org/au/1'
const REGISTRATION = '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05'
const UUID = '6f1c0d0e-0b1d-4c57-9b0e-1d3f3a5b7c11'
const SESSION = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'

const launchData = (launchMode: unknown, session?: string, over: Partial<StateDocument> = {}) =>
  launchIn({
    stateId: 'LMS.LaunchData',
    activityId: AU,
    learner: fact().learner,
    registration: REGISTRATION,
    value: {
      launchMode,
      contextTemplate: { extensions: session === undefined ? {} : { [SESSION]: session } },
    },
    purpose: 'lms',
    at: NINE,
    ...over,
  })
const attemptState = (mode: unknown, over: Partial<StateDocument> = {}) =>
  launchIn({
    stateId: 'https://w3id.org/xapi/scorm/attempt-state',
    activityId: `https://lms.example.org/sco?attemptId=${UUID}`,
    learner: fact().learner,
    value: { mode, credit: 'no-credit' },
    purpose: 'lms',
    at: NINE,
    ...over,
  })
const told = (...records: (LaunchRecord | null)[]): LaunchRecord[] =>
  records.filter((record) => record !== null)

const cmi5 = (session: string, over: Partial<StoredFact> = {}): StoredFact =>
  fact({
    source: 'cmi5',
    cmi5: true,
    verb: `${ADL}verbs/initialized`,
    object: { id: AU },
    registration: REGISTRATION,
    keys: [{ kind: 'K1', key: session }],
    at: NINE,
    ...over,
  })
const scorm = (over: Partial<StoredFact> = {}): StoredFact =>
  fact({
    source: 'scorm-profile',
    scorm: true,
    verb: `${ADL}verbs/initialized`,
    object: { id: 'https://lms.example.org/sco' },
    keys: [{ kind: 'K2', key: UUID }],
    ...over,
  })
function obstacles(
  facts: readonly StoredFact[],
  launches: readonly LaunchRecord[],
): readonly (readonly Obstacle[])[] {
  return derive(facts, context({ launches })).classified.map((one) => one.obstacles)
}

describe('P4: LMS.LaunchData tells in which mode a cmi5 session was launched', () => {
  it.each<[string, Purpose, readonly Obstacle[]]>([
    ['Browse', 'lms', ['cmi5-browse']],
    ['browse', 'lms', ['cmi5-browse']],
    ['Normal', 'lms', []],
    ['Review', 'lms', []],
    ['Browse', 'learner', ['unverified-preview']],
    ['Browse', 'preview', ['unverified-preview']],
    ['Normal', 'learner', []],
  ])('%s written with a key of purpose %s: %j (ruling 5)', (mode, purpose, expected) => {
    expect(obstacles([cmi5('s-1')], told(launchData(mode, 's-1', { purpose })))).toEqual([expected])
  })

  it('decides its own session and no other', () => {
    expect(obstacles([cmi5('s-1'), cmi5('s-2')], told(launchData('Browse', 's-1')))).toEqual([
      ['cmi5-browse'],
      [],
    ])
  })

  it('rulings 4, 8: overwritten for the next launch, it still tells of the one before', () => {
    const records = told(launchData('Browse', 's-1'), launchData('Normal', 's-2', { at: NINE + minutes(60) }))
    expect(obstacles([cmi5('s-1'), cmi5('s-2', { at: NINE + minutes(61) })], records)).toEqual([
      ['cmi5-browse'],
      [],
    ])
  })

  it('the LMS’s own word beats what content writes over it', () => {
    const records = told(launchData('Normal', 's-1'), launchData('Browse', 's-1', { purpose: 'learner' }))
    expect(obstacles([cmi5('s-1')], records)).toEqual([[]])
  })

  it('a launch record still decides beside it (ruling 21)', () => {
    const records = [...told(launchData('Normal', 's-1')), launch({ session: 's-1' })]
    expect(obstacles([cmi5('s-1')], records)).toEqual([['launch-record']])
  })

  it('makes the launch mode known', () => {
    const unknown = (records: readonly LaunchRecord[]) =>
      derive([cmi5('s-1')], context({ launches: records })).classified[0]?.launchModeUnknown
    expect([unknown([]), unknown(told(launchData('Normal', 's-1')))]).toEqual([true, false])
  })

  it('without a session it goes by registration and AU: the last one before the session, or the first', () => {
    const records = told(
      launchData('Browse', undefined, { at: NINE }),
      launchData('Normal', undefined, { at: NINE + minutes(60) }),
    )
    const sessions = [-600, 1, 61].map((minute) => cmi5(`s${minute}`, { at: NINE + minutes(minute) }))
    expect(obstacles(sessions, records)).toEqual([['cmi5-browse'], ['cmi5-browse'], []])
    expect(obstacles([cmi5('s', { registration: '00000000-0000-4000-8000-000000000000' })], records)).toEqual(
      [[]],
    )
    expect(obstacles([cmi5('s', { object: { id: `${AU}/2` } })], records)).toEqual([[]])
  })

  it.each([
    ['no mode', launchData(undefined, 's-1')],
    ['a mode nobody knows', launchData('constructor', 's-1')],
    ['neither session nor registration', launchData('Browse', undefined, { registration: undefined })],
    ['a document that is no object', launchData('Browse', 's-1', { value: ['Browse'] })],
    ['another document', launchData('Browse', 's-1', { stateId: 'bookmark' })],
  ])('tells nothing: %s', (_, record) => {
    expect(record).toBeNull()
  })

  it('is the same record when it is told again, another for another mode, session, learner or trust', () => {
    const id = (over: Partial<StateDocument> = {}, mode = 'Browse', session = 's-1') =>
      launchData(mode, session, over)?.id
    expect(id({ at: NINE + 1 })).toBe(id())
    expect(
      new Set([
        id(),
        id({}, 'Normal'),
        id({}, 'Browse', 's-2'),
        id({ learner: 'x' }),
        id({ purpose: 'learner' }),
      ]).size,
    ).toBe(5)
  })
})

describe('P5: the attempt state of the SCORM profile tells in which mode the attempt was launched', () => {
  it.each<[string, Purpose, readonly Obstacle[]]>([
    ['browse', 'lms', ['scorm-browse']],
    ['normal', 'lms', []],
    ['review', 'lms', []],
    ['browse', 'learner', ['unverified-preview']],
  ])('%s written with a key of purpose %s: %j', (mode, purpose, expected) => {
    expect(obstacles([scorm()], told(attemptState(mode, { purpose })))).toEqual([expected])
  })

  it('the UUID of the attempt is the key, whatever IRI it hangs on (in-the-wild §1.1)', () => {
    const page = attemptState('browse', {
      activityId: `https://lms.example.org/sco#page?attemptId=${UUID.toUpperCase()}`,
    })
    expect(obstacles([scorm()], told(page))).toEqual([['scorm-browse']])
    expect(obstacles([scorm({ keys: [{ kind: 'K2', key: 'another' }] })], told(page))).toEqual([[]])
  })

  it('credit decides nothing: no-credit is also a learner’s normal launch', () => {
    expect(obstacles([scorm()], told(attemptState('normal')))).toEqual([[]])
    expect(attemptState(undefined)).toBeNull()
  })

  it('a normal launch told by content is not worth a record', () => {
    expect(attemptState('normal', { purpose: 'learner' })).toBeNull()
  })
})
