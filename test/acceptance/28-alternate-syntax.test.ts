/** Group 28 of the acceptance set: the alternate request syntax of 1.0.x (Communication §1.3), on every resource. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { basic, KEY, LEARNER, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json, ownIri } from './endpoint.ts'
import { RESOURCES } from './resources.ts'

const lrs = endpoint()

const HEADERS = { Authorization: LEARNER, 'X-Experience-API-Version': '1.0.3' }

/** A form on a URL with `?method=`; no header but the form's type unless said otherwise. */
function form(
  method: string,
  fields: Record<string, string>,
  {
    path = '/statements',
    query = '',
    headers = {} as Record<string, string>,
    http = 'POST',
    body = undefined as unknown,
  } = {},
): Promise<Response> {
  return fetch(`${lrs.server().url}/xapi${path}?method=${method}${query}`, {
    method: http,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: (body as string | undefined) ?? String(new URLSearchParams(fields)),
  })
}

describe('the alternate request syntax', () => {
  it('GET answers as GET does, with the parameters of the form (XAPI-00148)', async () => {
    const own = statement()
    await lrs.send(own)
    const list = await form('GET', { ...HEADERS, limit: '1' })
    expect(list.status).toBe(200)
    expect(await list.json()).toMatchObject({ statements: [expect.anything()], more: expect.any(String) })
    const one = await form('GET', { ...HEADERS, statementId: String(own.id) })
    const plain = await lrs.ask({ statementId: String(own.id) })
    expect(await one.text()).toBe(await plain.text())
    expect(one.headers.get('last-modified')).toBe(plain.headers.get('last-modified'))
  })

  it('the more link of its answer is a plain GET', async () => {
    await lrs.send([statement(), statement()])
    const { more } = (await (await form('GET', { ...HEADERS, limit: '1' })).json()) as { more: string }
    expect(more).not.toContain('Authorization')
    expect((await lrs.next(more)).statements).toHaveLength(1)
  })

  it('PUT and POST store the content', async () => {
    const [put, post] = [statement(), statement()]
    const first = await form('PUT', { ...HEADERS, statementId: String(put.id), content: JSON.stringify(put) })
    const second = await form('POST', {
      ...HEADERS,
      'Content-Type': 'application/json',
      content: JSON.stringify(post),
    })
    expect([first.status, second.status]).toEqual([204, 200])
    expect(await second.json()).toEqual([post.id])
    expect(await lrs.statusOf(put.id)).toBe(200)
    expect(await lrs.statusOf(post.id)).toBe(200)
  })

  it.each(['text/plain\r\nX-Evil: 1', 'text/plain\0', 'текст/plain', `a/${'b'.repeat(9_000)}`])(
    'refuses a field that could be no header, and stores nothing: %j (RFC 9110 §5.5)',
    async (type) => {
      const place = { activityId: ownIri('activities'), profileId: 'p' }
      const fields = { ...HEADERS, ...place, 'If-None-Match': '*', 'Content-Type': type, content: 'x' }
      const path = '/activities/profile'
      await expectRefused(await form('PUT', fields, { path }), 400, 'content-type')
      const read = await lrs.server().xapi(`${path}?${new URLSearchParams(place)}`)
      expect(read.status).toBe(404)
    },
  )

  it('content in any script arrives as it was, spaces and plus signs too', async () => {
    const own = statement({
      verb: { id: 'https://example.org/v', display: { 'el-GR': 'ά λ+φ α&=%', 'ja-JP': '試した' } },
    })
    expect(
      (await form('PUT', { ...HEADERS, statementId: String(own.id), content: JSON.stringify(own) })).status,
    ).toBe(204)
    expect(((await lrs.read(own.id)).verb as Json).display).toEqual((own.verb as Json).display)
  })

  it('headers may stand in the form alone, in the request alone, and those of the form win', async () => {
    expect((await form('GET', {}, { headers: HEADERS })).status).toBe(200)
    expect((await form('GET', HEADERS, { headers: { Authorization: basic('nobody-28', 'x') } })).status).toBe(
      200,
    )
    expect((await form('GET', { Authorization: basic('nobody-28', 'x') }, { headers: HEADERS })).status).toBe(
      401,
    )
    expect((await form('GET', HEADERS, { headers: { 'X-Experience-API-Version': '0.8' } })).status).toBe(200)
    expect((await form('GET', { 'X-Experience-API-Version': '0.8' }, { headers: HEADERS })).status).toBe(400)
    expect((await form('GET', { Authorization: LEARNER })).status).toBe(400)
    expect((await form('GET', { 'X-Experience-API-Version': '1.0.3' })).status).toBe(401)
  })

  it('field names of headers count in any case', async () => {
    const lower = Object.fromEntries(
      Object.entries(HEADERS).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const response = await form('GET', { ...lower, limit: '1' })
    expect([response.status, response.headers.get('x-experience-api-version')]).toEqual([200, '1.0.3'])
    const own = statement()
    const put = {
      ...lower,
      'content-type': 'application/json',
      statementId: String(own.id),
      content: JSON.stringify(own),
    }
    expect((await form('PUT', put)).status).toBe(204)
  })

  it('Accept-Language in the form chooses the language', async () => {
    const own = statement({
      verb: { id: 'https://example.org/v', display: { 'en-GB': 'tried', 'de-DE': 'versucht' } },
    })
    await lrs.send(own)
    const fields = { ...HEADERS, statementId: String(own.id), format: 'canonical', 'Accept-Language': 'de' }
    expect(((await (await form('GET', fields)).json()) as { verb: Json }).verb.display).toEqual({
      'de-DE': 'versucht',
    })
  })

  it('parameters of the form are checked as those of a URL: unknown, repeated and wrongly cased ones are 400', async () => {
    await expectRefused(await form('GET', { ...HEADERS, foo: '1' }), 400, '?foo')
    await expectRefused(await form('GET', { ...HEADERS, Limit: '1' }), 400, '?Limit')
    const twice = `${new URLSearchParams(HEADERS)}&limit=1&limit=2`
    await expectRefused(await form('GET', {}, { body: twice }), 400, '?limit')
  })

  it.each<[string, () => Promise<Response>]>([
    ['any further parameter in the URL', () => form('GET', HEADERS, { query: '&limit=1' })],
    [
      'the statementId in the URL',
      () => form('PUT', { ...HEADERS, content: '{}' }, { query: `&statementId=${randomUUID()}` }),
    ],
    ['another method than POST', () => form('GET', HEADERS, { http: 'PUT', headers: HEADERS })],
    ['a method there is not', () => form('FETCH', HEADERS)],
    ['HEAD: an answer to POST has a body', () => form('HEAD', HEADERS)],
    ['a method in lower case', () => form('get', HEADERS)],
    ['two methods', () => form('GET', HEADERS, { query: '&method=GET' })],
    ['PUT without content', () => form('PUT', { ...HEADERS, statementId: randomUUID() })],
    ['PUT without anything', () => form('PUT', {}, { body: '', headers: HEADERS })],
    [
      'PUT with JSON called a form',
      () => form('PUT', {}, { body: JSON.stringify({ content: '{}' }), headers: HEADERS }),
    ],
    ['a form called JSON', () => form('GET', HEADERS, { headers: { 'Content-Type': 'application/json' } })],
    ['content with GET', () => form('GET', { ...HEADERS, content: '{}' })],
    [
      'two contents',
      () => form('POST', {}, { body: `${new URLSearchParams(HEADERS)}&content={}&content={}` }),
    ],
    ['a header twice', () => form('GET', {}, { body: `${new URLSearchParams(HEADERS)}&authorization=x` })],
    [
      'attachments, which are binary',
      () => form('POST', { ...HEADERS, 'Content-Type': 'multipart/mixed; boundary=a', content: '--a' }),
    ],
    [
      'escapes that are not UTF-8',
      () => form('POST', {}, { body: `${new URLSearchParams(HEADERS)}&content=%ff%fe` }),
    ],
    [
      'bytes that are not UTF-8',
      () =>
        form(
          'POST',
          {},
          { body: new Uint8Array([...Buffer.from(`${new URLSearchParams(HEADERS)}&content=`), 0xff]) },
        ),
    ],
  ])('refuses %s with 400', async (_name, ask) => {
    const response = await ask()
    expect([response.status, response.headers.has('x-experience-api-consistent-through')]).toEqual([
      400,
      true,
    ])
  })

  it('refused, it stores nothing', async () => {
    const own = statement()
    const content = { ...HEADERS, content: JSON.stringify(own), statementId: String(own.id) }
    expect((await form('PUT', { ...content, Authorization: basic(KEY, 'wrong') })).status).toBe(401)
    expect((await form('PUT', content, { query: '&x=1' })).status).toBe(400)
    expect(await lrs.statusOf(own.id)).toBe(404)
  })

  it('larger than the limit is 413', async () => {
    const response = await form('POST', { ...HEADERS, content: 'x'.repeat(10 * 1024 * 1024) })
    expect(response.status).toBe(413)
  })

  it('about answers by it as well', async () => {
    expect((await form('GET', {}, { path: '/about' })).status).toBe(200)
  })
})

describe.each(RESOURCES)('on $path', ({ path, methods, query }) => {
  const parameters = Object.fromEntries(new URLSearchParams(query))

  it.each(methods.filter((method) => method !== 'HEAD'))(
    '%s asks for credentials in header or form',
    async (method) => {
      const content = method === 'PUT' || method === 'POST' ? { content: '{}' } : {}
      const anonymous = { 'X-Experience-API-Version': '1.0.3', ...parameters, ...content }
      expect((await form(method, anonymous, { path })).status).toBe(401)
      expect((await form(method, { ...anonymous, Authorization: LEARNER }, { path })).status).not.toBe(401)
    },
  )

  it('a method it does not have is 405 with Allow', async () => {
    const missing = ['PUT', 'DELETE'].find((method) => !methods.includes(method))
    if (missing === undefined) return
    const content = missing === 'PUT' ? { content: '{}' } : {}
    const response = await form(missing, { ...HEADERS, ...parameters, ...content }, { path })
    expect([response.status, response.headers.get('allow')]).toEqual([
      405,
      expect.stringContaining('GET, HEAD'),
    ])
  })
})

describe('documents', () => {
  it.each(['/activities/state', '/activities/profile', '/agents/profile'])(
    'on %s: write, read, If-Match, merge and delete by forms',
    async (path) => {
      const { query } = RESOURCES.find((one) => one.path === path) as { query: string }
      const parameters = {
        ...HEADERS,
        ...Object.fromEntries(new URLSearchParams(query.replace(/=[sp]$/, `=${randomUUID()}`))),
      }
      const put = (fields: Record<string, string>) => form('PUT', { ...parameters, ...fields }, { path })
      expect(
        (await put({ 'If-None-Match': '*', 'Content-Type': 'application/json', content: '{"a":1}' })).status,
      ).toBe(204)
      expect((await put({ 'If-None-Match': '*', content: '{"a":2}' })).status).toBe(412)
      const read = await form('GET', parameters, { path })
      expect(await read.text()).toBe('{"a":1}')
      const etag = read.headers.get('etag') ?? ''
      expect((await put({ 'if-match': '"wrong"', content: '{}' })).status).toBe(412)
      expect((await put({ 'if-match': etag, content: '{"a":3}' })).status).toBe(204)
      expect((await form('POST', { ...parameters, content: '{"b":4}' }, { path })).status).toBe(204)
      expect(await (await form('GET', parameters, { path })).json()).toEqual({ a: 3, b: 4 })
      expect((await form('DELETE', parameters, { path })).status).toBe(204)
      expect((await form('GET', parameters, { path })).status).toBe(404)
    },
  )

  it('without «method» a form is a document of that type', async () => {
    const path = `/agents/profile?agent=%7B%22mbox%22%3A%22mailto%3Aana%40example.org%22%7D&profileId=${randomUUID()}`
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const put = await lrs.server().xapi(path, { method: 'POST', body: 'content=%7B%7D', headers })
    expect(put.status).toBe(204)
    const read = await lrs.server().xapi(path)
    expect([read.headers.get('content-type'), await read.text()]).toEqual([
      'application/x-www-form-urlencoded',
      'content=%7B%7D',
    ])
  })
})

describe('version 2.0', () => {
  it('has no alternate syntax: method is an unknown parameter, in header or form (xapi.md §5, 4)', async () => {
    const version = { 'X-Experience-API-Version': '2.0.0' }
    await expectRefused(await form('GET', { ...HEADERS, ...version }), 400, '?method')
    await expectRefused(
      await form('GET', { limit: '1' }, { headers: { ...HEADERS, ...version } }),
      400,
      '?method',
    )
  })

  it('and without «method» a form-encoded body is no statement in either version', async () => {
    for (const version of ['1.0.3', '2.0.0']) {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
      const response = await lrs.post('content={}', { version, headers })
      expect([400, 415]).toContain(response.status)
    }
  })
})
