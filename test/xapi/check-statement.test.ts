import { describe, expect, it } from 'vitest'
import { checkActor, checkAgent, checkStatement, SIGNATURE } from '../../src/xapi/check-statement.ts'
import { VOIDED } from '../../src/xapi/voiding.ts'
import { fc, statement } from './arbitraries.ts'
import { changed, FULL, OTHER_UUID, SIMPLE, SUB, UUID } from './sample.ts'

const ANA = { mbox: 'mailto:ana@example.org' }
const BEN = { account: { homePage: 'https://lms.example.org', name: 'ben' } }
const GROUP = { objectType: 'Group', member: [ANA, BEN] }
const WITH_SUB = changed(SIMPLE, 'object', { ...SUB, context: { revision: '1' }, result: { success: true } })

describe('valid statements', () => {
  it.each([
    ['one with every member', FULL],
    ['the smallest one', SIMPLE],
    ['one with a SubStatement', WITH_SUB],
  ])('takes %s in both versions', (_, valid) => {
    expect(checkStatement(valid, '1.0.3')).toEqual([])
    expect(checkStatement(valid, '2.0.0')).toEqual([])
  })

  it('takes random ones of 2.0.0', () => {
    fc.assert(
      fc.property(statement, (valid) => {
        expect(checkStatement(valid, '2.0.0')).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  const accepted: readonly [string, string, unknown][] = [
    ['an identified Group without members (XAPI-00037)', 'actor', { objectType: 'Group', ...BEN }],
    ['an anonymous Group (XAPI-00037)', 'actor', GROUP],
    [
      'an identified Group with no members in its list (XAPI-00037)',
      'actor',
      { objectType: 'Group', ...ANA, member: [] },
    ],
    ['an Agent as object (XAPI-00065)', 'object', { objectType: 'Agent', ...BEN }],
    ['a Group as object (XAPI-00065)', 'object', GROUP],
    [
      'a StatementRef as object (XAPI-00072)',
      'object',
      { objectType: 'StatementRef', id: UUID.toUpperCase() },
    ],
    ['a Group as instructor (XAPI-00087-2)', 'context.instructor', GROUP],
    ['a Group of two as authority (XAPI-00098)', 'authority', GROUP],
    ['version 1.0 (XAPI-00101)', 'version', '1.0'],
    ['version 2.0.0 (xapi.md §5 row 3)', 'version', '2.0.0'],
    ['a score at its bounds (XAPI-00082)', 'result.score', { scaled: -1, raw: 0, min: 0, max: 1 }],
    ['the best scaled score (XAPI-00083)', 'result.score', { scaled: 1, raw: 10, max: 10 }],
    ['a score without bounds (XAPI-00082)', 'result.score', { raw: -1e9 }],
    ['a length that is not checked here (xapi.md §4.1)', 'attachments.0.length', 0],
    [
      'every extension value (XAPI-00119)',
      'context.extensions',
      { 'x:a': null, 'x:b': '', 'x:c': {}, 'x:d': [null] },
    ],
    ['no extensions in extensions (XAPI-00119)', 'context.extensions', {}],
    ['an empty language map', 'verb.display', {}],
    ['empty lists of context activities', 'context.contextActivities', { parent: [], other: [] }],
    ['empty context, result and definition', 'context', {}],
    ['a timestamp in the far future (XAPI-00022)', 'timestamp', '2999-01-01T00:00:00Z'],
    ['more than hundredths in a duration (xapi.md §4.8)', 'result.duration', 'PT1.123456S'],
    ['an empty response', 'result.response', ''],
    ['an empty account name', 'actor', { account: { homePage: 'https://lms.example.org', name: '' } }],
  ]
  it.each(accepted)('takes %s', (_, path, value) => {
    expect(checkStatement(changed(FULL, path, value), '1.0.3').filter(isNotOfActivities)).toEqual([])
  })

  /** FULL has revision and platform, which only Activities may have. */
  function isNotOfActivities({ requirement }: { requirement: string }): boolean {
    return requirement !== 'XAPI-00084' && requirement !== 'XAPI-00085'
  }

  it.each([
    ['true-false', []],
    ['choice', ['choices']],
    ['fill-in', []],
    ['long-fill-in', []],
    ['matching', ['source', 'target']],
    ['performance', ['steps']],
    ['sequencing', ['choices']],
    ['likert', ['scale']],
    ['numeric', []],
    ['other', []],
  ])('%s has %j and no other components (1.0.3 Data §2.4.4.1)', (interactionType, own) => {
    for (const name of ['choices', 'scale', 'source', 'target', 'steps']) {
      const definition = { interactionType, correctResponsesPattern: ['x'], [name]: [{ id: 'x' }] }
      const found = checkStatement(changed(SIMPLE, 'object.definition', definition), '1.0.3')
      expect(found.map(({ path }) => path)).toEqual(own.includes(name) ? [] : [`$.object.definition.${name}`])
    }
  })
})

/** requirement, where the change is made, the new value, where the violation is (default: there) */
type Rejected = [requirement: string, path: string, value: unknown, where?: string]

const REJECTED: readonly Rejected[] = [
  ['XAPI-00003', 'actor', undefined],
  ['XAPI-00004', 'verb', undefined],
  ['XAPI-00005', 'object', undefined],
  ['XAPI-00010', 'objectType', 'Statement'],
  ['XAPI-00010', 'constructor', 1],
  ['XAPI-00008', 'Actor', ANA],
  ['XAPI-00008', 'actor.Mbox', 'mailto:a@example.org'],
  ['XAPI-00008', 'context.contextactivities', {}],
  ['XAPI-00001', 'actor', null],
  ['XAPI-00001', 'object.objectType', null],
  ['XAPI-00001', 'result.score.raw', null],
  ['XAPI-00001', 'verb.display.de', null],
  ['XAPI-00001', 'context.contextActivities.parent.0', null],
  ['XAPI-00001', 'attachments', null],

  ['XAPI-00027', 'id', ''],
  ['XAPI-00027', 'id', 12],
  ['XAPI-00027', 'id', `${UUID}0`],

  ['XAPI-00003', 'actor', 'mailto:ana@example.org'],
  ['XAPI-00003', 'actor', [ANA]],
  ['XAPI-00034', 'actor', { name: 'Nobody' }],
  ['XAPI-00034', 'actor', { ...ANA, ...BEN }],
  ['XAPI-00031', 'actor.objectType', 'agent'],
  ['XAPI-00031', 'actor.objectType', 'Person'],
  ['XAPI-00031', 'actor.objectType', ['Agent']],
  ['XAPI-00033', 'actor.name', 7],
  ['XAPI-00010', 'actor.email', 'ana@example.org'],
  ['XAPI-00035', 'actor.member', [ANA]],
  ['XAPI-00038', 'actor.mbox', 'ana@example.org'],
  ['XAPI-00038', 'actor.mbox', ''],
  ['XAPI-00039', 'actor', { mbox_sha1sum: 'no hash' }, 'actor.mbox_sha1sum'],
  ['XAPI-00040', 'actor', { openid: 'id.example.org' }, 'actor.openid'],
  ['XAPI-00041', 'actor', { account: 'ben' }, 'actor.account'],
  ['XAPI-00042', 'actor', { account: { name: 'ben' } }, 'actor.account.homePage'],
  ['XAPI-00042', 'actor', { account: { homePage: 'lms', name: 'ben' } }, 'actor.account.homePage'],
  ['XAPI-00043', 'actor', { account: { homePage: 'x:lms' } }, 'actor.account.name'],
  ['XAPI-00043', 'actor', { account: { homePage: 'x:lms', name: 17 } }, 'actor.account.name'],
  ['XAPI-00010', 'actor', { account: { homePage: 'x:lms', name: 'a', id: 1 } }, 'actor.account.id'],
  ['XAPI-00037', 'actor', { objectType: 'Group', name: 'Nobody' }, 'actor.member'],
  ['XAPI-00037', 'actor', { objectType: 'Group', member: [] }, 'actor.member'],
  ['XAPI-00037', 'actor', { objectType: 'Group', ...ANA, ...BEN }],
  ['XAPI-00036', 'actor', { objectType: 'Group', member: ANA }, 'actor.member'],
  ['XAPI-00034', 'actor', { objectType: 'Group', member: [ANA, {}] }, 'actor.member[1]'],
  ['XAPI-00032', 'actor', { objectType: 'Group', member: [GROUP] }, 'actor.member[0].objectType'],

  ['XAPI-00044', 'verb.id', undefined],
  ['XAPI-00044', 'verb.id', 'completed'],
  ['XAPI-00044', 'verb.id', ''],
  ['XAPI-00045', 'verb.display', 'completed'],
  ['XAPI-00045', 'verb.display.de', 7],
  ['XAPI-00121', 'verb.display.something', 'x'],
  ['XAPI-00010', 'verb.name', 'completed'],
  ['XAPI-00004', 'verb', 'http://adlnet.gov/expapi/verbs/completed'],

  ['XAPI-00046', 'object.objectType', 'activity'],
  ['XAPI-00047', 'object.id', undefined],
  ['XAPI-00047', 'object.id', 'page 1'],
  ['XAPI-00048', 'object.definition', 'A page'],
  ['XAPI-00010', 'object.name', 'A page'],
  ['XAPI-00010', 'object.definition.title', {}],
  ['XAPI-00056', 'object.definition.name', 'A page'],
  ['XAPI-00059', 'object.definition.description', ['A page']],
  ['XAPI-00060', 'object.definition.type', 'page'],
  ['XAPI-00061', 'object.definition.moreInfo', 'see there'],
  ['XAPI-00057', 'object.definition.extensions', []],
  ['XAPI-00118', 'object.definition.extensions.level', 1],
  ['XAPI-00049', 'object.definition.interactionType', 'Choice'],
  ['XAPI-00049', 'object.definition.interactionType', true],
  [
    'XAPI-00064',
    'object.definition',
    { correctResponsesPattern: ['a'] },
    'object.definition.correctResponsesPattern',
  ],
  ['XAPI-00064', 'object.definition', { choices: [{ id: 'a' }] }, 'object.definition.choices'],
  ['xAPI 1.0.3 Data §2.4.4.1', 'object.definition.correctResponsesPattern', 'a'],
  [
    'xAPI 1.0.3 Data §2.4.4.1',
    'object.definition.correctResponsesPattern',
    [1],
    'object.definition.correctResponsesPattern[0]',
  ],
  ['xAPI 1.0.3 Data §2.4.4.1', 'object.definition.choices', { a: {} }],
  ['xAPI 1.0.3 Data §2.4.4.1', 'object.definition.choices.0.id', undefined],
  ['xAPI 1.0.3 Data §2.4.4.1', 'object.definition.choices.1.id', 'a'],
  ['xAPI 1.0.3 Data §2.4.4.1', 'object.definition.choices.1', 'b'],
  [
    'XAPI-00121',
    'object.definition.choices.0.description',
    { '?': 'x' },
    "object.definition.choices[0].description['?']",
  ],
  ['XAPI-00065', 'object', ANA, 'object.mbox'],
  ['XAPI-00065', 'object', { member: [ANA] }, 'object.member'],
  ['XAPI-00047', 'object', { id: UUID }, 'object.id'],
  ['XAPI-00072', 'object', { objectType: 'StatementRef' }, 'object.id'],
  ['XAPI-00072', 'object', { objectType: 'StatementRef', id: 'x:1' }, 'object.id'],
  ['XAPI-00010', 'object', { objectType: 'StatementRef', id: UUID, definition: {} }, 'object.definition'],
  ['XAPI-00034', 'object', { objectType: 'Agent' }],

  ['XAPI-00079', 'result', 'good'],
  ['XAPI-00079', 'result.score', 7],
  ['XAPI-00010', 'result.grade', 7],
  ['XAPI-00010', 'result.score.points', 7],
  ['XAPI-00074', 'result.success', 'true'],
  ['XAPI-00075', 'result.completion', 1],
  ['XAPI-00076', 'result.response', 7],
  ['XAPI-00077', 'result.duration', 'PA1H'],
  ['XAPI-00077', 'result.duration', 90],
  ['XAPI-00078', 'result.extensions', 'x'],
  ['XAPI-00083', 'result.score.scaled', 1.01],
  ['XAPI-00083', 'result.score.scaled', -1.01],
  ['XAPI-00083', 'result.score.scaled', '0.5'],
  ['XAPI-00082', 'result.score.raw', 10.5],
  ['XAPI-00082', 'result.score.raw', -1],
  ['XAPI-00082', 'result.score.raw', Number.POSITIVE_INFINITY],
  ['XAPI-00081', 'result.score', { min: 10, max: 10 }, 'result.score.min'],
  ['XAPI-00080', 'result.score.max', '10'],

  ['XAPI-00086', 'context', 'x'],
  ['XAPI-00010', 'context.course', 'x'],
  ['XAPI-00087-1', 'context.registration', 'one'],
  ['XAPI-00087-2', 'context.instructor', 'Ana'],
  ['XAPI-00034', 'context.instructor', {}],
  ['XAPI-00088', 'context.team', 'Blue'],
  ['XAPI-00032', 'context.team', ANA, 'context.team.objectType'],
  ['XAPI-00086', 'context.contextActivities', [{ id: 'x:1' }]],
  ['XAPI-00010', 'context.contextActivities.sibling', { id: 'x:1' }],
  ['XAPI-00094', 'context.contextActivities.parent', 'x:1'],
  ['XAPI-00047', 'context.contextActivities.grouping', {}, 'context.contextActivities.grouping.id'],
  ['XAPI-00046', 'context.contextActivities.parent.0.objectType', 'Agent'],
  ['XAPI-00089', 'context.revision', 3],
  ['XAPI-00090', 'context.platform', {}],
  ['XAPI-00091', 'context.language', 'en_GB'],
  ['XAPI-00092', 'context.statement', UUID],
  ['XAPI-00073', 'context.statement', { id: UUID }, 'context.statement.objectType'],
  ['XAPI-00072', 'context.statement.id', 'x'],
  ['XAPI-00118', 'context.extensions', { __proto: 1 }, 'context.extensions.__proto'],

  ['XAPI-00022', 'timestamp', '2021-02-30T00:00:00Z'],
  ['XAPI-00022', 'timestamp', '2025-03-01T09:30:00-00:00'],
  ['XAPI-00022', 'timestamp', 1740821400123],
  ['XAPI-00023', 'stored', 'now'],
  ['XAPI-00101', 'version', '1.1.0'],
  ['XAPI-00101', 'version', 1],
  ['XAPI-00024', 'authority', 'me'],
  ['XAPI-00024', 'authority', { objectType: 'Robot', ...ANA }, 'authority.objectType'],
  ['XAPI-00034', 'authority', {}],
  ['XAPI-00098', 'authority', { objectType: 'Group', member: [ANA] }, 'authority.member'],
  ['XAPI-00098', 'authority', { objectType: 'Group', member: [ANA, BEN, ANA] }, 'authority.member'],
  ['XAPI-00098', 'authority', { objectType: 'Group', ...ANA, member: [ANA, BEN] }],

  ['XAPI-00025', 'attachments', {}],
  ['XAPI-00025', 'attachments.0', 'a file'],
  ['XAPI-00107', 'attachments.0.usageType', undefined],
  ['XAPI-00107', 'attachments.0.usageType', 'essay'],
  ['XAPI-00106', 'attachments.0.display', undefined],
  ['XAPI-00106', 'attachments.0.display', 'Essay'],
  ['XAPI-00121', 'attachments.0.description', 'Essay'],
  ['XAPI-00105', 'attachments.0.contentType', undefined],
  ['XAPI-00105', 'attachments.0.contentType', 'text'],
  ['XAPI-00102', 'attachments.0.length', undefined],
  ['XAPI-00102', 'attachments.0.length', '12'],
  ['XAPI-00102', 'attachments.0.length', 1.5],
  ['XAPI-00102', 'attachments.0.length', -1],
  ['XAPI-00103', 'attachments.0.sha2', undefined],
  ['XAPI-00103', 'attachments.0.sha2', 'abc'],
  ['XAPI-00104', 'attachments.0.fileUrl', 'files/1'],
  ['XAPI-00010', 'attachments.0.name', 'x'],
  ['XAPI-00115', 'attachments.0.usageType', SIGNATURE, 'attachments[0].contentType'],
]

/** `attachments.0.sha2` as a JSON path. */
function jsonPath(path: string): string {
  return `$.${path.replace(/\.(\d+)/g, '[$1]')}`
}

describe('invalid statements', () => {
  it.each(REJECTED)('%s: %s may not become %j', (requirement, path, value, where) => {
    const found = checkStatement(changed(FULL, path, value), '1.0.3')
    expect(found).toContainEqual({ path: jsonPath(where ?? path), message: expect.any(String), requirement })
    expect(checkStatement(changed(FULL, path, value), '2.0.0').length).toBeGreaterThan(0)
  })

  it.each([null, undefined, [], 'x', 7, true])('%j is no statement (XAPI-00014)', (value) => {
    expect(checkStatement(value, '1.0.3')).toHaveLength(1)
  })

  it('an own __proto__ member is no way around the table (xapi.md §6.3, 6)', () => {
    const text = JSON.stringify(SIMPLE).replace('"actor"', '"__proto__"')
    const found = checkStatement(JSON.parse(text), '1.0.3')
    expect(found.map(({ path }) => path)).toEqual(['$.__proto__', '$.actor'])
    const keyed = JSON.parse('{"__proto__":1}')
    expect(checkStatement({ ...SIMPLE, context: { extensions: keyed } }, '1.0.3')).toMatchObject([
      { path: '$.context.extensions.__proto__', requirement: 'XAPI-00118' },
    ])
  })

  it('names the place below the path it is given', () => {
    expect(checkStatement({ ...SIMPLE, verb: { id: 'x' } }, '1.0.3', '$[3]')).toMatchObject([
      { path: '$[3].verb.id' },
    ])
  })

  it('stops at 20 violations, and cuts hostile names', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 1]))
    expect(checkStatement({ ...SIMPLE, ...many }, '1.0.3')).toHaveLength(20)
    const [long] = checkStatement({ ...SIMPLE, ['x'.repeat(100_000)]: 1 }, '1.0.3')
    expect(JSON.stringify(long).length).toBeLessThan(300)
  })

  it('reports several faults at once', () => {
    const found = checkStatement({ ...FULL, id: 'x', actor: {}, result: { success: 1 } }, '1.0.3')
    expect(found.map(({ requirement }) => requirement)).toEqual(['XAPI-00027', 'XAPI-00034', 'XAPI-00074'])
  })
})

describe('revision and platform', () => {
  const objects: readonly [string, object][] = [
    ['an Agent', { objectType: 'Agent', ...BEN }],
    ['a Group', GROUP],
    ['a StatementRef', { objectType: 'StatementRef', id: UUID }],
    ['a SubStatement', SUB],
  ]
  it.each(objects)('are refused when the object is %s (XAPI-00084, XAPI-00085)', (_, object) => {
    const found = checkStatement({ ...SIMPLE, object, context: { revision: '1', platform: 'x' } }, '1.0.3')
    expect(found.map(({ path, requirement }) => [path, requirement])).toEqual([
      ['$.context.revision', 'XAPI-00084'],
      ['$.context.platform', 'XAPI-00085'],
    ])
  })

  it('are held against the object of a SubStatement inside it (XAPI-00084)', () => {
    const sub = { ...SUB, object: { objectType: 'Agent', ...ANA }, context: { revision: '1' } }
    expect(checkStatement({ ...SIMPLE, object: sub }, '1.0.3')).toMatchObject([
      { path: '$.object.context.revision', requirement: 'XAPI-00084' },
    ])
  })
})

describe('SubStatements', () => {
  it.each([
    ['XAPI-00067', 'authority', ANA],
    ['XAPI-00068', 'version', '1.0.3'],
    ['XAPI-00069', 'stored', '2025-03-01T09:30:00Z'],
    ['XAPI-00070', 'id', UUID],
    ['XAPI-00003', 'actor', undefined],
    ['XAPI-00004', 'verb', undefined],
    ['XAPI-00066', 'object', undefined],
    ['XAPI-00071', 'object', SUB],
    ['XAPI-00022', 'timestamp', 'noon'],
    ['XAPI-00010', 'more', 1],
  ])('%s: %s may not become %j', (requirement, member, value) => {
    const found = checkStatement(changed(WITH_SUB, `object.${member}`, value), '1.0.3')
    expect(found).toContainEqual({ path: `$.object.${member}`, message: expect.any(String), requirement })
  })
})

describe('voiding statements (XAPI-00017)', () => {
  it('need a StatementRef', () => {
    const voiding = { ...SIMPLE, verb: { id: VOIDED } }
    expect(checkStatement(voiding, '1.0.3')).toMatchObject([
      { path: '$.object.objectType', requirement: 'XAPI-00017' },
    ])
    const reference = { objectType: 'StatementRef', id: OTHER_UUID }
    expect(checkStatement({ ...voiding, object: reference }, '1.0.3')).toEqual([])
  })
})

describe('contextAgents and contextGroups (2.0.0 §4.2.2.5)', () => {
  const one = { objectType: 'contextAgent', agent: ANA, relevantTypes: ['x:teacher'] }
  const two = { objectType: 'contextGroup', group: GROUP }

  it('are unknown in 1.0.3 and taken in 2.0.0, in SubStatements too (xapi.md §5 row 16)', () => {
    const context = { contextAgents: [one], contextGroups: [two] }
    for (const valid of [
      { ...SIMPLE, context },
      { ...SIMPLE, object: { ...SUB, context } },
    ]) {
      expect(checkStatement(valid, '2.0.0')).toEqual([])
      expect(checkStatement(valid, '1.0.3').map(({ requirement }) => requirement)).toEqual([
        'XAPI-00010',
        'XAPI-00010',
      ])
    }
  })

  it.each([
    ['contextAgents', one],
    ['contextAgents', ['Ana']],
    ['contextAgents', [{ agent: ANA }]],
    ['contextAgents', [{ ...one, objectType: 'contextagent' }]],
    ['contextAgents', [{ ...one, agent: GROUP }]],
    ['contextAgents', [{ objectType: 'contextAgent' }]],
    ['contextAgents', [{ ...one, relevantTypes: [] }]],
    ['contextAgents', [{ ...one, relevantTypes: ['teacher'] }]],
    ['contextAgents', [{ ...one, role: 'teacher' }]],
    ['contextGroups', [{ ...two, objectType: 'contextAgent' }]],
    ['contextGroups', [{ ...two, group: ANA }]],
    ['contextGroups', [{ objectType: 'contextGroup' }]],
    ['contextGroups', [{ ...two, relevantTypes: [] }]],
  ])('%s may not be %j', (member, value) => {
    const found = checkStatement({ ...SIMPLE, context: { [member]: value } }, '2.0.0')
    expect(found.length).toBeGreaterThan(0)
    expect(found[0]?.path.startsWith(`$.context.${member}`)).toBe(true)
  })
})

describe('the basic form of ISO 8601 (XAPI-00123)', () => {
  it('is a timestamp in 1.0.3 only', () => {
    const basic = { ...SIMPLE, timestamp: '20250301T093000Z' }
    expect(checkStatement(basic, '1.0.3')).toEqual([])
    expect(checkStatement(basic, '2.0.0')).toMatchObject([{ path: '$.timestamp', requirement: 'XAPI-00022' }])
  })
})

describe('actors by themselves', () => {
  it('checkAgent takes Agents only, checkActor Groups too', () => {
    expect(checkAgent(ANA)).toEqual([])
    expect(checkAgent(GROUP)).not.toEqual([])
    expect(checkActor(GROUP)).toEqual([])
    expect(checkActor({ mbox: 'x' }, '?agent')).toMatchObject([
      { path: '?agent.mbox', requirement: 'XAPI-00038' },
    ])
    expect(checkAgent(null)).toMatchObject([{ path: '$', requirement: 'XAPI-00001' }])
  })
})
