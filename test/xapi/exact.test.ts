import { describe, expect, it } from 'vitest'
import { exactText } from '../../src/xapi/exact.ts'
import { fc, statement } from './arbitraries.ts'
import { UUID } from './sample.ts'

const SET = {
  id: UUID,
  stored: Date.parse('2025-03-01T10:00:00.5Z'),
  authority: '{"openid":"x:key"}',
  version: '1.0.0',
}
const TIME = '"2025-03-01T10:00:00.500Z"'

function exact(raw: string): string {
  return exactText({ ...SET, raw })
}

describe('exactText (ruling 26)', () => {
  it('adds what is missing after the last member, and touches nothing else', () => {
    const raw = ' { "actor" : {"openid":"x:a"},\n\t"verb":{"id":"x:v"} ,"object":{"id":"x:\\u006f"}\r\n } '
    expect(exact(raw)).toBe(
      ' { "actor" : {"openid":"x:a"},\n\t"verb":{"id":"x:v"} ,"object":{"id":"x:\\u006f"}' +
        `,"id":"${UUID}","timestamp":${TIME},"stored":${TIME},"authority":{"openid":"x:key"},"version":"1.0.0"\r\n } `,
    )
  })

  it('keeps id and timestamp as sent, and replaces stored, authority and version in their places', () => {
    const raw =
      `{"id":"${UUID.toUpperCase()}","stored": "2020-01-01T00:00:00Z" ,"timestamp":"2025-03-01T10:00:00+01",` +
      '"authority":{"mbox":"mailto:x@y.z","name":"}"},"version":"1.0","verb":1}'
    expect(exact(raw)).toBe(
      `{"id":"${UUID.toUpperCase()}","stored": ${TIME} ,"timestamp":"2025-03-01T10:00:00+01",` +
        '"authority":{"openid":"x:key"},"version":"1.0.0","verb":1}',
    )
  })

  it('finds a member by its name, however it is written', () => {
    expect(exact('{"\\u0069d":"a","a":"\\"stored\\":1"}')).toBe(
      `{"\\u0069d":"a","a":"\\"stored\\":1","timestamp":${TIME},"stored":${TIME},"authority":{"openid":"x:key"},"version":"1.0.0"}`,
    )
  })

  it.each(['1.0', '1E400', '-0', '12345678901234567890.123456789', '0.1e-7', '1.10'])(
    'keeps %s digit by digit (XAPI-00002)',
    (number) => {
      expect(
        exact(`{"result":{"score":{"raw":${number}}},"context":{"extensions":{"x:1":[${number} ]}}}`),
      ).toContain(`{"result":{"score":{"raw":${number}}},"context":{"extensions":{"x:1":[${number} ]}},`)
    },
  )

  it('puts single context activities into lists, the only other change (XAPI-00096)', () => {
    const raw =
      '{"context":{"contextActivities":{"parent": {"id":"x:1"} ,"grouping":[{"id":"x:2"}],"other":{"id":"x:]"}}}}'
    expect(exact(raw)).toContain(
      '{"context":{"contextActivities":{"parent": [{"id":"x:1"}] ,"grouping":[{"id":"x:2"}],"other":[{"id":"x:]"}]}},',
    )
  })

  it('does so in a SubStatement as well, and not in extensions', () => {
    const context =
      '{"contextActivities":{"category":{"id":"x:1"}},"extensions":{"x:e":{"contextActivities":{"parent":{}}}}}'
    const raw = `{"object":{"objectType":"SubStatement","context":${context}},"context":${context}}`
    const wrapped = context.replace('{"id":"x:1"}', '[{"id":"x:1"}]')
    expect(exact(raw)).toContain(
      `{"object":{"objectType":"SubStatement","context":${wrapped}},"context":${wrapped},`,
    )
  })

  it('is valid JSON that says the same, for any statement', () => {
    fc.assert(
      fc.property(statement, fc.constantFrom('', ' ', '\n'), (one, space) => {
        const shown = JSON.parse(exact(JSON.stringify(one, null, space)))
        expect(shown).toMatchObject({ id: UUID, stored: JSON.parse(TIME), version: '1.0.0', verb: one.verb })
        expect(shown.actor).toEqual(one.actor)
        for (const list of Object.values(shown.context?.contextActivities ?? {}))
          expect(Array.isArray(list)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
