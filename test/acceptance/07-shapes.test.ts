/** Group 7 of the acceptance set: every shape and format, in every place it stands. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json } from './endpoint.ts'

const lrs = endpoint()

const attachment = {
  usageType: 'https://example.org/u',
  display: { en: 'a' },
  description: { en: 'a' },
  contentType: 'text/plain',
  length: 1,
  sha2: 'a'.repeat(64),
  fileUrl: 'https://example.org/f',
}
/** A value in every place. `$.object.definition` and the like are replaced below. */
const full = (): Json => ({
  id: randomUUID(),
  actor: { objectType: 'Agent', name: 'Ana', account: { homePage: 'https://lms.example.org', name: 'ana' } },
  verb: { id: 'https://example.org/v', display: { en: 'did' } },
  object: {
    objectType: 'Activity',
    id: 'https://example.org/o',
    definition: {
      name: { en: 'O' },
      description: { en: 'O' },
      type: 'https://example.org/t',
      moreInfo: 'https://example.org/m',
      extensions: { 'https://example.org/x': 1 },
      interactionType: 'choice',
      correctResponsesPattern: ['a'],
      choices: [{ id: 'a', description: { en: 'A' } }],
    },
  },
  result: {
    score: { scaled: 0.5, raw: 5, min: 0, max: 10 },
    success: true,
    completion: true,
    response: 'a',
    duration: 'PT1S',
    extensions: { 'https://example.org/x': 1 },
  },
  context: {
    registration: randomUUID(),
    instructor: learner('teacher'),
    team: { objectType: 'Group', name: 'Team', member: [learner('b')] },
    contextActivities: {
      parent: [{ id: 'https://example.org/p', definition: { type: 'https://example.org/t' } }],
    },
    revision: '1',
    platform: 'p',
    language: 'en',
    statement: { objectType: 'StatementRef', id: randomUUID() },
    extensions: { 'https://example.org/x': 1 },
  },
  timestamp: '2026-03-01T09:00:00Z',
  attachments: [{ ...attachment }],
})

type Path = readonly (string | number)[]
const UNKNOWN = 'unknownMember'

/** The statement with one member set; undefined takes it away. */
function set(path: Path, value: unknown, base = full()): Json {
  let at = base as Record<string | number, unknown>
  for (const step of path.slice(0, -1)) at = at[step] as Record<string | number, unknown>
  at[path.at(-1) as string] = value
  return base
}
const named = (path: Path) =>
  `$${path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`
const paths = (texts: readonly string[]): readonly Path[] =>
  texts.map((text) => text.split('.').map((step) => (/^\d+$/.test(step) ? Number(step) : step)))

async function refused(body: Json, path: Path, version = '1.0.3'): Promise<void> {
  const answer = await lrs.post(body, { version })
  const text = await answer.text()
  expect(answer.status, text).toBe(400)
  const { errors } = JSON.parse(text) as { errors: { path: string; requirement: string }[] }
  expect(
    errors.some((one) => one.path.startsWith(named(path)) || named(path).startsWith(one.path)),
    text,
  ).toBe(true)
  expect(errors.every(({ requirement }) => requirement !== '')).toBe(true)
  expect(await lrs.statusOf(body.id)).toBe(404)
}

it('the statement these tests start from is taken, in both versions', async () => {
  for (const version of ['1.0.3', '2.0.0']) expect((await lrs.post(full(), { version })).status).toBe(200)
})

const OBJECTS = paths([
  UNKNOWN,
  `actor.${UNKNOWN}`,
  `actor.account.${UNKNOWN}`,
  `verb.${UNKNOWN}`,
  `object.${UNKNOWN}`,
  `object.definition.${UNKNOWN}`,
  `object.definition.choices.0.${UNKNOWN}`,
  `result.${UNKNOWN}`,
  `result.score.${UNKNOWN}`,
  `context.${UNKNOWN}`,
  `context.instructor.${UNKNOWN}`,
  `context.team.member.0.${UNKNOWN}`,
  `context.contextActivities.${UNKNOWN}`,
  `context.contextActivities.parent.0.${UNKNOWN}`,
  `context.statement.${UNKNOWN}`,
  `attachments.0.${UNKNOWN}`,
])

describe.each(['1.0.3', '2.0.0'])('version %s refuses', (version) => {
  it.each(OBJECTS.map((path) => [named(path), path] as const))(
    'an unknown member (XAPI-00010): %s',
    async (_title, path) => refused(set(path, 1), path, version),
  )

  it.each(
    paths([
      'verb.id',
      'object.id',
      'object.definition.type',
      'object.definition.moreInfo',
      'actor.account.homePage',
      'context.contextActivities.parent.0.id',
      'context.contextActivities.parent.0.definition.type',
      'attachments.0.usageType',
      'attachments.0.fileUrl',
    ]).map((path) => [named(path), path] as const),
  )('an IRI without a scheme, with a space, empty: %s', async (_title, path) => {
    for (const value of [
      'example.org/x',
      'https://example.org/a b',
      '',
      ' https://example.org',
      '//example.org',
      '1http:x',
    ])
      await refused(set(path, value), path, version)
  })

  it.each(
    paths(['result.extensions', 'context.extensions', 'object.definition.extensions']).map(
      (path) => [named(path), path] as const,
    ),
  )('an extension whose key is no IRI: %s', async (_title, path) => {
    for (const key of ['x', 'example.org/x', '']) await refused(set(path, { [key]: 1 }), path, version)
  })

  it.each(
    paths(['id', 'context.registration', 'context.statement.id']).map((path) => [named(path), path] as const),
  )('a text that is no UUID: %s', async (_title, path) => {
    for (const value of [
      '',
      'x',
      '{c0ffee00-1111-4222-8333-444455556666}',
      'c0ffee0011114222833344445555666',
      'g0ffee00-1111-4222-8333-444455556666',
    ]) {
      const answer = await lrs.post(set(path, value), { version })
      await expectRefused(answer, 400, named(path))
    }
  })

  it.each([
    '',
    'ana@example.org',
    'mailto:ana',
    'mailto:@example.org',
    'mailto:ana@',
    'mailto:ana@example.org,ben@example.org',
    'mailto:ana b@example.org',
    'https://example.org',
  ])('the mbox «%s»', async (mbox) => refused(set(['actor'], { mbox }), ['actor', 'mbox'], version))

  it.each(['', 'x'.repeat(40), 'a'.repeat(39), 'a'.repeat(41)])(
    'the mbox_sha1sum «%s»',
    async (mbox_sha1sum) => refused(set(['actor'], { mbox_sha1sum }), ['actor', 'mbox_sha1sum'], version),
  )

  it.each(['usageType', 'display', 'contentType', 'length', 'sha2'])(
    'an attachment without %s',
    async (member) =>
      refused(set(['attachments', 0, member], undefined), ['attachments', 0, member], version),
  )

  it.each<[string, unknown]>([
    ['length', -1],
    ['length', 1.5],
    ['length', '1'],
    ['sha2', ''],
    ['sha2', 'z'.repeat(64)],
    ['sha2', 'a'.repeat(63)],
    ['contentType', ''],
    ['contentType', 'text'],
    ['display', 'text'],
    ['display', { 'not a tag': 'x' }],
    ['display', { en: 1 }],
  ])('an attachment with the %s %j', async (member, value) =>
    refused(set(['attachments', 0, member], value), ['attachments', 0, member], version),
  )

  it.each(
    paths([
      'actor',
      'actor.name',
      'verb.display',
      'verb.display.en',
      'object.definition',
      'object.definition.name',
      'result',
      'result.score.raw',
      'result.success',
      'context.revision',
      'context.contextActivities',
      'timestamp',
      'attachments',
    ]).map((path) => [named(path), path] as const),
  )('null outside extensions (XAPI-00001): %s', async (_title, path) =>
    refused(set(path, null), path, version),
  )

  it.each<[string, Path, unknown]>([
    ['a name that is a number', ['actor', 'name'], 1],
    ['an objectType in lower case', ['actor', 'objectType'], 'agent'],
    ['an objectType of nothing', ['object', 'objectType'], 'Course'],
    ['a list for an Agent', ['actor'], [learner('a')]],
    ['a language tag that is none', ['verb', 'display'], { englishlanguage: 'x' }],
    ['a context language that is none', ['context', 'language'], 'english language'],
    ['a scaled score above 1', ['result', 'score', 'scaled'], 1.0001],
    ['a scaled score below -1', ['result', 'score', 'scaled'], -1.0001],
    ['a raw score above max', ['result', 'score', 'raw'], 11],
    ['a raw score below min', ['result', 'score', 'raw'], -1],
    ['a min that is not below max', ['result', 'score', 'min'], 10],
    ['success as a text', ['result', 'success'], 'true'],
    ['a response that is a number', ['result', 'response'], 1],
    ['a duration of weeks and days', ['result', 'duration'], 'P1W2D'],
    ['a duration without parts', ['result', 'duration'], 'PT'],
    ['a duration that is a number', ['result', 'duration'], 60],
    ['30 February', ['timestamp'], '2021-02-30T00:00:00Z'],
    ['an offset of minus zero', ['timestamp'], '2021-02-20T00:00:00-00:00'],
    ['a timestamp without time', ['timestamp'], '2021-02-20'],
    ['a team that is an Agent', ['context', 'team'], learner('a')],
    ['a StatementRef without objectType', ['context', 'statement'], { id: randomUUID() }],
    ['an empty anonymous Group', ['actor'], { objectType: 'Group', member: [] }],
    [
      'a Group within a Group',
      ['actor'],
      { objectType: 'Group', member: [{ objectType: 'Group', member: [learner('a')] }] },
    ],
    ['members of an Agent', ['actor', 'member'], [learner('a')]],
  ])('%s', async (_name, path, value) => refused(set(path, value), path, version))
})

describe('interaction components (1.0.3 Data §2.4.4.1)', () => {
  const LISTS = ['choices', 'scale', 'source', 'target', 'steps']
  const OF: Readonly<Record<string, readonly string[]>> = {
    'true-false': [],
    choice: ['choices'],
    'fill-in': [],
    'long-fill-in': [],
    matching: ['source', 'target'],
    performance: ['steps'],
    sequencing: ['choices'],
    likert: ['scale'],
    numeric: [],
    other: [],
  }
  const definition = (over: Json) => set(['object', 'definition'], { type: 'https://example.org/t', ...over })

  it.each(Object.entries(OF))('of %s are only %j', async (interactionType, allowed) => {
    for (const list of LISTS) {
      const body = definition({ interactionType, [list]: [{ id: 'a' }] })
      if (allowed.includes(list)) expect((await lrs.post(body)).status).toBe(200)
      else await refused(body, ['object', 'definition', list])
    }
  })

  it.each<[string, Json]>([
    ['without interactionType', { choices: [{ id: 'a' }] }],
    ['a correctResponsesPattern without interactionType', { correctResponsesPattern: ['a'] }],
    ['with an id twice', { interactionType: 'choice', choices: [{ id: 'a' }, { id: 'a' }] }],
    ['without id', { interactionType: 'choice', choices: [{ description: { en: 'a' } }] }],
    ['that are no list', { interactionType: 'choice', choices: { id: 'a' } }],
    ['of an interactionType in another case', { interactionType: 'Choice', choices: [{ id: 'a' }] }],
  ])('%s are refused', async (_name, over) => refused(definition(over), ['object', 'definition']))
})

describe('a SubStatement', () => {
  const sub = (over: Json = {}) => {
    const { actor, verb, object, result, context } = full()
    return { objectType: 'SubStatement', actor, verb, object, result, context, ...over }
  }
  it('is taken with everything a statement may have but what the LRS sets', async () => {
    expect((await lrs.post(set(['object'], sub(), statement()))).status).toBe(200)
  })

  it.each<[string, Json]>([
    ['id', { id: randomUUID() }],
    ['stored', { stored: '2026-01-01T00:00:00Z' }],
    ['version', { version: '1.0.3' }],
    ['authority', { authority: learner('a') }],
    [UNKNOWN, { [UNKNOWN]: 1 }],
    ['object', { object: sub() }],
    ['verb', { verb: { id: 'no scheme' } }],
    ['actor', { actor: {} }],
  ])('is refused for its %s (XAPI-00066 to XAPI-00071)', async (member, over) => {
    await refused(set(['object'], sub(over), statement({ context: undefined })), ['object', member])
  })
})

describe('contextAgents and contextGroups', () => {
  const one = { objectType: 'contextAgent', agent: learner('c'), relevantTypes: ['https://example.org/role'] }
  const group = { objectType: 'contextGroup', group: { objectType: 'Group', member: [learner('c')] } }
  const within = (context: Json) => statement({ context })

  it('are taken in 2.0.0, also in a SubStatement, and unknown in 1.0.3 (xapi.md §5, 16)', async () => {
    const context = { contextAgents: [one], contextGroups: [group] }
    const { actor, verb, object } = full()
    const inSub = statement({
      object: { objectType: 'SubStatement', actor, verb, object, context },
      context: undefined,
    })
    for (const body of [within(context), inSub]) {
      await expectRefused(await lrs.post(body, { version: '1.0.3' }), 400)
      expect((await lrs.post(body, { version: '2.0.0' })).status).toBe(200)
    }
  })

  it.each<[string, Json]>([
    ['an empty list of relevantTypes', { contextAgents: [{ ...one, relevantTypes: [] }] }],
    ['a relevantType that is no IRI', { contextAgents: [{ ...one, relevantTypes: ['x'] }] }],
    ['another objectType', { contextAgents: [{ ...one, objectType: 'Agent' }] }],
    ['no objectType', { contextAgents: [{ agent: one.agent }] }],
    ['no agent', { contextAgents: [{ objectType: 'contextAgent' }] }],
    ['a Group as agent', { contextAgents: [{ ...one, agent: group.group }] }],
    ['an Agent as group', { contextGroups: [{ ...group, group: one.agent }] }],
    ['something that is no list', { contextAgents: one }],
    ['an unknown member', { contextGroups: [{ ...group, [UNKNOWN]: 1 }] }],
  ])('are refused with %s', async (_name, context) => refused(within(context), ['context'], '2.0.0'))
})
