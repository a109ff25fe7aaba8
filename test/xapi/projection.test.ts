import { describe, expect, it } from 'vitest'
import { languageChoice } from '../../src/xapi/accept-language.ts'
import { checkStatement } from '../../src/xapi/check-statement.ts'
import { exactText } from '../../src/xapi/exact.ts'
import { canonicalText, idsText } from '../../src/xapi/projection.ts'
import { fc, statement } from './arbitraries.ts'
import { changed, FULL, OTHER_UUID, SIMPLE, SUB, UUID } from './sample.ts'

const SET = { id: UUID, stored: 0, authority: '{"name":"Key","openid":"x:key"}', version: '1.0.3' }

function exact(one: object): string {
  return exactText({ ...SET, raw: JSON.stringify(one) })
}

function ids(one: object) {
  return JSON.parse(idsText(exact(one)))
}

function canonical(one: object, language?: string) {
  return JSON.parse(canonicalText(exact(one), language))
}

describe('idsText (XAPI-00171)', () => {
  it('leaves identifiers of actor, verb, object, authority and context, and everything else', () => {
    const shown = ids(FULL)
    expect(shown).toEqual({
      ...FULL,
      stored: '1970-01-01T00:00:00.000Z',
      actor: { objectType: 'Agent', mbox: 'mailto:ana@example.org' },
      verb: { id: FULL.verb.id },
      object: { id: FULL.object.id },
      authority: { openid: 'x:key' },
      context: {
        ...FULL.context,
        team: { objectType: 'Group', member: FULL.context.team.member },
        contextActivities: {
          parent: [{ id: 'https://lms.example.org/quiz/7' }],
          grouping: [{ id: 'https://lms.example.org/course/1' }],
        },
      },
    })
  })

  it('leaves of an Activity the id alone, not even the objectType (xapi.md §4.4)', () => {
    const activity = { objectType: 'Activity', id: 'x:1', definition: { name: { en: 'One' } } }
    const shown = ids({ ...SIMPLE, object: activity, context: { contextActivities: { parent: activity } } })
    expect(shown.object).toEqual({ id: 'x:1' })
    expect(shown.context.contextActivities.parent).toEqual([{ id: 'x:1' }])
  })

  it('leaves of an identified Group its identifier, of an anonymous one those of its members (xapi.md §6.3, 17)', () => {
    const member = [
      { name: 'Ana', mbox: 'mailto:a@x.org' },
      { objectType: 'Agent', account: { homePage: 'x:h', name: 'b' }, name: 'Ben' },
    ]
    expect(
      ids({ ...SIMPLE, actor: { objectType: 'Group', name: 'Blue', openid: 'x:g', member } }).actor,
    ).toEqual({
      objectType: 'Group',
      openid: 'x:g',
    })
    expect(ids({ ...SIMPLE, object: { name: 'Blue', member, objectType: 'Group' } }).object).toEqual({
      objectType: 'Group',
      member: [{ mbox: 'mailto:a@x.org' }, { objectType: 'Agent', account: { homePage: 'x:h', name: 'b' } }],
    })
  })

  it('goes into SubStatements and the actors of 2.0.0', () => {
    const named = { mbox: 'mailto:a@x.org', name: 'Ana' }
    const context = {
      instructor: named,
      contextAgents: [{ objectType: 'contextAgent', agent: named, relevantTypes: ['x:t'] }],
      contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', member: [named] } }],
    }
    const shown = ids({
      ...SIMPLE,
      object: { ...SUB, actor: named, verb: { id: 'x:v', display: {} }, context },
    })
    const bare = { mbox: 'mailto:a@x.org' }
    expect(shown.object).toEqual({
      ...SUB,
      actor: bare,
      verb: { id: 'x:v' },
      context: {
        instructor: bare,
        contextAgents: [{ objectType: 'contextAgent', agent: bare, relevantTypes: ['x:t'] }],
        contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', member: [bare] } }],
      },
    })
  })

  it('leaves a StatementRef as it is', () => {
    const object = { objectType: 'StatementRef', id: OTHER_UUID }
    expect(ids({ ...SIMPLE, object }).object).toEqual(object)
  })

  it('is a valid statement again, for any statement', () => {
    fc.assert(
      fc.property(statement, (one) => {
        expect(checkStatement(ids(one), '2.0.0')).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('canonicalText (XAPI-00172)', () => {
  it('leaves one language in the maps of verbs and Activities, components included', () => {
    const shown = canonical(FULL, 'de')
    expect(shown.verb.display).toEqual({ de: 'beantwortet' })
    expect(shown.object.definition).toEqual({
      ...FULL.object.definition,
      name: { de: 'Frage 2' },
      description: { de: 'Welche?' },
      choices: [
        { id: 'a', description: { de: 'Rot' } },
        { id: 'b', description: { de: 'Blau' } },
      ],
    })
  })

  it('leaves actors, attachments and all else as exact shows them', () => {
    const { verb: _, object: __, ...rest } = canonical(FULL, 'de')
    const { verb: ___, object: ____, ...expected } = JSON.parse(exact(FULL))
    expect(rest).toEqual(expected)
  })

  it('goes into contextActivities and SubStatements', () => {
    const object = { id: 'x:1', definition: { name: { en: 'One', de: 'Eins' } } }
    const context = { contextActivities: { other: object } }
    const shown = canonical(
      { ...SIMPLE, context, object: { ...SUB, verb: FULL.verb, object, context } },
      'de',
    )
    const reduced = { id: 'x:1', definition: { name: { de: 'Eins' } } }
    expect(shown.context.contextActivities.other).toEqual([reduced])
    expect(shown.object.object).toEqual(reduced)
    expect(shown.object.verb.display).toEqual({ de: 'beantwortet' })
    expect(shown.object.context.contextActivities.other).toEqual([reduced])
  })

  it.each(['scale', 'source', 'target', 'steps'])('goes into %s', (list) => {
    const definition = { [list]: [{ id: 'a', description: { en: 'A', de: 'Ah' } }] }
    expect(canonical({ ...SIMPLE, object: { id: 'x:1', definition } }, 'de').object.definition).toEqual({
      [list]: [{ id: 'a', description: { de: 'Ah' } }],
    })
  })

  it('chooses for each map by itself (xapi.md §6.3, 17)', () => {
    const mixed = changed(FULL, 'object.definition.description', { fr: 'Laquelle ?' })
    const { definition } = canonical(mixed, 'de, fr;q=0.5').object
    expect([definition.name, definition.description]).toEqual([{ de: 'Frage 2' }, { fr: 'Laquelle ?' }])
  })

  it('leaves one language without Accept-Language too, and an empty map empty', () => {
    expect(canonical(FULL).verb.display).toEqual({ 'en-US': 'answered' })
    expect(canonical({ ...SIMPLE, verb: { id: 'x:v', display: {} } }, 'de').verb.display).toEqual({})
  })

  it('leaves alone what looks like a map in extensions', () => {
    const one = changed(FULL, 'context.extensions', { 'x:e': { verb: { display: { en: '1', de: '2' } } } })
    expect(canonical(one, 'de').context.extensions).toEqual({
      'x:e': { verb: { display: { en: '1', de: '2' } } },
    })
  })
})

it('both formats keep every digit (ruling 26)', () => {
  const raw = exact(SIMPLE).replace('"verb"', '"result":{"score":{"raw":1.50e2}},"verb"')
  expect(idsText(raw)).toContain('"result":{"score":{"raw":1.50e2}}')
  expect(canonicalText(raw, 'en')).toContain('"result":{"score":{"raw":1.50e2}}')
})

describe('languageChoice (RFC 9110 §12.5.4)', () => {
  it.each([
    ['en-GB', ['en-US', 'en-GB'], 'en-GB'],
    ['EN-gb', ['en-US', 'en-GB'], 'en-GB'],
    ['en', ['de', 'en-US'], 'en-US'],
    ['en', ['eng', 'en-US'], 'en-US'],
    ['en-AU', ['de', 'en-US', 'en'], 'en'],
    ['de-CH-1901', ['fr', 'de-CH', 'de'], 'de-CH'],
    ['fr;q=0.2, de;q=0.9', ['fr', 'de'], 'de'],
    ['fr, de', ['de', 'fr'], 'fr'],
    ['fr;q=0.2, de', ['fr', 'de'], 'de'],
    ['ja, *;q=0.5', ['de', 'fr'], 'de'],
    ['*', ['de', 'fr'], 'de'],
    ['de;q=0, *', ['de', 'fr'], 'fr'],
    ['ja', ['de', 'und'], 'und'],
    ['ja', ['de', 'UND'], 'UND'],
    ['ja', ['de', 'fr'], 'de'],
    ['ja, de;q=0', ['de-AT', 'fr'], 'fr'],
    ['de;q=0', ['de'], 'de'],
    ['de;q=nonsense, fr', ['de', 'fr'], 'fr'],
    [' , ;q=1', ['de', 'fr'], 'de'],
    [undefined, ['de', 'und'], 'und'],
    ['de', [], null],
  ])('%s of %j is %s', (header, keys, chosen) => {
    expect(languageChoice(header)(keys)).toBe(chosen)
  })
})
