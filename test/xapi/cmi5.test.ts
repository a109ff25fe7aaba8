import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkCmi5 } from '../../src/xapi/cmi5/check-cmi5.ts'
import type { Statement } from '../../src/xapi/types.ts'

const SAMPLES = new URL('../../statements/cmi5/', import.meta.url)
const CATEGORIES = 'https://w3id.org/xapi/cmi5/context/categories/'
const EXTENSIONS = 'https://w3id.org/xapi/cmi5/context/extensions/'

/** No JSON, as published. */
const BROKEN = '16-not_applicable-no_launch/05-initialized_statement.json'

/** Every published example: a folder is one course, its files statements and documents. */
const published = readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
  .filter((file) => /^\d\d-.*\/.*\.json$/.test(file) && file !== BROKEN)
  .map((file) => [file, JSON.parse(readFileSync(new URL(file, SAMPLES), 'utf8')) as Statement] as const)
  .filter(([, value]) => value.actor !== undefined && value.verb !== undefined)

describe('the published examples', () => {
  it('are many', () => {
    expect(published.length).toBeGreaterThan(70)
  })

  it.each(published)('%s conforms', (_file, statement) => {
    expect(checkCmi5(statement)).toEqual([])
  })
})

type Change = (statement: Record<string, never>) => void

const VERBS: Record<string, string> = {
  abandoned: 'https://w3id.org/xapi/adl/verbs/abandoned',
  waived: 'https://w3id.org/xapi/adl/verbs/waived',
  satisfied: 'https://w3id.org/xapi/adl/verbs/satisfied',
}

const RESULTS: Record<string, object> = {
  completed: { completion: true, duration: 'PT1M' },
  passed: { success: true, duration: 'PT1M', score: { scaled: 0.9 } },
  failed: { success: false, duration: 'PT1M', score: { scaled: 0.2 } },
  terminated: { duration: 'PT1M' },
  abandoned: { duration: 'PT1M' },
  waived: {
    success: true,
    completion: true,
    extensions: { 'https://w3id.org/xapi/cmi5/result/extensions/reason': 'Administrative' },
  },
}

/** A conforming statement of this verb. */
function sample(verb: string): Statement {
  const result = RESULTS[verb]
  const judges = result !== undefined && ('success' in result || 'completion' in result)
  const launch = { launchmode: 'Normal', launchurl: 'https://cdn.example.org/au', moveon: 'Passed' }
  return {
    id: '9e13cefd-53d3-4eac-b5ed-2cf6693903bb',
    actor: { objectType: 'Agent', account: { homePage: 'https://lms.example.org', name: 'u-1' } },
    verb: { id: VERBS[verb] ?? `http://adlnet.gov/expapi/verbs/${verb}` },
    object: {
      id: 'https://lms.example.org/au/1',
      ...(verb === 'satisfied' && { definition: { type: 'https://w3id.org/xapi/cmi5/activitytype/course' } }),
    },
    ...(result && { result }),
    context: {
      registration: '7a1d2c3e-4f50-4b61-8c72-9d83ae94bf05',
      contextActivities: {
        category: [{ id: `${CATEGORIES}cmi5` }, ...(judges ? [{ id: `${CATEGORIES}moveon` }] : [])],
        grouping: [{ id: 'https://publisher.example.org/au/1' }],
      },
      extensions: {
        [`${EXTENSIONS}sessionid`]: 's-1',
        ...(verb === 'launched' &&
          Object.fromEntries(Object.entries(launch).map(([name, value]) => [EXTENSIONS + name, value]))),
      },
    },
    timestamp: '2026-03-01T09:00:00Z',
  }
}

function changed(verb: string, change: Change): Statement {
  const statement = structuredClone(sample(verb))
  change(statement as unknown as Record<string, never>)
  return statement
}

function stepInto(at: Record<string, unknown>, step: string): Record<string, unknown> {
  if (at[step] === undefined) at[step] = {}
  return at[step] as Record<string, unknown>
}

const set =
  (path: string, value: unknown): Change =>
  (statement) => {
    const steps = path.split('.')
    const last = steps.pop() as string
    const inner = steps.reduce<Record<string, unknown>>(stepInto, statement)
    if (value === undefined) delete inner[last]
    else inner[last] = value
  }

const extension =
  (name: string, value: unknown): Change =>
  (statement) => {
    const { extensions } = (statement as unknown as { context: { extensions: Record<string, unknown> } })
      .context
    if (value === undefined) delete extensions[EXTENSIONS + name]
    else extensions[EXTENSIONS + name] = value
  }

const ALL = [
  'launched',
  'initialized',
  'completed',
  'passed',
  'failed',
  'terminated',
  'abandoned',
  'waived',
  'satisfied',
]

describe('a statement with the category of cmi5', () => {
  it.each(ALL)('of the verb %s conforms as it should be', (verb) => {
    expect(checkCmi5(sample(verb))).toEqual([])
  })

  it.each<[string, string, string, Change]>([
    ['9.1', 'initialized', 'without id', set('id', undefined)],
    ['9.2', 'initialized', 'of somebody without account', set('actor', { mbox: 'mailto:a@example.org' })],
    ['9.2', 'initialized', 'of a group', set('actor.objectType', 'Group')],
    [
      '9.4',
      'initialized',
      'about a person',
      set('object', { objectType: 'Agent', mbox: 'mailto:a@example.org' }),
    ],
    ['9.4', 'satisfied', 'about no block and no course', set('object.definition', undefined)],
    ['9.6.1', 'initialized', 'without registration', set('context.registration', undefined)],
    ['9.6.2.3', 'initialized', 'without grouping', set('context.contextActivities.grouping', undefined)],
    ['9.6.3.1', 'terminated', 'without session id', extension('sessionid', undefined)],
    ['9.6.3.1', 'terminated', 'with a number as session id', extension('sessionid', 7)],
    ['9.7', 'initialized', 'without timestamp', set('timestamp', undefined)],
    ['9.7', 'initialized', 'with a timestamp of another zone', set('timestamp', '2026-03-01T10:00:00+01:00')],
    ['9.7', 'initialized', 'with a timestamp of no zone', set('timestamp', '2026-03-01T10:00:00')],
    ['9.5.1', 'completed', 'with a score', set('result.score', { scaled: 1 })],
    ['9.5.1', 'passed', 'with a negative score', set('result.score', { scaled: -0.1 })],
    ['9.5.1', 'passed', 'with raw but no min and max', set('result.score', { raw: 3 })],
    ['9.5.2', 'passed', 'without success', set('result.success', undefined)],
    ['9.5.2', 'passed', 'with success false', set('result.success', false)],
    ['9.5.2', 'failed', 'with success true', set('result.success', true)],
    ['9.5.2', 'completed', 'with success', set('result.success', true)],
    ['9.5.3', 'completed', 'without completion', set('result.completion', undefined)],
    ['9.5.3', 'passed', 'with completion', set('result.completion', true)],
    ['9.5.4', 'terminated', 'without duration', set('result.duration', undefined)],
    ['9.5.4', 'passed', 'without duration', set('result.duration', undefined)],
    ['9.5.4', 'abandoned', 'without duration', set('result', undefined)],
    [
      '9.5.5.1',
      'terminated',
      'with progress beyond 100',
      set('result.extensions', { 'https://w3id.org/xapi/cmi5/result/extensions/progress': 101 }),
    ],
    ['9.5.5.2', 'waived', 'without reason', set('result.extensions', undefined)],
    [
      '9.6.2.2',
      'completed',
      'without the moveon category',
      set('context.contextActivities.category', [{ id: `${CATEGORIES}cmi5` }]),
    ],
    [
      '9.6.2.2',
      'initialized',
      'with the moveon category',
      set('context.contextActivities.category', [{ id: `${CATEGORIES}cmi5` }, { id: `${CATEGORIES}moveon` }]),
    ],
    ['9.6.3', 'launched', 'without launch mode', extension('launchmode', undefined)],
    ['9.6.3.2', 'passed', 'with a mastery score of 2', extension('masteryscore', 2)],
    ['9.3.4', 'passed', 'below the mastery score', extension('masteryscore', 0.95)],
    ['9.3.5', 'failed', 'at the mastery score', extension('masteryscore', 0.2)],
    ['7.1.3', 'initialized', 'of another verb', set('verb.id', 'http://adlnet.gov/expapi/verbs/answered')],
  ])('breaks cmi5 §%s when it is a «%s» %s', (clause, verb, _name, change) => {
    const found = checkCmi5(changed(verb, change), '$[3]')
    expect(found.map(({ requirement }) => requirement)).toContain(`cmi5 §${clause}`)
    expect(found.every(({ path }) => path.startsWith('$[3].'))).toBe(true)
  })

  it.each(['2026-03-01T09:00:00.123z', '2026-03-01T09:00:00+00:00', '2026-03-01T09:00:00+0000'])(
    '%s is UTC',
    (timestamp) => {
      expect(checkCmi5(changed('initialized', set('timestamp', timestamp)))).toEqual([])
    },
  )

  it('nothing is asked of a statement without the category («cmi5 allowed», §7.1.3)', () => {
    const allowed = changed('initialized', set('context.contextActivities.category', undefined))
    expect(checkCmi5({ ...allowed, timestamp: '2026-03-01T10:00:00' })).toEqual([])
  })
})
