/** Group 2 of the acceptance set: what makes two statements under one id the same, to the letter. */
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint } from './endpoint.ts'

const lrs = endpoint()

/** Sends a statement with this JSON in an extension or a result, then with that: the status of the second. */
async function again(
  member: 'extension' | 'duration' | 'raw',
  first: string,
  second: string,
  version = '1.0.3',
) {
  const result = {
    extension: { extensions: { 'https://example.org/x': 'HERE' } },
    duration: { duration: 'HERE' },
    raw: { score: { raw: 'HERE' } },
  }[member]
  const text = JSON.stringify(statement({ result }))
  const [one, other] = [text.replace('"HERE"', () => first), text.replace('"HERE"', () => second)]
  expect((await lrs.post(one, { version })).status).toBe(200)
  return (await lrs.post(other, { version })).status
}

describe.each(['1.0.3', '2.0.0'])('comparison, version %s', (version) => {
  it.each([
    ['{"a":1,"b":2}', '{ "b": 2, "a": 1 }'],
    ['1', '1.0'],
    ['100', '1e2'],
    ['0', '-0.0'],
    ['9007199254740993', '9007199254740993.0'],
    ['"é"', '"\\u00e9"'],
    ['"/"', '"\\/"'],
  ])('takes the extension %s for %s', async (first, second) => {
    expect(await again('extension', first, second, version)).toBe(200)
  })

  it.each([
    ['1', '2'],
    ['1', '"1"'],
    ['[1,2]', '[2,1]'],
    ['null', '{}'],
    ['{"a":null}', '{}'],
    ['"a"', '"A"'],
    ['"é"', '"e\\u0301"'],
    ['9007199254740993', '9007199254740992'],
    ['12345678901234567890', '12345678901234567891'],
    ['0.1', '0.10000000000000000001'],
  ])('does not take the extension %s for %s', async (first, second) => {
    expect(await again('extension', first, second, version)).toBe(409)
  })

  it('takes a score of 1 for 1.0, and not for 1.0000001', async () => {
    expect(await again('raw', '1', '1.0', version)).toBe(200)
    expect(await again('raw', '1', '1.0000001', version)).toBe(409)
  })

  it('does not take the duration PT60S for PT1M', async () => {
    expect(await again('duration', '"PT60S"', '"PT1M"', version)).toBe(409)
  })
})

describe('digits of a duration beyond 0.01 s', () => {
  it.each([
    ['"PT1.239S"', '"PT1.23S"'],
    ['"PT1.2300S"', '"PT1.231S"'],
    ['"P1DT2H3.009S"', '"P1DT2H3.00S"'],
  ])('are ignored in 2.0.0 and compared in 1.0.3: %s and %s (xapi.md §5, 17)', async (first, second) => {
    expect(await again('duration', first, second, '2.0.0')).toBe(200)
    expect(await again('duration', first, second, '1.0.3')).toBe(409)
  })

  it('do not hide a difference within 0.01 s', async () => {
    expect(await again('duration', '"PT1.23S"', '"PT1.24S"', '2.0.0')).toBe(409)
  })
})
