/** Group 22 of the acceptance set: what a document is made of, and how two are merged. */
import { describe, expect, it } from 'vitest'
import { asking, ownDocument, RESOURCES } from './documents.ts'
import { endpoint, expectRefused } from './endpoint.ts'

const lrs = endpoint({ ROLLCALL_BODY_LIMIT: '65536' })
const ask = asking(lrs.server)
const EVERY_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => byte)

describe.each(RESOURCES)('%s', (path) => {
  const put = (document: Record<string, string>, body: string | Uint8Array, type?: string) =>
    ask('PUT', path, document, { body, ifNoneMatch: '*', ...(type && { type }) })
  const read = async (document: Record<string, string>) => {
    const response = await ask('GET', path, document)
    return { type: response.headers.get('content-type'), body: Buffer.from(await response.arrayBuffer()) }
  }

  it.each([
    ['binary with every byte', EVERY_BYTE, 'application/octet-stream'],
    ['text whose charset is not ours', Buffer.from('caf\xe9', 'latin1'), 'text/plain; charset=iso-8859-1'],
    ['an empty body', new Uint8Array(), 'text/plain'],
    [
      'JSON with its spaces, big numbers and member order',
      '{ "b" : 12345678901234567890.10 ,\n"a":1}',
      'application/json;charset=UTF-8',
    ],
    ['JSON with a byte order mark', '\ufeff{"a":1}', 'application/json'],
    ['a list', '[1,2]', 'application/json'],
    ['a string', '"text"', 'application/json'],
    ['a type nobody knows', '<x/>', 'application/x-own; v="1;2"'],
    ['a form without ?method', 'a=1&b=2', 'application/x-www-form-urlencoded'],
  ])('preserves bytes and content type: %s', async (_, body, type) => {
    const document = ownDocument(path)
    expect((await put(document, body, type)).status).toBe(204)
    expect(await read(document)).toEqual({ type, body: Buffer.from(body as string) })
  })

  it.each([
    ['text', 'not JSON'],
    ['nothing', ''],
    ['a member name twice', '{"a":1,"a":2}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['bytes that are no UTF-8', Buffer.from('"\xff"', 'latin1')],
  ])(
    'refuses what says it is JSON and is not, by PUT and by POST, and stores nothing: %s',
    async (_, body) => {
      const document = ownDocument(path)
      for (const method of ['PUT', 'POST']) {
        const sent = { body, type: 'application/json', ifNoneMatch: '*' }
        await expectRefused(await ask(method, path, document, sent), 400)
        expect((await ask('GET', path, document)).status).toBe(404)
      }
    },
  )

  it('POST of a new document stores it as PUT does', async () => {
    const document = ownDocument(path)
    expect((await ask('POST', path, document, { body: EVERY_BYTE, type: 'image/png' })).status).toBe(204)
    expect(await read(document)).toEqual({ type: 'image/png', body: Buffer.from(EVERY_BYTE) })
  })

  it('POST merges one level deep: nested members that are not sent disappear (XAPI-00183, XAPI-00184)', async () => {
    const document = ownDocument(path)
    await put(document, '{"a":{"x":1,"y":2},"b":1,"n":1.10}')
    expect(
      (
        await ask('POST', path, document, {
          body: '{"a":{"x":3},"c":[12345678901234567890],"__proto__":null}',
        })
      ).status,
    ).toBe(204)
    const { body, type } = await read(document)
    expect(type).toBe('application/json')
    expect(body.toString()).toBe('{"a":{"x":3},"b":1,"n":1.10,"c":[12345678901234567890],"__proto__":null}')
  })

  it.each([
    ['another type over JSON', '{"a":1}', 'application/json', '{"b":1}', 'text/plain'],
    ['JSON over another type', '{"a":1}', 'text/plain', '{"b":1}', 'application/json'],
    ['a list over an object', '{"a":1}', 'application/json', '[1]', 'application/json'],
    ['an object over a list', '[1]', 'application/json', '{"b":1}', 'application/json'],
    ['no JSON over an object', '{"a":1}', 'application/json', '{', 'application/json'],
    ['a form over an object', '{"a":1}', 'application/json', 'b=1', 'application/x-www-form-urlencoded'],
  ])(
    'refuses to merge %s, and leaves the document alone (XAPI-00229, XAPI-00232)',
    async (_, old, oldType, body, type) => {
      const document = ownDocument(path)
      await put(document, old, oldType)
      await expectRefused(await ask('POST', path, document, { body, type }), 400, '$')
      expect(await read(document)).toEqual({ type: oldType, body: Buffer.from(old) })
    },
  )

  it('is shown by no browser as a page of ours', async () => {
    const document = ownDocument(path)
    await put(document, '<script>alert(1)</script>', 'text/html')
    const { headers } = await ask('GET', path, document)
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('refuses a body beyond the limit with 413, and stores nothing', async () => {
    const document = ownDocument(path)
    await expectRefused(await put(document, 'x'.repeat(65_537), 'text/plain'), 413)
    expect((await ask('GET', path, document)).status).toBe(404)
  })

  it('DELETE of what is not there is 204, and so is a second one', async () => {
    const document = ownDocument(path)
    await put(document, '{}')
    for (const status of [204, 204]) expect((await ask('DELETE', path, document)).status).toBe(status)
    expect((await ask('GET', path, document)).status).toBe(404)
  })

  it('needs the scope of the resource; all/read reads and does not write', async () => {
    const [own, other] = path === '/activities/state' ? ['state', 'profile'] : ['profile', 'state']
    const document = ownDocument(path)
    const as = async (...scopes: string[]) => ({ as: await lrs.server().credential('learner', scopes) })
    const body = { body: '{}', ifNoneMatch: '*' }
    const [owner, stranger, reader] = [
      await as(own as string),
      await as(other as string),
      await as('all/read'),
    ]
    for (const who of [stranger, reader]) {
      expect((await ask('PUT', path, document, { ...who, ...body })).status).toBe(403)
      expect((await ask('DELETE', path, document, who)).status).toBe(403)
    }
    expect((await ask('PUT', path, document, { ...owner, ...body })).status).toBe(204)
    const read = async (who: { as: string }) => (await ask('GET', path, document, who)).status
    expect([await read(owner), await read(reader), await read(stranger)]).toEqual([200, 200, 403])
  })
})
