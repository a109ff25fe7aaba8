import { v5 } from 'uuid'
import { describe, expect, it } from 'vitest'
import type { Attempt, Classified, DerivationContext } from '../../src/attempts/derivation.ts'
import { derive, effectiveTime } from '../../src/attempts/derive.ts'
import type { SessionKey, StoredFact } from '../../src/attempts/fact.ts'
import { ADL, at, context, entry, fact, launch, minutes } from './samples.ts'
import { DEFAULTS } from './scenario.ts'

const NINE = at('2025-03-01T09:00:00Z')
const verb = (name: string): string => `${ADL}verbs/${name}`
const k = (kind: SessionKey['kind'], key: string): SessionKey => ({ kind, key })

function attemptsOf(
  facts: readonly StoredFact[],
  overrides: Partial<DerivationContext> = {},
): readonly Attempt[] {
  return derive(facts, context(overrides)).attempts
}

function only(facts: readonly StoredFact[], overrides: Partial<DerivationContext> = {}): Attempt {
  const [attempt, ...others] = attemptsOf(facts, overrides)
  if (!attempt || others.length > 0) throw new Error(`expected one attempt, got ${others.length + 1}`)
  return attempt
}

function classified(
  one: StoredFact,
  facts: readonly StoredFact[],
  overrides: Partial<DerivationContext> = {},
): Classified {
  const found = derive(facts, context(overrides)).classified.find((other) => other.fact === one)
  if (!found) throw new Error('not classified')
  return found
}

describe('Effective time (in-the-wild §4.5, 3)', () => {
  it.each([
    ['its timestamp', NINE, NINE + minutes(60), NINE],
    ['its timestamp, up to 5 minutes ahead', NINE + minutes(5), NINE, NINE + minutes(5)],
    ['its receipt, beyond that', NINE + minutes(5) + 1, NINE, NINE],
    ['its receipt, without a timestamp', null, NINE, NINE],
  ])('is %s', (_, time, stored, expected) => {
    expect(effectiveTime(fact({ at: time, stored }))).toBe(expected)
  })
})

describe('The key ladder (in-the-wild §4.2)', () => {
  it('K1–K5 join statements of an element, however far apart', () => {
    const attempt = only([
      fact({ keys: [k('K5', 'v')] }),
      fact({ keys: [k('K5', 'v')], at: NINE + minutes(9000) }),
    ])
    expect(attempt).toMatchObject({
      keyKind: 'K5',
      keys: ['K5:v'],
      inferred: false,
      statements: 2,
      evidence: 2,
    })
  })

  it('a statement with two keys joins the attempts of both (ruling 2)', () => {
    const [a, b] = [fact({ keys: [k('K2', 'a')] }), fact({ keys: [k('K1', 's')] })]
    expect(attemptsOf([a, b])).toHaveLength(2)
    expect(only([a, b, fact({ keys: [k('K1', 's'), k('K2', 'a')] })]).keys).toEqual(['K1:s', 'K2:a'])
  })

  it('an attempt activity is the same as object (K3) and as context (K2)', () => {
    expect(only([fact({ keys: [k('K3', 'a')] }), fact({ keys: [k('K2', 'a')] })]).statements).toBe(2)
  })

  it('keys are scoped by element', () => {
    const keys = [k('K1', 'login')]
    expect(
      attemptsOf([fact({ keys }), fact({ keys, object: { id: 'https://lms.example.org/x/2' } })]),
    ).toHaveLength(2)
  })

  it('its id is the UUIDv5 of tenant, learner, element, key kind and key, whatever the script: stored ids stay', () => {
    const keys = [k('K1', 'Sitzung-ä|日本')]
    const one = fact({ keys, learner: 'account:https://lms.example.org|Zoë 😀' })
    const { element, id } = only([one])
    const name = [context().tenant, one.learner, element, 'K1', 'Sitzung-ä|日本'].join('|')
    expect(id).toBe(v5(name, v5('https://rollcall.example/xapi/', v5.URL)))
  })

  it('keys of another kind with the same text are others', () => {
    expect(attemptsOf([fact({ keys: [k('K1', 'a')] }), fact({ keys: [k('K5', 'a')] })])).toHaveLength(2)
  })

  const registered = { registration: '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05' }
  const hourApart = (more: Partial<StoredFact>): readonly StoredFact[] => [
    fact({ ...registered, ...more }),
    fact({ ...registered, ...more, at: NINE + minutes(60) }),
  ]

  it.each([
    ['rustici', 1],
    ['tincan', 1],
    ['moodle', 2],
    ['open-edx', 2],
    ['h5p', 2],
    ['cmi5', 2],
    ['other', 2],
  ] as const)('K6: the registration of %s makes %d of two statements an hour apart', (source, count) => {
    expect(attemptsOf(hourApart({ source }))).toHaveLength(count)
  })

  it('K6: content the catalogue knows as a Tin Can package has its registration, Moodle’s never', () => {
    const catalogue = new Map([['https://lms.example.org/x/1', [entry({ kind: 'xapi' })]]])
    expect(only(hourApart({}), { catalogue }).keyKind).toBe('K6')
    expect(attemptsOf(hourApart({ source: 'moodle' }), { catalogue })).toHaveLength(2)
  })

  it('K6: a finer key goes before the registration', () => {
    const two = [
      fact({ ...registered, source: 'tincan', keys: [k('K4', '1')] }),
      fact({ ...registered, source: 'tincan', keys: [k('K4', '2')] }),
    ]
    expect(attemptsOf(two)).toHaveLength(2)
  })

  it.each([
    [30, 1],
    [31, 2],
  ])('K7: a pause of %d minutes leaves %d attempts, marked as inferred', (pause, count) => {
    const found = attemptsOf([fact(), fact({ at: NINE + minutes(pause) })])
    expect(found).toHaveLength(count)
    expect(found.every((attempt) => attempt.inferred && attempt.keyKind === 'K7')).toBe(true)
  })

  it('K7: the gap is a setting', () => {
    const settings = { ...DEFAULTS, gapMinutes: 5 }
    expect(attemptsOf([fact(), fact({ at: NINE + minutes(6) })], { settings })).toHaveLength(2)
  })

  it('K7: a preview’s time bridges no gap (ruling 4)', () => {
    const facts = [
      fact(),
      fact({ at: NINE + minutes(20), purpose: 'preview' }),
      fact({ at: NINE + minutes(40) }),
    ]
    expect(attemptsOf(facts).map(({ tracked, reason }) => [tracked, reason])).toEqual([
      [true, 'tracked'],
      [false, 'credential'],
      [true, 'tracked'],
    ])
  })
})

describe('Attempt ids', () => {
  const one = (overrides: Partial<StoredFact> = {}, more: Partial<DerivationContext> = {}): string =>
    only([fact({ keys: [k('K1', 's')], ...overrides })], more).id

  it('are UUIDv5 and the same in every rebuild', () => {
    expect(one()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(one()).toBe(one())
  })

  it.each<[string, string]>([
    ['tenant', one({}, { tenant: 'globex' })],
    ['learner', one({ learner: 'mbox:mailto:ana@example.org' })],
    ['element', one({ object: { id: 'https://lms.example.org/x/2' } })],
    ['key kind', one({ keys: [k('K5', 's')] })],
    ['key', one({ keys: [k('K1', 't')] })],
  ])('another %s makes another id', (_, id) => {
    expect(id).not.toBe(one())
  })

  it('of several identities the smallest names the learner', () => {
    const keys = [k('K1', 's')]
    expect(only([fact({ keys, learner: 'mbox:mailto:z@example.org' }), fact({ keys })]).id).toBe(one())
  })
})

describe('Obstacles', () => {
  it.each<[string, Partial<StoredFact>, readonly string[]]>([
    ['a group that names nobody', { group: true }, ['group-without-members']],
    ['enrolment', { verb: verb('registered') }, ['administrative-verb']],
    [
      'Moodle’s resumed enrolment',
      {
        verb: 'https://w3id.org/xapi/tla/verbs/resumed',
        object: { id: 'https://m.example.org/c', type: `${ADL}activities/course` },
      },
      ['administrative-verb'],
    ],
    [
      'Moodle’s resumed lesson is use',
      {
        verb: 'https://w3id.org/xapi/tla/verbs/resumed',
        object: { id: 'https://m.example.org/l', type: `${ADL}activities/lesson` },
      },
      [],
    ],
    [
      'a resource',
      { object: { id: 'https://lms.example.org/l', type: `${ADL}activities/link` } },
      ['resource'],
    ],
    ['a cmi5 launch', { source: 'cmi5', cmi5: true, verb: verb('launched') }, ['launched-only']],
    ['another system’s launch is use', { verb: verb('launched') }, []],
    ['a reference', { object: { id: 's-1', type: 'StatementRef' } }, ['not-content']],
    [
      'H5P’s tool bar, also on a resource',
      {
        source: 'h5p',
        verb: verb('downloaded'),
        object: { id: 'https://s.example.org/1', type: `${ADL}activities/file` },
      },
      ['not-content'],
    ],
    ['a download elsewhere is use', { verb: verb('downloaded') }, []],
    [
      'moving about in Open edX, though links are resources',
      {
        source: 'open-edx',
        verb: 'https://w3id.org/xapi/dod-isd/verbs/navigated',
        object: { id: 'https://lms.example.org/l', type: `${ADL}activities/link` },
      },
      ['not-content'],
    ],
    [
      'the page before a SCORM launch, without its event name',
      {
        source: 'moodle',
        verb: 'http://id.tincanapi.com/verb/viewed',
        object: { id: 'https://m.example.org/mod/scorm/view.php?id=5' },
      },
      ['not-content'],
    ],
    ['a voided statement', { voided: true }, ['voided']],
    [
      'all together, in the order of the rules',
      {
        verb: verb('registered'),
        purpose: 'preview',
        voided: true,
        object: { id: 'https://lms.example.org/l', type: `${ADL}activities/link` },
      },
      ['administrative-verb', 'credential', 'resource', 'voided'],
    ],
  ])('%s', (_, overrides, expected) => {
    const one = fact(overrides)
    expect(classified(one, [one]).obstacles).toEqual(expected)
  })

  it.each([
    ['always', 'cmi5', []],
    ['never', 'moodle', ['launched-only']],
    ['never', 'other', ['launched-only']],
  ] as const)('launchedCounts «%s» for %s', (launchedCounts, source, expected) => {
    const one = fact({ source, verb: verb('launched') })
    expect(classified(one, [one], { settings: { ...DEFAULTS, launchedCounts } }).obstacles).toEqual(expected)
  })

  it.each<[string, Partial<StoredFact>, boolean]>([
    ['administration', { verb: verb('registered') }, false],
    ['what is not content', { object: { id: 's-1', type: 'StatementRef' } }, false],
    ['a group that names nobody', { group: true }, false],
    [
      'the LMS itself',
      { object: { id: 'https://m.example.org', type: 'http://id.tincanapi.com/activitytype/lms' } },
      false,
    ],
    ['a resource', { object: { id: 'https://lms.example.org/l', type: `${ADL}activities/link` } }, true],
    ['a preview', { purpose: 'preview' }, true],
  ])('%s belongs to an attempt or to none', (_, overrides, belongs) => {
    const one = fact(overrides)
    expect(classified(one, [one]).attempt !== null).toBe(belongs)
  })

  it('«cmi5 allowed» statements about parts lie in the AU of their session', () => {
    const keys = [k('K1', 's')]
    const au = fact({
      source: 'cmi5',
      cmi5: true,
      keys,
      verb: verb('initialized'),
      object: { id: 'https://lms.example.org/au' },
    })
    const page = fact({
      source: 'cmi5',
      keys,
      object: { id: 'https://cdn.example.org/p', type: 'http://activitystrea.ms/page' },
    })
    const alien = fact({
      source: 'cmi5',
      keys: [k('K1', 't')],
      object: { id: 'https://cdn.example.org/p', type: 'http://activitystrea.ms/page' },
    })
    expect(classified(page, [page, au, alien]).element).toBe('https://lms.example.org/au')
    expect(classified(alien, [page, au, alien]).element).toBe('https://cdn.example.org/p')
  })

  it('a part the catalogue knows by itself stays an element of its own', () => {
    const keys = [k('K1', 's')]
    const au = fact({ source: 'cmi5', cmi5: true, keys, object: { id: 'https://lms.example.org/au' } })
    const part = fact({ source: 'cmi5', keys, object: { id: 'https://cdn.example.org/p' } })
    const catalogue = new Map([['https://cdn.example.org/p', [entry({ id: 'https://cdn.example.org/p' })]]])
    expect(classified(part, [au, part], { catalogue }).element).toBe('https://cdn.example.org/p')
  })

  it('of two AUs in one session, a statement about one of them stays with it', () => {
    const keys = [k('K1', 's')]
    const about = (n: number) => ({
      keys,
      source: 'cmi5' as const,
      object: { id: `https://lms.example.org/au/${n}` },
    })
    const page = fact(about(2))
    const facts = [fact({ ...about(1), cmi5: true }), fact({ ...about(2), cmi5: true }), page]
    expect(classified(page, facts).element).toBe('https://lms.example.org/au/2')
  })

  it('a careless sender’s session over two AUs does not melt them', () => {
    const keys = [k('K1', 's')]
    const aus = [1, 2].map((n) =>
      fact({ source: 'cmi5', cmi5: true, keys, object: { id: `https://lms.example.org/au/${n}` } }),
    )
    expect(attemptsOf(aus).map((attempt) => attempt.element)).toEqual([
      'https://lms.example.org/au/1',
      'https://lms.example.org/au/2',
    ])
  })
})

describe('Repeated statements without ids (ruling 6)', () => {
  const copy = (overrides: Partial<StoredFact> = {}): StoredFact => fact({ fingerprint: 'f', ...overrides })
  const reasons = (facts: readonly StoredFact[]): readonly string[] =>
    facts.map((one) => classified(one, facts).obstacles.join(' '))

  it('the earliest stands', () => {
    const facts = [copy({ stored: NINE + 9000 }), copy({ stored: NINE + 4000 })]
    expect(reasons(facts)).toEqual(['duplicate', ''])
  })

  it('with a timestamp they repeat at any distance of receipt', () => {
    expect(reasons([copy(), copy({ stored: NINE + minutes(9000) })])).toEqual(['', 'duplicate'])
  })

  it('without one, only within the gap of the first', () => {
    const facts = [0, 20, 40].map((count) => copy({ at: null, stored: NINE + minutes(count) }))
    expect(reasons(facts)).toEqual(['', 'duplicate', ''])
  })

  it('a voided copy does not take the other one with it', () => {
    expect(reasons([copy({ voided: true }), copy({ stored: NINE + 9000 })])).toEqual(['duplicate voided', ''])
  })

  it('a copy with a preview key does not take the learner’s with it', () => {
    expect(reasons([copy({ purpose: 'preview' }), copy({ stored: NINE + 9000 })])).toEqual(['credential', ''])
  })

  it('statements with ids never repeat each other', () => {
    expect(reasons([fact(), fact()])).toEqual(['', ''])
  })
})

describe('An attempt over its statements (ruling 3)', () => {
  const keys = [k('K1', 's')]

  it('stands on what is left when preview and learner mix (ruling 4)', () => {
    const facts = [
      fact({ keys, purpose: 'preview' }),
      fact({ keys, at: NINE + minutes(5) }),
      fact({ keys, at: NINE + minutes(9), purpose: 'preview' }),
    ]
    expect(only(facts)).toMatchObject({
      tracked: true,
      mixed: true,
      statements: 3,
      evidence: 1,
      first: NINE + minutes(5),
      last: NINE + minutes(5),
    })
  })

  it('untracked, its reason is that of its earliest statement', () => {
    const facts = [
      fact({ keys, at: NINE + 5, purpose: 'preview' }),
      fact({ keys, source: 'cmi5', verb: verb('launched') }),
    ]
    expect(only(facts)).toMatchObject({
      tracked: false,
      mixed: false,
      reason: 'launched-only',
      evidence: 0,
      first: NINE,
      last: NINE + 5,
    })
  })

  it('is logically deleted when all its evidence is voided, and still tracked (A23)', () => {
    const facts = [fact({ keys, voided: true }), fact({ keys, voided: true, at: NINE + 5 })]
    expect(only(facts)).toMatchObject({ tracked: true, reason: 'tracked', deleted: true, evidence: 2 })
    expect(only([...facts, fact({ keys })])).toMatchObject({ deleted: false, evidence: 3 })
    expect(only([...facts, fact({ keys, purpose: 'preview' })])).toMatchObject({ deleted: true, mixed: true })
  })

  it('takes the best result of the statements that stand', () => {
    const facts = [
      fact({ keys, completion: false, scaled: 0.2, durationMs: 500 }),
      fact({ keys, completion: true, scaled: 0.6, progress: 0.5 }),
      fact({ keys, success: true, scaled: 0.9, voided: true }),
      fact({
        keys,
        success: true,
        object: { id: 'https://lms.example.org/x/1', type: `${ADL}activities/cmi.interaction` },
      }),
    ]
    const attempt = only(facts)
    expect(attempt).toMatchObject({ completion: true, scaled: 0.6, progress: 0.5, durationMs: 500 })
    expect(attempt).not.toHaveProperty('success')
  })

  it('a preview’s result is not the learner’s', () => {
    expect(only([fact({ keys }), fact({ keys, success: true, purpose: 'preview' })])).not.toHaveProperty(
      'success',
    )
  })

  it('names the rule of most authority among its evidence', () => {
    expect(only([fact({ keys }), fact({ keys, scorm: true })]).elementRule).toBe('scorm')
  })

  it('shows a registration, but not Moodle’s', () => {
    expect(only([fact({ keys, registration: 'r' })]).registration).toBe('r')
    expect(only([fact({ keys, registration: 'r', source: 'moodle' })])).not.toHaveProperty('registration')
  })

  it('counts a statement once, however often it is given', () => {
    const one = fact({ keys })
    expect(only([one, one])).toMatchObject({ statements: 1, evidence: 1 })
  })
})

describe('Back-dated SCORM resumes (counting §1.5, 3)', () => {
  const FEBRUARY = at('2025-02-10T08:00:00Z')
  const MARCH = at('2025-03-12T16:00:00Z')
  const keys = [k('K2', 'u')]
  const scorm = (name: string, overrides: Partial<StoredFact>): StoredFact =>
    fact({ source: 'scorm-profile', scorm: true, keys, verb: verb(name), ...overrides })
  const start = scorm('initialized', { at: FEBRUARY })
  const pause = scorm('suspended', { at: FEBRUARY + minutes(15) })
  const resumed = scorm('resumed', { at: FEBRUARY, stored: MARCH })
  const end = scorm('suspended', { at: MARCH + minutes(25) })
  const when = (one: StoredFact, ...facts: StoredFact[]): number => classified(one, [one, ...facts]).resumedAt

  it('take the time of the end of the same session', () => {
    expect(when(resumed, start, pause, end)).toBe(MARCH + minutes(25))
  })

  it('take their receipt while the session has no end', () => {
    expect(when(resumed, start, pause)).toBe(MARCH)
  })

  it('do not take the end of a later session', () => {
    const again = scorm('resumed', { at: FEBRUARY, stored: MARCH + minutes(9000) })
    const later = scorm('terminated', { at: MARCH + minutes(9010) })
    expect(when(resumed, start, pause, again, later)).toBe(MARCH)
    expect(when(again, start, pause, resumed, end, later)).toBe(MARCH + minutes(9010))
  })

  it('do not take an end the wrapper re-sent with its old time', () => {
    const resent = scorm('suspended', { at: FEBRUARY + minutes(15), stored: MARCH + 1000 })
    expect(when(resumed, start, resent, end)).toBe(MARCH + minutes(25))
  })

  it.each<[string, StoredFact, readonly StoredFact[]]>([
    ['a resume with a time of its own', scorm('resumed', { at: MARCH }), [start]],
    ['a resume of an attempt whose start nobody knows', resumed, [pause]],
    ['any other statement of the attempt', scorm('passed', { at: FEBRUARY, stored: MARCH }), [start]],
    ['a resume by another system', { ...resumed, source: 'other' }, [{ ...start, source: 'other' }]],
  ])('%s keeps its time', (_, one, facts) => {
    const found = classified(one, [one, ...facts])
    expect(found.resumedAt).toBe(found.at)
  })

  it('`at` stays what the statement says', () => {
    expect(classified(resumed, [resumed, start, end]).at).toBe(FEBRUARY)
  })
})

describe('What derive gives', () => {
  it('one classification for each fact, ascending by receipt', () => {
    const facts = [
      fact({ stored: NINE + 5, seq: 2 }),
      fact({ stored: NINE + 5, seq: 1 }),
      fact({ stored: NINE, seq: 9 }),
    ]
    expect(derive(facts, context()).classified.map((one) => one.fact.seq)).toEqual([9, 1, 2])
  })

  it('nothing for nothing', () => {
    expect(derive([], context({ launches: [launch()] }))).toEqual({ classified: [], attempts: [] })
  })
})
