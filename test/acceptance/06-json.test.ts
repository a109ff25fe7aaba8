/** Group 6 of the acceptance set: JSON as it must not be, and numbers as they must stay. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { LEARNER, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json } from './endpoint.ts'

const lrs = endpoint({ ROLLCALL_BODY_LIMIT: '300kb' })
const KEY = 'https://example.org/x'
const textOf = (id: string, over: Json = {}) => JSON.stringify(statement({ id, ...over }))
const withExtension = (id: string, json: string) =>
  textOf(id, { result: { extensions: { [KEY]: 'HERE' } } }).replace('"HERE"', () => json)
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)

/** Bytes as they are: fetch would mend a text. */
const postBytes = (body: Uint8Array<ArrayBuffer>) =>
  fetch(`${lrs.server().url}/xapi/statements`, {
    method: 'POST',
    body,
    headers: {
      Authorization: LEARNER,
      'X-Experience-API-Version': '1.0.3',
      'Content-Type': 'application/json',
    },
  })
const bytesOf = (text: string) => new TextEncoder().encode(text)

describe('refused, and nothing of it is stored:', () => {
  it.each<[string, (id: string) => string, string]>([
    [
      'a member twice in a statement',
      (id) => textOf(id).replace('{', '{"verb":{"id":"https://example.org/v"},'),
      '$.verb',
    ],
    [
      'a member twice, once escaped',
      (id) => textOf(id).replace('{', '{"\\u0076erb":{"id":"https://example.org/v"},'),
      '$.verb',
    ],
    [
      'a member twice deep in an extension',
      (id) => withExtension(id, '{"a":{"b":1,"b":2}}'),
      `$.result.extensions['${KEY}'].a.b`,
    ],
    ['the id twice', (id) => textOf(id).replace('{', `{"id":"${randomUUID()}",`), '$.id'],
    ['201 levels', (id) => withExtension(id, nested(201)), '$'],
    ['a lone high surrogate', (id) => withExtension(id, '"\\ud800"'), `$.result.extensions['${KEY}']`],
    [
      'a lone low surrogate in a key',
      (id) => withExtension(id, '{"\\udc00":1}'),
      `$.result.extensions['${KEY}']['\\udc00']`,
    ],
    ['__proto__ in a statement', (id) => textOf(id).replace('{', '{"__proto__":{"a":1},'), '$.__proto__'],
    [
      '__proto__ as the key of an extension',
      (id) => textOf(id, { result: { extensions: JSON.parse('{"__proto__":1}') } }),
      '$.result.extensions.__proto__',
    ],
    ['a comment', (id) => `/* */${textOf(id)}`, '$'],
    ['a comma too many', (id) => textOf(id).replace(/}$/, ',}'), '$'],
    ['NaN', (id) => withExtension(id, 'NaN'), '$'],
    ['a number with a leading zero', (id) => withExtension(id, '01'), '$'],
    ['two statements one after the other', (id) => textOf(id) + textOf(randomUUID()), '$'],
  ])('%s', async (_name, body, path) => {
    const id = randomUUID()
    await expectRefused(await lrs.post(body(id)), 400, path)
    await expectRefused(await lrs.post(`[${textOf(randomUUID())},${body(id)}]`), 400)
    expect(await lrs.statusOf(id)).toBe(404)
  })

  it('bytes that are no UTF-8', async () => {
    const id = randomUUID()
    const [before = '', after = ''] = withExtension(id, '"SPLIT"').split('SPLIT')
    for (const wrong of [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xed, 0xa0, 0x80],
      [0xc0, 0xaf],
      [0xf5, 0x80, 0x80, 0x80],
    ]) {
      const body = new Uint8Array([...bytesOf(before), ...wrong, ...bytesOf(after)])
      await expectRefused(await postBytes(body), 400, '$')
    }
    expect(await lrs.statusOf(id)).toBe(404)
  })

  it('more bytes than the limit: 413', async () => {
    const id = randomUUID()
    await expectRefused(await lrs.post(withExtension(id, `"${'x'.repeat(400_000)}"`)), 413)
    expect(await lrs.statusOf(id)).toBe(404)
    expect(await lrs.send(statement({ id }))).toEqual([id])
  })

  it('ten thousand levels, closed or not', async () => {
    await expectRefused(await lrs.post(nested(10_000)), 400)
    await expectRefused(await lrs.post('{"a":'.repeat(10_000)), 400)
    expect(await lrs.send(statement())).toHaveLength(1)
  })
})

describe('taken, and given back as it was:', () => {
  it.each<[string, string]>([
    ['an integer beyond 2^53', '9007199254740993'],
    ['forty digits', '1234567890123456789012345678901234567890'],
    ['a 32-bit float', '0.1000000014901161193847656250'],
    ['a 64-bit float', '2.2250738585072014e-308'],
    ['trailing zeros', '1.500'],
    ['an exponent', '1E+2'],
    ['a negative zero', '-0.0'],
    ['more than a double holds', '1e999'],
    ['__proto__ inside an extension', '{"__proto__":{"a":1}}'],
    ['names of Object.prototype', '{"constructor":1,"toString":2,"hasOwnProperty":3}'],
    ['a surrogate pair, escaped', '"\\ud83d\\ude00"'],
    ['NUL and other controls, escaped', '"\\u0000\\u001f\\u007f"'],
    ['150 levels', nested(150)],
    ['null, empty text, list and object', '[null,"",[],{}]'],
  ])('%s', async (_name, json) => {
    const id = randomUUID()
    expect((await lrs.post(withExtension(id, json))).status).toBe(200)
    for (const format of ['exact', 'ids', 'canonical'])
      expect(await (await lrs.ask({ statementId: id, format })).text()).toContain(`{"${KEY}":${json}}`)
  })

  it.each(['scaled', 'raw', 'min', 'max'])('every digit of score.%s', async (member) => {
    const id = randomUUID()
    const digits = '0.123456789012345678901234567890'
    const text = textOf(id, { result: { score: { [member]: 'HERE' } } }).replace('"HERE"', digits)
    expect((await lrs.post(text)).status).toBe(200)
    expect(await (await lrs.ask({ statementId: id })).text()).toContain(`"${member}":${digits}`)
  })

  it('a byte order mark before the statement, which is dropped (docs/decisions/0007)', async () => {
    const id = randomUUID()
    expect((await postBytes(new Uint8Array([0xef, 0xbb, 0xbf, ...bytesOf(textOf(id))]))).status).toBe(200)
    expect((await (await lrs.ask({ statementId: id })).text()).startsWith('{')).toBe(true)
  })

  it('white space of every kind between everything', async () => {
    const id = randomUUID()
    const text = JSON.stringify(statement({ id }), null, '\t').replaceAll('\n', '\r\n ')
    expect((await lrs.post(`\n${text}\n`)).status).toBe(200)
    expect((await lrs.read(id)).verb).toEqual(statement().verb)
  })
})
