import { describe, expect, it } from 'vitest'
import { elementsOf, membersOf, readJson } from '../../src/xapi/json.ts'
import { fc } from './arbitraries.ts'

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function refusal(input: string | Uint8Array): { path: string; message: string; requirement: string } | null {
  const read = readJson(typeof input === 'string' ? bytes(input) : input)
  return 'violation' in read ? read.violation : null
}

describe('readJson', () => {
  it('gives back text and value', () => {
    expect(readJson(bytes(' {"a":[1.0]} '))).toEqual({ text: ' {"a":[1.0]} ', value: { a: [1] } })
  })

  it('drops a byte order mark (xapi.md §6.3, 6)', () => {
    expect(readJson(new Uint8Array([0xef, 0xbb, 0xbf, 0x5b, 0x5d]))).toEqual({ text: '[]', value: [] })
  })

  it.each([
    ['a bare continuation byte', [0x22, 0x80, 0x22]],
    ['an overlong form', [0x22, 0xc0, 0xaf, 0x22]],
    ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
    ['a text cut in a character', [0x22, 0xe2, 0x82]],
  ])('refuses %s as no UTF-8 (XAPI-00015)', (_, input) => {
    expect(refusal(new Uint8Array(input))).toMatchObject({ path: '$', requirement: 'XAPI-00015' })
  })

  it.each(['', '{', '[1,]', "{'a':1}", '{"a":1}x', 'NaN', '{"a":01}', '"\u0001"', '"never closed \\"'])(
    'refuses %j as no JSON (XAPI-00014)',
    (input) => {
      expect(refusal(input)).toMatchObject({ path: '$', requirement: 'XAPI-00014' })
    },
  )

  it('reads 200 levels and refuses 201 (ruling 36)', () => {
    expect(refusal('['.repeat(200) + ']'.repeat(200))).toBeNull()
    expect(refusal(`${'{"a":'.repeat(200)}1${'}'.repeat(200)}`)).toBeNull()
    expect(refusal('['.repeat(201) + ']'.repeat(201))).toMatchObject({ requirement: 'ruling 36' })
    expect(refusal(`${'{"a":'.repeat(201)}1${'}'.repeat(201)}`)).toMatchObject({ requirement: 'ruling 36' })
  })

  it('refuses a million levels without exhausting the stack (xapi.md §6.3, 6)', () => {
    expect(refusal('['.repeat(1_000_000))).toMatchObject({ requirement: 'ruling 36' })
  })

  it('does not count brackets and colons inside strings', () => {
    const text = JSON.stringify({ a: '['.repeat(500), b: 'x:y:{"c":1,"c":2}\\', '\\': '\\\\"', ':': [] })
    expect(refusal(text)).toBeNull()
  })

  it.each([
    ['{"a":1,"a":1}', '$.a'],
    ['{"a":{"b":1},"c":[{"d":1},{"d":1,"e":2,"d":3}]}', '$.c[1].d'],
    ['{"verb":1,"\\u0076erb":2}', '$.verb'],
    ['[{"__proto__":1,"__proto__":2}]', '$[0].__proto__'],
    ['{"https://x.org/a":[[],{"k":{"y z":1,"y z":[{"a":1}]}}]}', "$['https://x.org/a'][1].k['y z']"],
    ['{"a":{"a":{"a":1}},"b":{"a":1},"a":2}', '$.a'],
  ])('refuses a repeated name in %s (xapi.md §6.3, 6)', (input, path) => {
    expect(refusal(input)).toMatchObject({ path, requirement: 'RFC 8259 §4' })
  })

  it('keeps an own __proto__ member, for validation to refuse, and does not touch prototypes', () => {
    const read = readJson(bytes('{"__proto__":{"mbox":"mailto:a@example.org"}}')) as { value: object }
    expect(Object.keys(read.value)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(read.value)).toBe(Object.prototype)
  })

  it.each([
    ['{"a":["\\ud800"]}', '$.a[0]'],
    ['{"a":"\\udc00\\ud800"}', '$.a'],
    ['{"a":{"\\uDBFF":1}}', "$.a['\\udbff']"],
  ])('refuses a surrogate without partner in %s (xapi.md §6.3, 6)', (input, path) => {
    expect(refusal(input)).toMatchObject({ path, requirement: 'RFC 8259 §8.2' })
  })

  it('takes escaped surrogate pairs and escaped backslashes before a u', () => {
    expect(refusal('{"a":"\\ud83d\\ude00","b":"\\\\ud800"}')).toBeNull()
  })

  it('reads whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = JSON.stringify(value, null, 1)
        expect(readJson(bytes(text))).toEqual({ text, value: JSON.parse(text) })
      }),
      { numRuns: 300 },
    )
  })
})

describe('elementsOf', () => {
  it('cuts out the elements as they are written (ruling 26)', () => {
    const text = ' [ {"a": 1.50, "b]": "\\"]"} ,\n[1,[2]],"x,\\\\", 1e400 , null,true\t] '
    expect(elementsOf(text)).toEqual([
      '{"a": 1.50, "b]": "\\"]"}',
      '[1,[2]]',
      '"x,\\\\"',
      '1e400',
      'null',
      'true',
    ])
  })

  it.each(['[]', ' [ \n ] '])('finds nothing in %j', (text) => {
    expect(elementsOf(text)).toEqual([])
  })

  it('takes 10,000 levels', () => {
    const deep = '['.repeat(10_000) + ']'.repeat(10_000)
    expect(elementsOf(deep)).toEqual([deep.slice(1, -1)])
  })

  it('agrees with JSON.parse on any array', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom('', ' ', '\n\t'), (values, space) => {
        const text = JSON.stringify(values, null, space)
        expect(elementsOf(text).map((raw) => JSON.parse(raw))).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })
})

describe('membersOf', () => {
  it('gives names and offsets', () => {
    const text = ' { "a" : 1.0 ,"\\u0062":{"c":[]}}'
    const found = membersOf(text).map((one) => [
      one.name,
      text.slice(one.nameStart, one.nameEnd),
      text.slice(one.valueStart, one.valueEnd),
    ])
    expect(found).toEqual([
      ['a', '"a"', '1.0'],
      ['b', '"\\u0062"', '{"c":[]}'],
    ])
  })

  it('starts where it is told, with offsets of the whole text', () => {
    const text = '[1,{"a":"x"}]'
    expect(membersOf(text, 3)).toEqual([{ name: 'a', nameStart: 4, nameEnd: 7, valueStart: 8, valueEnd: 11 }])
  })

  it('agrees with JSON.parse on any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (object) => {
        const text = JSON.stringify(object, null, 2)
        const read = membersOf(text).map((one) => [
          one.name,
          JSON.parse(text.slice(one.valueStart, one.valueEnd)),
        ])
        expect(Object.fromEntries(read)).toEqual(JSON.parse(text))
      }),
      { numRuns: 300 },
    )
  })
})
