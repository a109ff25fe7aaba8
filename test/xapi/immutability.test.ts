import { describe, expect, it } from 'vitest'
import { instantOf } from '../../src/xapi/formats.ts'
import { isSameStatement } from '../../src/xapi/immutability.ts'
import type { Statement, Version } from '../../src/xapi/types.ts'
import { fc, statement } from './arbitraries.ts'
import { changed, FULL, OTHER_UUID, SIMPLE, SUB, UUID } from './sample.ts'

const STORED = Date.parse('2025-03-01T10:00:00.500Z')

function isSame(stored: object, incoming: object, version: Version = '1.0.3'): boolean {
  const known = stored as Statement
  const timestamp = known.timestamp === undefined ? STORED : instantOf(known.timestamp)
  return isSameStatement({ statement: known, timestamp }, incoming as Statement, version)
}

const WITH_SUB = {
  ...SIMPLE,
  object: {
    ...SUB,
    object: { objectType: 'Activity', id: 'x:1', definition: { name: { en: 'One' } } },
    context: { contextActivities: { parent: { id: 'x:0', definition: { name: { en: 'Nought' } } } } },
    result: { duration: 'PT1.239S' },
    timestamp: '2025-03-01T09:00:00+01:00',
  },
}

/** what is changed, base, path, value */
type Change = readonly [string, object, string, unknown]

const SAME: readonly Change[] = [
  ['id in upper case', FULL, 'id', UUID.toUpperCase()],
  ['no id', FULL, 'id', undefined],
  ['another verb display', FULL, 'verb.display', { fr: 'répondu' }],
  ['no verb display', FULL, 'verb.display', undefined],
  ['another definition', FULL, 'object.definition', { name: { fr: 'Deux' } }],
  ['no definition', FULL, 'object.definition', undefined],
  [
    'a definition of a context activity',
    FULL,
    'context.contextActivities.parent.0.definition',
    { name: { en: 'Quiz' } },
  ],
  ['a definition in a SubStatement', WITH_SUB, 'object.object.definition', undefined],
  [
    'a definition in a SubStatement context',
    WITH_SUB,
    'object.context.contextActivities.parent',
    [{ id: 'x:0' }],
  ],
  ['another attachment display', FULL, 'attachments.0.display', { fr: 'Essai' }],
  ['no attachment description', FULL, 'attachments.0.description', undefined],
  ['a hash in upper case', FULL, 'attachments.0.sha2', FULL.attachments[0]?.sha2.toUpperCase()],
  ['another stored', FULL, 'stored', '2020-01-01T00:00:00Z'],
  ['another authority', FULL, 'authority', { mbox: 'mailto:x@example.org' }],
  ['another version', FULL, 'version', '1.0'],
  ['a timestamp in another zone', FULL, 'timestamp', '2025-03-01T10:30:00.123+01:00'],
  ['a timestamp with more zeros', FULL, 'timestamp', '2025-03-01T09:30:00.1230000Z'],
  ['a mail domain in upper case', FULL, 'actor.mbox', 'mailto:ana@EXAMPLE.org'],
  ['no objectType of an Agent', FULL, 'actor.objectType', undefined],
  ['no objectType of an Activity', FULL, 'object.objectType', undefined],
  ['an objectType of a context activity', FULL, 'context.contextActivities.parent.0.objectType', 'Activity'],
  [
    'a list of the one context activity',
    FULL,
    'context.contextActivities.grouping',
    [FULL.context.contextActivities.grouping],
  ],
  [
    'one context activity for the list',
    FULL,
    'context.contextActivities.parent',
    { id: 'https://lms.example.org/quiz/7' },
  ],
  ['a registration in upper case', FULL, 'context.registration', OTHER_UUID.toUpperCase()],
  ['a referenced id in upper case', FULL, 'context.statement.id', UUID.toUpperCase()],
  ['a number written otherwise', FULL, 'result.score.raw', JSON.parse('5.0e0')],
  [
    'an extension with other member order',
    FULL,
    'result.extensions',
    {
      'https://lms.example.org/ext/tries': { last: null, count: 2 },
    },
  ],
  ['a SubStatement timestamp in another zone', WITH_SUB, 'object.timestamp', '2025-03-01T08:00:00Z'],
]

const DIFFERENT: readonly Change[] = [
  ['another actor', FULL, 'actor.mbox', 'mailto:ben@example.org'],
  ['a local part in another case', FULL, 'actor.mbox', 'mailto:Ana@example.org'],
  ['another name', FULL, 'actor.name', 'Anna'],
  ['another verb', FULL, 'verb.id', 'x:2'],
  ['another object', FULL, 'object.id', 'x:2'],
  ['an Agent for an Activity', FULL, 'object', { objectType: 'Agent', mbox: 'mailto:a@example.org' }],
  ['another number', FULL, 'result.score.raw', 6],
  ['no success', FULL, 'result.success', undefined],
  ['no result', FULL, 'result', undefined],
  ['a duration of equal length', FULL, 'result.duration', 'PT90.25S'],
  ['another registration', FULL, 'context.registration', UUID],
  ['no context', FULL, 'context', undefined],
  ['another context activity', FULL, 'context.contextActivities.parent.0.id', 'x:3'],
  ['one context activity more', FULL, 'context.contextActivities.category', [{ id: 'x:3' }]],
  ['another platform', FULL, 'context.platform', 'example LMS'],
  ['another language', FULL, 'context.language', 'en-gb'],
  ['an extension value', FULL, 'context.extensions', { 'https://lms.example.org/ext/session': 17 }],
  [
    'a deep extension value',
    FULL,
    'result.extensions',
    { 'https://lms.example.org/ext/tries': { count: 3, last: null } },
  ],
  [
    'an extension with null for absent',
    FULL,
    'result.extensions',
    { 'https://lms.example.org/ext/tries': { count: 2 } },
  ],
  ['another attachment', FULL, 'attachments.0.sha2', 'b'.repeat(64)],
  ['another fileUrl', FULL, 'attachments.0.fileUrl', 'x:2'],
  ['no attachments', FULL, 'attachments', []],
  ['a timestamp 1 ms later', FULL, 'timestamp', '2025-03-01T09:30:00.124Z'],
  ['a timestamp 1 µs later', FULL, 'timestamp', '2025-03-01T09:30:00.123001Z'],
  ['no timestamp where there was one', FULL, 'timestamp', undefined],
  ['another SubStatement timestamp', WITH_SUB, 'object.timestamp', '2025-03-01T09:00:00Z'],
  ['another SubStatement verb', WITH_SUB, 'object.verb.id', 'x:2'],
  ['another team', FULL, 'context.team.member', [{ mbox: 'mailto:a@example.org' }]],
]

describe('isSameStatement (xapi.md §6.3, 1–2 and 4)', () => {
  it.each(SAME)('%s is the same statement', (_, base, path, value) => {
    expect(isSame(base, changed(base, path, value))).toBe(true)
  })

  it.each(DIFFERENT)('%s is another statement', (_, base, path, value) => {
    expect(isSame(base, changed(base, path, value), '1.0.3')).toBe(false)
    expect(isSame(base, changed(base, path, value), '2.0.0')).toBe(false)
    expect(isSame(changed(base, path, value), base)).toBe(false)
  })

  it('ignores the order of members', () => {
    const reversed = Object.fromEntries(Object.entries(FULL).reverse())
    expect(isSame(FULL, reversed)).toBe(true)
  })

  it('takes the members of a Group as a set (1.0.3 Data §2.4.2.2)', () => {
    const a = { account: { homePage: 'x:a', name: '1' }, name: 'A' }
    const b = { objectType: 'Agent', mbox: 'mailto:b@Example.org' }
    const group = (member: object[]) => ({ ...SIMPLE, actor: { objectType: 'Group', member } })
    const turned = { name: 'A', account: { name: '1', homePage: 'x:a' } }
    expect(isSame(group([a, b]), group([{ mbox: 'mailto:b@example.org' }, turned]))).toBe(true)
    expect(isSame(group([a, b]), group([a]))).toBe(false)
    expect(isSame(group([a, b]), group([a, a]))).toBe(false)
  })

  it('treats contextAgents and contextGroups like other actors', () => {
    const of = (domain: string, type: string) => ({
      ...SIMPLE,
      context: {
        contextAgents: [
          { objectType: 'contextAgent', agent: { mbox: `mailto:a@${domain}` }, relevantTypes: [type] },
        ],
        contextGroups: [
          { objectType: 'contextGroup', group: { objectType: 'Group', mbox: `mailto:a@${domain}` } },
        ],
      },
    })
    expect(isSame(of('x.org', 'x:1'), of('X.org', 'x:1'), '2.0.0')).toBe(true)
    expect(isSame(of('x.org', 'x:1'), of('x.org', 'x:2'), '2.0.0')).toBe(false)
  })

  describe('a statement stored without timestamp', () => {
    it('is the same without one, and with the one it was given', () => {
      expect(isSame(SIMPLE, SIMPLE)).toBe(true)
      expect(isSame(SIMPLE, { ...SIMPLE, timestamp: '2025-03-01T11:00:00.5+01:00' })).toBe(true)
    })
    it('is another with another time', () => {
      expect(isSame(SIMPLE, { ...SIMPLE, timestamp: '2025-03-01T10:00:00.501Z' })).toBe(false)
      expect(isSame(SIMPLE, { ...SIMPLE, timestamp: '2025-03-01T10:00:00.5001Z' })).toBe(false)
    })
  })

  it.each([
    ['PT1.239S', 'PT1.23S', true],
    ['PT1.2S', 'PT1.20S', true],
    ['PT1.001S', 'PT1S', true],
    ['PT1.23S', 'PT1.24S', false],
    ['PT1.23S', 'PT1.33S', false],
    ['PT60S', 'PT1M', false],
    ['PT1.5H', 'PT1.50H', false],
  ])(
    'durations %s and %s: equal in 2.0.0 is %s, in 1.0.3 only the same text is (xapi.md §5 row 17)',
    (a, b, equal) => {
      const of = (duration: string) => ({ ...SIMPLE, result: { duration } })
      const inside = (duration: string) => changed(WITH_SUB, 'object.result.duration', duration)
      expect(isSame(of(a), of(b), '2.0.0')).toBe(equal)
      expect(isSame(inside(a), inside(b), '2.0.0')).toBe(equal)
      expect(isSame(of(a), of(b), '1.0.3')).toBe(false)
      expect(isSame(of(a), of(a), '1.0.3')).toBe(true)
    },
  )

  it('does not recurse: 100,000 levels of an extension compare', () => {
    const deep = (leaf: number): unknown => {
      let value: unknown = leaf
      for (let level = 0; level < 100_000; level += 1) value = [value]
      return { ...SIMPLE, context: { extensions: { 'x:deep': value } } }
    }
    expect(isSame(deep(1) as object, deep(1) as object)).toBe(true)
    expect(isSame(deep(1) as object, deep(2) as object)).toBe(false)
  })

  it('tells an array from an object and a member from its absence', () => {
    const of = (value: unknown) => ({ ...SIMPLE, context: { extensions: { 'x:1': value } } })
    expect(isSame(of([1]), of({ 0: 1 }))).toBe(false)
    expect(isSame(of({ a: 1 }), of({ b: 1 }))).toBe(false)
    expect(isSame(of([1, 2]), of([2, 1]))).toBe(false)
    expect(isSame(of({}), of(null))).toBe(false)
  })

  it('any statement is itself, in both versions, also after a trip through JSON', () => {
    fc.assert(
      fc.property(statement, (one) => {
        const again = JSON.parse(JSON.stringify(one))
        expect(isSame(one, again, '1.0.3')).toBe(true)
        expect(isSame(one, again, '2.0.0')).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
