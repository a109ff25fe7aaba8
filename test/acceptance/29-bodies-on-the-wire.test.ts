/** Group 29 of the acceptance set: content types, compression both ways, Expect: 100-continue, uploads that break off. */
import { once } from 'node:events'
import { get } from 'node:http'
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { answerIn, exchange, headOf, openSocket } from '../harness/raw-http.ts'
import { basic, LEARNER, statement } from '../harness/running.ts'
import { endpoint, ownIri } from './endpoint.ts'

const lrs = endpoint()

const HEAD = [`Authorization: ${LEARNER}`, 'X-Experience-API-Version: 1.0.3']
const JSON_TYPE = 'Content-Type: application/json'

const send = (body: string | Uint8Array, headers: Record<string, string>) =>
  fetch(`${lrs.server().url}/xapi/statements`, {
    method: 'POST',
    headers: { Authorization: LEARNER, 'X-Experience-API-Version': '1.0.3', ...headers },
    body: body as Uint8Array<ArrayBuffer>,
  })

describe('the content type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'APPLICATION/JSON ; charset="utf-8"',
  ])('«%s» is JSON', async (type) => {
    const own = statement()
    expect((await send(JSON.stringify(own), { 'Content-Type': type })).status).toBe(200)
    expect(await lrs.statusOf(own.id)).toBe(200)
  })

  it.each(['text/plain', 'application/xml', 'application/jsonx', 'application/octet-stream', 'json'])(
    '«%s» is refused, and nothing is stored',
    async (type) => {
      const own = statement()
      expect([400, 415]).toContain((await send(JSON.stringify(own), { 'Content-Type': type })).status)
      expect(await lrs.statusOf(own.id)).toBe(404)
    },
  )

  it('missing altogether is refused, and nothing is stored', async () => {
    const own = statement()
    const body = JSON.stringify(own)
    const request = headOf('POST /xapi/statements', [
      ...HEAD,
      `Content-Length: ${body.length}`,
      'Connection: close',
    ])
    expect([400, 415]).toContain(answerIn(await exchange(lrs.server().url, request + body)).status)
    expect(await lrs.statusOf(own.id)).toBe(404)
  })
})

describe('a compressed request', () => {
  it.each<[string, (text: string) => Uint8Array]>([
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('in %s is read', async (encoding, compress) => {
    const own = statement()
    const headers = { 'Content-Type': 'application/json', 'Content-Encoding': encoding }
    expect((await send(compress(JSON.stringify(own)), headers)).status).toBe(200)
    expect(await lrs.statusOf(own.id)).toBe(200)
  })

  it('is bounded by what it inflates to: 20 KB of gzip for 20 MB are 413', async () => {
    const bomb = gzipSync(`"${'x'.repeat(20 * 1024 * 1024)}"`)
    expect(bomb.length).toBeLessThan(100_000)
    const response = await send(bomb, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
    expect(response.status).toBe(413)
    expect(response.headers.get('x-experience-api-version')).toBe('1.0.3')
  })

  it.each<[string, string, Uint8Array]>([
    ['an unknown encoding', 'snappy', gzipSync('[]')],
    ['text called gzip', 'gzip', Buffer.from(JSON.stringify(statement()))],
    ['gzip that breaks off', 'gzip', gzipSync(JSON.stringify(statement())).subarray(0, 60)],
    ['gzip called br', 'br', gzipSync('[]')],
  ])('of %s is refused with 400 or 415', async (_name, encoding, bytes) => {
    const response = await send(bytes, { 'Content-Type': 'application/json', 'Content-Encoding': encoding })
    expect([400, 415]).toContain(response.status)
  })
})

/** Not fetch: it would undo the compression unseen. */
async function asked(path: string, method: string, encoding: string) {
  const headers = { Authorization: LEARNER, 'X-Experience-API-Version': '1.0.3', 'Accept-Encoding': encoding }
  const request = get(`${lrs.server().url}/xapi${path}`, { method, headers })
  const [response] = await once(request, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { headers: response.headers as Record<string, string | undefined>, bytes: Buffer.concat(chunks) }
}

describe('a compressed answer', () => {
  it('is given to whoever asks, says so, and varies', async () => {
    const verb = ownIri()
    await lrs.send(Array.from({ length: 10 }, () => statement({ verb: { id: verb } })))
    const path = `/statements?verb=${encodeURIComponent(verb)}`
    const plain = await asked(path, 'GET', 'identity')
    const zipped = await asked(path, 'GET', 'gzip')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers.vary).toContain('Accept-Encoding')
    expect(Number(plain.headers['content-length'])).toBe(plain.bytes.length)
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(zipped.headers.vary).toContain('Accept-Encoding')
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length)
    expect(gunzipSync(zipped.bytes).equals(plain.bytes)).toBe(true)
  })

  it('is never given of what has an ETag: that names the bytes of the identity form (decision 0004)', async () => {
    const agent = encodeURIComponent(JSON.stringify({ mbox: 'mailto:etag@example.org' }))
    const path = `/agents/profile?agent=${agent}&profileId=large`
    const body = JSON.stringify({ text: 'x'.repeat(5_000) })
    const put = await lrs.server().xapi(path, { method: 'PUT', body, headers: { 'If-None-Match': '*' } })
    expect(put.status).toBe(204)
    const { headers, bytes } = await asked(path, 'GET', 'gzip, br')
    expect(headers['content-encoding']).toBeUndefined()
    expect([bytes.toString(), headers.etag]).toEqual([body, expect.stringMatching(/^"[0-9a-f]{40}"$/)])
    const head = await asked(path, 'HEAD', 'gzip, br')
    expect([head.headers.etag, head.headers['content-length']]).toEqual([
      headers.etag,
      headers['content-length'],
    ])
  })

  it('HEAD has the headers of the identity form and no body, whatever is accepted', async () => {
    const verb = ownIri()
    await lrs.send(Array.from({ length: 10 }, () => statement({ verb: { id: verb } })))
    const path = `/statements?verb=${encodeURIComponent(verb)}`
    const got = await asked(path, 'GET', 'identity')
    const head = await asked(path, 'HEAD', 'gzip')
    expect(head.bytes.length).toBe(0)
    for (const name of ['content-length', 'content-type', 'vary', 'x-experience-api-version'])
      expect([name, head.headers[name]]).toEqual([name, got.headers[name]])
  })
})

describe('Expect: 100-continue', () => {
  const ask = async (authorization: string, length: number, body: string | null) => {
    const socket = openSocket(lrs.server().url)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
      if (body !== null && text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body)
    })
    const head = [
      'X-Experience-API-Version: 1.0.3',
      JSON_TYPE,
      'Expect: 100-continue',
      `Content-Length: ${length}`,
    ]
    socket.write(
      headOf('POST /xapi/statements', [
        `Authorization: ${authorization}`,
        ...head,
        ...(body ? ['Connection: close'] : []),
      ]),
    )
    await once(socket, 'close')
    return text
  }

  it('asks for the body when the caller may send it, and stores it', async () => {
    const own = statement()
    const body = JSON.stringify(own)
    const text = await ask(LEARNER, body.length, body)
    expect(text.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200')).toBe(true)
    expect(await lrs.statusOf(own.id)).toBe(200)
  })

  it('refuses before the body is sent when the credentials are wrong, and ends the connection', async () => {
    const text = await ask(basic('nobody-29', 'x'), 1000, null)
    expect(answerIn(text)).toMatchObject({ status: 401 })
    expect(text).not.toContain('100 Continue')
    expect(answerIn(text).headers.get('connection')).toBe('close')
  })

  it('refuses before the body is sent when it would be too long', async () => {
    const text = await ask(LEARNER, 11 * 1024 * 1024, null)
    expect([answerIn(text).status, text.includes('100 Continue')]).toEqual([413, false])
  })
})

describe('an upload that breaks off', () => {
  it.each([
    [
      'half of its Content-Length',
      (body: string) =>
        headOf('POST /xapi/statements', [...HEAD, JSON_TYPE, `Content-Length: ${body.length}`]) +
        body.slice(0, -20),
    ],
    [
      'a chunk without the end',
      (body: string) =>
        `${headOf('POST /xapi/statements', [...HEAD, JSON_TYPE, 'Transfer-Encoding: chunked'])}${body.length.toString(16)}\r\n${body}\r\n`,
    ],
  ])('after %s stores nothing, and the server goes on', async (_name, bytes) => {
    const own = statement()
    const socket = openSocket(lrs.server().url)
    socket.write(bytes(JSON.stringify(own)))
    // Answered by the same process only after it has seen the bytes of the one before.
    expect((await lrs.ask({ limit: '1' })).status).toBe(200)
    socket.destroy()
    await once(socket, 'close')
    expect(await lrs.statusOf(own.id)).toBe(404)
    await lrs.send(statement())
    expect(await lrs.statusOf(own.id)).toBe(404)
  })

  it('a Content-Length that is too short is 400, and nothing is stored', async () => {
    const own = statement()
    const body = JSON.stringify(own)
    const head = headOf('POST /xapi/statements', [
      ...HEAD,
      JSON_TYPE,
      `Content-Length: ${body.length - 5}`,
      'Connection: close',
    ])
    expect(answerIn(await exchange(lrs.server().url, head + body)).status).toBe(400)
    expect(await lrs.statusOf(own.id)).toBe(404)
  })
})
