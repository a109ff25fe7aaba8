import { describe, expect, it } from 'vitest'
import { parseExactly } from '../../src/xapi/exact-numbers.ts'
import { isSameJson } from '../../src/xapi/json-equal.ts'
import { fc } from './arbitraries.ts'

const isSame = (a: string, b: string) => isSameJson(parseExactly(a), parseExactly(b))

describe('numbers compare by value, to the last digit (xapi.md §6.3, 2; ruling 26)', () => {
  it.each([
    ['9007199254740993', '9007199254740992'],
    ['[12345678901234567890]', '[12345678901234567891]'],
    ['{"a":1.00000000000000000001}', '{"a":1}'],
    ['0.1', '0.10000000000000000001'],
    ['1e400', '1e401'],
    ['1e400', '-1e400'],
    ['1e-400', '0'],
    ['1e-400', '1e-401'],
    ['-9007199254740993', '9007199254740993'],
  ])('%s is not %s', (a, b) => {
    expect(isSame(a, b)).toBe(false)
  })

  it.each([
    ['9007199254740993', '9007199254740993.000'],
    ['9007199254740993', '9.007199254740993e15'],
    ['9007199254740993', '0.9007199254740993E+16'],
    ['12345678901234567890', '1234567890123456789e1'],
    ['1.0000000000000000000000', '1'],
    ['100000000000000000000', '1e20'],
    ['0.00000000000000000001', '1e-20'],
    ['1e400', '10e399'],
    ['0e999', '0'],
    ['-0', '0'],
    ['["1.0000000000000000000001"]', '["1.0000000000000000000001"]'],
  ])('%s is %s', (a, b) => {
    expect(isSame(a, b)).toBe(true)
  })

  it('leaves what stands in strings alone', () => {
    const text = '{"12345678901234567890":"9007199254740993 \\" 1e999","x":[1e2,-3.5]}'
    expect(parseExactly(text)).toEqual(JSON.parse(text))
  })

  it('agrees with JSON.parse on whatever a double holds', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const value = JSON.parse(text) as unknown
        return isSameJson(parseExactly(text), parseExactly(JSON.stringify(value)))
      }),
    )
  })

  it('tells integers of any length apart', () => {
    fc.assert(fc.property(fc.bigInt(), fc.bigInt(), (a, b) => isSame(String(a), String(b)) === (a === b)))
  })
})
