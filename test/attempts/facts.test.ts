import { describe, expect, it } from 'vitest'
import type { Fact, Source } from '../../src/attempts/fact.ts'
import { factsOf } from '../../src/attempts/facts.ts'
import { LAUNCH_ORIGIN, NAMESPACE } from '../../src/attempts/namespace.ts'
import type { Context, Statement } from '../../src/xapi/types.ts'
import { ADL, statement } from './samples.ts'

const ORIGIN = { statementId: 's-1', idGiven: true, credential: 'key', purpose: 'learner' as const }

function factOf(one: Statement, idGiven = true): Fact {
  const [fact, ...others] = factsOf(one, { ...ORIGIN, idGiven })
  if (!fact || others.length > 0) throw new Error('expected one fact')
  return fact
}

const inContext = (context: Context): Fact => factOf(statement({ context }))
const categories = (...ids: string[]): Context => ({
  contextActivities: { category: ids.map((id) => ({ id })) },
})

const INFO = 'http://lrs.learninglocker.net/define/extensions/info'
const SESSION = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'
const ATTEMPT = `${ADL}activities/attempt`

describe('Which system wrote a statement (in-the-wild §1)', () => {
  it.each<[string, Source, Partial<Statement>]>([
    ['the SCORM profile’s category', 'scorm-profile', { context: categories('https://w3id.org/xapi/scorm') }],
    [
      'the cmi5 category',
      'cmi5',
      { context: categories('https://w3id.org/xapi/cmi5/context/categories/cmi5') },
    ],
    ['a cmi5 session without the category', 'cmi5', { context: { extensions: { [SESSION]: 's' } } }],
    [
      'Rustici’s engine category',
      'rustici',
      { context: categories('http://id.tincanapi.com/activity/rustici-software/engine') },
    ],
    [
      'logstore_xapi for Moodle',
      'moodle',
      { context: { extensions: { [INFO]: { 'http://moodle.org': '4.5' } } } },
    ],
    [
      'logstore_xapi for Totara',
      'moodle',
      { context: { extensions: { [INFO]: { 'http://totaralearning.com': '18' } } } },
    ],
    [
      'Open edX’s transformer version',
      'open-edx',
      { context: { extensions: { 'https://w3id.org/xapi/openedx/extension/transformer-version': 'x@1' } } },
    ],
    [
      'the LMS profile, although it bears cmi5’s session',
      'lms-profile',
      { context: { ...categories('https://w3id.org/xapi/lms'), extensions: { [SESSION]: 's' } } },
    ],
    ['an H5P library category', 'h5p', { context: categories('http://h5p.org/libraries/H5P.Quiz-1.2') }],
    [
      'an H5P content id',
      'h5p',
      {
        object: {
          id: 'https://x.example.org/1',
          definition: { extensions: { 'http://h5p.org/x-api/h5p-local-content-id': 1 } },
        },
      },
    ],
    ['a Storyline id', 'tincan', { object: { id: 'urn:articulate:storyline:5abc' } }],
    [
      'a Storyline parent',
      'tincan',
      { context: { contextActivities: { parent: { id: 'urn:articulate:storyline:5abc' } } } },
    ],
    ['a Rise id', 'tincan', { object: { id: 'http://6TqY_rise' } }],
    [
      'the golf example',
      'tincan',
      { context: categories('http://id.tincanapi.com/recipe/tincan-prototypes/golf/1') },
    ],
    ['mod_tincanlaunch', 'tincan', { context: categories('https://moodle.org') }],
    ['the video profile', 'video', { context: categories('https://w3id.org/xapi/video') }],
    ['no mark at all', 'other', {}],
    ['only a platform called Moodle', 'other', { context: { platform: 'Moodle' } }],
  ])('%s means %s', (_, source, overrides) => {
    expect(factOf(statement(overrides)).source).toBe(source)
  })

  it('the category of the SCORM profile wins over a session inside it', () => {
    const context = { ...categories('https://w3id.org/xapi/scorm'), extensions: { [SESSION]: 's' } }
    expect(inContext(context).source).toBe('scorm-profile')
  })
})

describe('SCORM proof in a statement (in-the-wild §3.1, 1)', () => {
  it.each<[string, Partial<Statement>]>([
    ['the profile’s category', { context: categories('https://w3id.org/xapi/scorm') }],
    [
      'any suffix of Rustici’s category',
      { context: categories('http://id.tincanapi.com/activity/scorm-to-tin-can/scorm2004') },
    ],
    [
      'a parent typed SCORM content object',
      {
        context: {
          contextActivities: {
            parent: [
              {
                id: 'https://m.example.org/mod/scorm/view.php?id=5',
                definition: {
                  type: 'https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object',
                },
              },
            ],
          },
        },
      },
    ],
    [
      'Moodle’s event',
      { context: { extensions: { [INFO]: { event_name: '\\mod_scorm\\event\\sco_launched' } } } },
    ],
  ])('%s proves SCORM', (_, overrides) => {
    expect(factOf(statement(overrides)).scorm).toBe(true)
  })

  it('the page before the launch proves nothing', () => {
    const extensions = { [INFO]: { event_name: '\\mod_scorm\\event\\course_module_viewed' } }
    expect(inContext({ extensions })).not.toHaveProperty('scorm')
  })
})

describe('Session keys (in-the-wild §4.2)', () => {
  const UUID = '6F1C0D0E-0B1D-4C57-9B0E-1D3F3A5B7C11'
  const attempt = (id: string) => ({ id, definition: { type: ATTEMPT } })

  it('K1: cmi5’s session, also as a number', () => {
    expect(inContext({ extensions: { [SESSION]: 1519 } }).keys).toEqual([{ kind: 'K1', key: '1519' }])
  })

  it('K2: the UUID of the attempt IRI, once, from parent and grouping', () => {
    const contextActivities = {
      parent: [attempt(`https://x.example.org/sco?attemptId=${UUID}`)],
      grouping: [attempt(`https://x.example.org/sco#0?attemptId=${UUID}`), { id: 'https://x.example.org/c' }],
    }
    expect(inContext({ contextActivities }).keys).toEqual([{ kind: 'K2', key: UUID.toLowerCase() }])
  })

  it('K2: the id of an attempt activity without such a UUID', () => {
    const contextActivities = { grouping: [attempt('https://x.example.org/attempt/7')] }
    expect(inContext({ contextActivities }).keys).toEqual([
      { kind: 'K2', key: 'https://x.example.org/attempt/7' },
    ])
  })

  it('K3: an attempt as the object', () => {
    const object = attempt('https://m.example.org/mod/quiz/attempt.php?attempt=3&cmid=8')
    expect(factOf(statement({ object })).keys).toEqual([{ kind: 'K3', key: object.id }])
  })

  it('K4: an attempt number lies within its registration, from the context only', () => {
    const key = 'http://id.tincanapi.com/extension/attempt-id'
    const registration = '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05'
    expect(inContext({ registration, extensions: { [key]: 2 } }).keys).toEqual([
      { kind: 'K4', key: `${registration}|2` },
    ])
    const object = { id: 'https://x.example.org/1', definition: { extensions: { [key]: 2 } } }
    expect(factOf(statement({ object })).keys).toEqual([])
  })

  it('K4: Moodle’s registration is no scope', () => {
    const extensions = {
      [INFO]: { 'http://moodle.org': '4' },
      'http://id.tincanapi.com/extension/attempt-id': 2,
    }
    const registration = '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05'
    expect(inContext({ registration, extensions }).keys).toEqual([{ kind: 'K4', key: '2' }])
  })

  it('K5: a viewing of the video profile', () => {
    const extensions = { 'https://w3id.org/xapi/video/extensions/session-id': 'v-1' }
    expect(inContext({ extensions }).keys).toEqual([{ kind: 'K5', key: 'v-1' }])
  })

  it('the registration is kept apart, in lower case, and is no key', () => {
    const fact = inContext({ registration: UUID })
    expect([fact.registration, fact.keys]).toEqual([UUID.toLowerCase(), []])
  })
})

describe('Signs of a preview (in-the-wild §2)', () => {
  const MODE = 'https://w3id.org/xapi/cmi5/context/extensions/launchmode'

  it.each([
    ['Browse', 'Browse'],
    ['browse', 'Browse'],
    ['REVIEW', 'Review'],
    ['normal', 'Normal'],
    ['preview', undefined],
    [1, undefined],
  ])('launch mode %s is read as %s', (value, mode) => {
    expect(inContext({ extensions: { [MODE]: value } }).launchMode).toBe(mode)
  })

  it('the extension’s key is in lower case only', () => {
    const extensions = { 'https://w3id.org/xapi/cmi5/context/extensions/launchMode': 'Browse' }
    expect(inContext({ extensions })).not.toHaveProperty('launchMode')
  })

  it('the launch-origin marker is kept as sent', () => {
    expect(LAUNCH_ORIGIN).toBe(`${NAMESPACE}ext/launch-origin`)
    expect(inContext({ extensions: { [LAUNCH_ORIGIN]: 'admin-catalog' } }).origin).toBe('admin-catalog')
  })
})

describe('Whom a statement is about (Q22, in-the-wild §4.5, 10)', () => {
  const account = (name: string) => ({ account: { homePage: 'https://lms.example.org', name } })

  it('an Agent: one fact, by canonical identifier, with the display name', () => {
    const fact = factOf(statement({ actor: { name: 'Ana', mbox: 'mailto:Ana@Example.ORG' } }))
    expect(fact).toMatchObject({ learner: 'mbox:mailto:Ana@example.org', name: 'Ana' })
    expect(fact).not.toHaveProperty('member')
  })

  it('a Group: one fact for each member, each once, and none for the group', () => {
    const actor = {
      objectType: 'Group' as const,
      ...account('team'),
      member: [account('a'), account('b'), account('a')],
    }
    const facts = factsOf(statement({ actor }), ORIGIN)
    expect(facts.map((fact) => [fact.learner, fact.member, fact.group])).toEqual([
      ['account:https://lms.example.org|a', true, undefined],
      ['account:https://lms.example.org|b', true, undefined],
    ])
  })

  it('an identified Group without members: one fact, marked', () => {
    const fact = factOf(statement({ actor: { objectType: 'Group', ...account('team') } }))
    expect(fact).toMatchObject({ learner: 'account:https://lms.example.org|team', group: true })
  })

  it('nobody, for a voiding statement', () => {
    const object = { objectType: 'StatementRef' as const, id: '00000000-0000-4000-8000-000000000001' }
    expect(factsOf(statement({ verb: { id: `${ADL}verbs/voided` }, object }), ORIGIN)).toEqual([])
  })

  it.each<[string, Statement['object']]>([
    ['StatementRef', { objectType: 'StatementRef', id: '00000000-0000-4000-8000-000000000001' }],
    ['Agent', { objectType: 'Agent', mbox: 'mailto:ben@example.org' }],
    ['SubStatement', { objectType: 'SubStatement', ...statement() } as Statement['object']],
  ])('a %s as object is told by its type', (type, object) => {
    expect(factOf(statement({ object })).object.type).toBe(type)
  })
})

describe('What a result says', () => {
  const verb = (name: string) => ({ id: `${ADL}verbs/${name}` })

  it.each<[string, Partial<Statement>, Partial<Fact>]>([
    ['completed says completion', { verb: verb('completed') }, { completion: true }],
    ['passed says success', { verb: verb('passed') }, { success: true }],
    ['failed says no success', { verb: verb('failed') }, { success: false }],
    [
      'the result says more than the verb',
      { verb: verb('passed'), result: { success: false } },
      { success: false },
    ],
    ['a duration is in ms', { result: { duration: 'PT1M30S' } }, { durationMs: 90_000 }],
    ['a score', { result: { score: { scaled: 0.4 } } }, { scaled: 0.4 }],
    [
      'cmi5’s progress is per cent',
      { result: { extensions: { 'https://w3id.org/xapi/cmi5/result/extensions/progress': 25 } } },
      { progress: 0.25 },
    ],
    [
      'the video profile’s progress is a fraction',
      { result: { extensions: { 'https://w3id.org/xapi/video/extensions/progress': 0.25 } } },
      { progress: 0.25 },
    ],
  ])('%s', (_, overrides, expected) => {
    expect(factOf(statement(overrides))).toMatchObject(expected)
  })

  it('the SCORM profile’s progressed reports progress, not a score', () => {
    const context = categories('https://w3id.org/xapi/scorm')
    const fact = factOf(statement({ verb: verb('progressed'), context, result: { score: { scaled: 0.75 } } }))
    expect([fact.progress, fact.scaled]).toEqual([0.75, undefined])
  })

  it('Moodle’s completed on an incomplete SCO says nothing (in-the-wild §1.7, 4)', () => {
    const context = { extensions: { [INFO]: { event_name: '\\mod_scorm\\event\\status_submitted' } } }
    expect(
      factOf(statement({ verb: verb('completed'), context, result: { completion: true } })),
    ).not.toHaveProperty('completion')
  })
})

describe('Fingerprints (in-the-wild §4.5, 2)', () => {
  const REGISTRATION = '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05'
  const print = (overrides: Partial<Statement> = {}): string | undefined =>
    factOf(statement(overrides), false).fingerprint

  it('only statements without an id have one', () => {
    expect(factOf(statement())).not.toHaveProperty('fingerprint')
    expect(print()).toMatch(/^[0-9a-f]{64}$/)
  })

  it('neither the order of members, nor the spelling of a number, nor a display name makes a difference', () => {
    const result = { score: { scaled: 1, raw: 10 }, success: true }
    const other = { success: true, score: { raw: 10.0, scaled: 1.0 } }
    expect(print({ result })).toBe(print({ result: other }))
    const actor = { name: 'Ana', account: { homePage: 'https://LMS.example.org/', name: 'u-17' } }
    expect(print({ actor })).toBe(print())
  })

  it.each<[string, Partial<Statement>]>([
    ['learner', { actor: { mbox: 'mailto:ana@example.org' } }],
    ['verb', { verb: { id: `${ADL}verbs/attempted` } }],
    ['object', { object: { id: 'https://lms.example.org/x/2' } }],
    ['timestamp', { timestamp: '2025-03-01T09:00:01Z' }],
    ['registration', { context: { registration: REGISTRATION } }],
    ['result', { result: { success: true } }],
    [
      'Moodle event',
      { context: { extensions: { [INFO]: { event_name: '\\mod_page\\event\\course_module_viewed' } } } },
    ],
  ])('another %s makes another fingerprint', (_, overrides) => {
    expect(print(overrides)).not.toBe(print())
  })
})
