import { describe, expect, it } from 'vitest'
import { activityText, mergedDefinition } from '../../src/xapi/activity.ts'
import { descriptionsIn } from '../../src/xapi/description.ts'
import type { Statement } from '../../src/xapi/types.ts'

const merged = (...newestFirst: object[]): unknown =>
  JSON.parse(mergedDefinition(newestFirst.map((one) => JSON.stringify(one))))

describe('the definition of an Activity merged from all its statements', () => {
  it('is the only one there is, as it was written', () => {
    expect(mergedDefinition(['{ "type" : "http://a.example/t" }'])).toBe('{ "type" : "http://a.example/t" }')
  })

  it('unites names, descriptions and extensions entry by entry; the newest wins', () => {
    expect(
      merged(
        { name: { en: 'New' }, extensions: { 'http://e.example/1': 1 } },
        {
          name: { en: 'Old', de: 'Alt' },
          description: { fr: 'Vieux' },
          extensions: { 'http://e.example/2': 2 },
        },
      ),
    ).toEqual({
      name: { en: 'New', de: 'Alt' },
      description: { fr: 'Vieux' },
      extensions: { 'http://e.example/1': 1, 'http://e.example/2': 2 },
    })
  })

  it('takes every other member from the newest that has it', () => {
    expect(
      merged(
        { type: 'http://t.example/new' },
        { type: 'http://t.example/old', moreInfo: 'http://m.example' },
      ),
    ).toEqual({
      type: 'http://t.example/new',
      moreInfo: 'http://m.example',
    })
  })

  it('never mixes the parts of interactions of two types', () => {
    const choice = { interactionType: 'choice', choices: [{ id: 'a' }], correctResponsesPattern: ['a'] }
    expect(merged({ interactionType: 'true-false', correctResponsesPattern: ['true'] }, choice)).toEqual({
      interactionType: 'true-false',
      correctResponsesPattern: ['true'],
    })
    expect(merged({ interactionType: 'choice' }, choice)).toEqual(choice)
    expect(merged({ name: { en: 'No type' } }, choice)).toEqual({ ...choice, name: { en: 'No type' } })
  })

  it('ruling 26: keeps every digit of numbers in extensions', () => {
    const text = mergedDefinition([
      '{"extensions":{"http://e.example/1":12345678901234567890.10}}',
      '{"type":"http://t.example"}',
    ])
    expect(text).toContain('12345678901234567890.10')
  })

  it('is left out of an Activity of which nothing but the id is known', () => {
    expect(activityText('http://a.example/"x"', null)).toBe(
      '{"objectType":"Activity","id":"http://a.example/\\"x\\""}',
    )
    expect(JSON.parse(activityText('http://a.example', '{"type":"http://t.example"}'))).toEqual({
      objectType: 'Activity',
      id: 'http://a.example',
      definition: { type: 'http://t.example' },
    })
  })
})

const activity = (id: string, definition?: object) => ({ id, ...(definition && { definition }) })
const described = (statement: object, raw = JSON.stringify(statement)) =>
  descriptionsIn(statement as Statement, raw).map(({ kind, subject, text }) => [kind, subject, text])

describe('what a statement describes', () => {
  const actor = { mbox: 'mailto:Ana@EXAMPLE.org', name: 'Ana' }
  const verb = { id: 'http://v.example/did' }

  it('is each Activity it mentions: object, all four contexts, and the same in a SubStatement', () => {
    const named = (name: string) => activity(`http://a.example/${name}`, { type: `http://t.example/${name}` })
    const context = (prefix: string) => ({
      contextActivities: {
        other: [named(`${prefix}other`)],
        parent: named(`${prefix}parent`),
        category: [activity('http://a.example/bare')],
        grouping: [named(`${prefix}g1`), named(`${prefix}g2`)],
      },
    })
    const sub = { objectType: 'SubStatement', actor, verb, object: named('inner'), context: context('s') }
    const found = described({ actor, verb, object: sub, context: context('') }).filter(
      ([kind]) => kind === 'activity',
    )
    expect(found.map(([, subject]) => subject).sort()).toEqual(
      ['g1', 'g2', 'inner', 'other', 'parent', 'sg1', 'sg2', 'sother', 'sparent'].map(
        (one) => `http://a.example/${one}`,
      ),
    )
    for (const [, subject, text] of found)
      expect(JSON.parse(text as string).type).toBe(subject?.replace('//a.', '//t.'))
  })

  it('ruling 26: is the text as received where extensions can hold numbers, whatever the order of members', () => {
    const raw = `{"context":{"contextActivities":{"other":{"definition":{"extensions":{"http://e.example":1.10}},"id":"http://a.example/o"},
      "parent":[{"id":"http://a.example/p","definition":{"extensions":{"http://e.example":1e400}}}]}},
      "object":{"definition":{"type":"http://t.example"},"id":"http://a.example/x"},"verb":{"id":"http://v.example"},"actor":{"mbox":"mailto:a@b.example"}}`
    expect(described(JSON.parse(raw), raw)).toEqual([
      ['activity', 'http://a.example/x', '{"type":"http://t.example"}'],
      ['activity', 'http://a.example/p', '{"extensions":{"http://e.example":1e400}}'],
      ['activity', 'http://a.example/o', '{"extensions":{"http://e.example":1.10}}'],
    ])
  })

  it('is each named Agent and Group with an identifier, by its canonical one', () => {
    const team = {
      objectType: 'Group',
      name: 'Team',
      mbox: 'mailto:t@b.example',
      member: [{ mbox: 'mailto:m@b.example', name: 'M' }],
    }
    const object = {
      objectType: 'Agent',
      name: 'O',
      account: { homePage: 'https://LMS.example/', name: 'o' },
    }
    const anonymous = { objectType: 'Group', name: 'Nobody', member: [{ mbox: 'mailto:n@b.example' }] }
    expect(described({ actor, verb, object, context: { team, instructor: anonymous } })).toEqual([
      ['agent', 'mbox:mailto:Ana@example.org', 'Ana'],
      ['agent', 'account:https://lms.example|o', 'O'],
      ['agent', 'mbox:mailto:t@b.example', 'Team'],
      ['agent', 'mbox:mailto:m@b.example', 'M'],
    ])
  })

  it('says the same thing once, and an id written in two ways is one Activity', () => {
    const same = { type: 'http://t.example' }
    const object = activity('HTTP://A.example/x', same)
    const context = { contextActivities: { parent: [activity('http://a.example/./x', same)] } }
    expect(described({ actor: { mbox: 'mailto:a@b.example' }, verb, object, context })).toEqual([
      ['activity', 'http://a.example/x', JSON.stringify(same)],
    ])
  })
})
