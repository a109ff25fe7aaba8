/** Group 19 of the acceptance set: the bytes of attachments come in, are proven, and go out as they came. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { LEARNER, statement } from '../harness/running.ts'
import { type Asked, endpoint, expectRefused, type Json, ownIri } from './endpoint.ts'
import {
  attachmentOf,
  BOUNDARY,
  bytesPart,
  jsonPart,
  multipart,
  multipartType,
  partsOfAnswer,
  type RawPart,
  sha256,
} from './multipart.ts'

const lrs = endpoint({ ROLLCALL_BODY_LIMIT: '256kb', ROLLCALL_ATTACHMENT_LIMIT: '8mb' })

const withAttachments = (attachments: readonly Json[], over: Json = {}): Json =>
  statement({ attachments, ...over })
const post = (body: Uint8Array, headers: Record<string, string> = multipartType(), asked: Asked = {}) =>
  lrs.server().xapi('/statements', { method: 'POST', body, ...asked, headers })
const send = (parts: readonly RawPart[], asked: Asked = {}) => post(multipart(parts), multipartType(), asked)
const bytesOf = async (id: unknown, query: Record<string, string> = {}) =>
  partsOfAnswer(await lrs.ask({ statementId: String(id), attachments: 'true', ...query }))
/** Refused, and neither the statement nor its bytes are there. */
const refusedWithout = async (response: Response, one: Json, path?: string) => {
  await expectRefused(response, 400, path)
  expect(await lrs.statusOf(one.id)).toBe(404)
}

describe.each(['1.0.3', '2.0.0'])('multipart/mixed in, version %s', (version) => {
  const asked = { version }

  it('stores a statement with its bytes by POST and PUT, and gives them back byte for byte', async () => {
    const bytes = randomBytes(50_000)
    const [posted, put] = [withAttachments([attachmentOf(bytes)]), withAttachments([attachmentOf(bytes)])]
    expect((await send([jsonPart(posted), bytesPart(bytes)], asked)).status).toBe(200)
    const response = await lrs.server().xapi(`/statements?statementId=${put.id}`, {
      method: 'PUT',
      body: multipart([jsonPart(put), bytesPart(bytes)]),
      version,
      headers: multipartType(),
    })
    expect(response.status).toBe(204)
    for (const { id } of [posted, put]) {
      const { json, attachments } = await bytesOf(id)
      expect(json.id).toBe(id)
      expect(attachments).toHaveLength(1)
      expect(attachments[0]?.body.equals(bytes)).toBe(true)
      expect(attachments[0]?.headers).toEqual({
        'content-type': 'application/pdf',
        'content-transfer-encoding': 'binary',
        'x-experience-api-hash': sha256(bytes),
      })
    }
  })

  it('refuses bytes whose hash is not that of their header, and stores nothing (1.0.3 Communication §1.5.2)', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    const other = bytesPart(randomBytes(100), { 'X-Experience-API-Hash': sha256(bytes) })
    await refusedWithout(await send([jsonPart(one), other], asked), one, 'part 2')
  })

  it('refuses an attachment that has neither a part nor a fileUrl, though its bytes are known (XAPI-00129)', async () => {
    const bytes = randomBytes(100)
    const [first, second] = [withAttachments([attachmentOf(bytes)]), withAttachments([attachmentOf(bytes)])]
    expect((await send([jsonPart(first), bytesPart(bytes)], asked)).status).toBe(200)
    await refusedWithout(await send([jsonPart(second)], asked), second, '$.attachments[0]')
    await refusedWithout(await lrs.post(second, asked), second, '$.attachments[0]')
  })

  it('refuses parts that no attachment asks for, and JSON in a second part (XAPI-00132, XAPI-00133)', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    const parts = [jsonPart(one), bytesPart(bytes)]
    await refusedWithout(await send([...parts, bytesPart(randomBytes(7))], asked), one)
    await refusedWithout(await send([...parts, jsonPart([statement()])], asked), one, 'part 3')
    await refusedWithout(
      await send([...parts, bytesPart(bytes, { 'X-Experience-API-Hash': null })], asked),
      one,
    )
    await refusedWithout(
      await send([...parts, bytesPart(bytes, { 'X-Experience-API-Hash': 'abc' })], asked),
      one,
    )
  })

  it('refuses any Content-Transfer-Encoding but binary, and takes none for it (XAPI-00135)', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    const encoded = bytesPart(bytes, { 'Content-Transfer-Encoding': 'base64' })
    await refusedWithout(await send([jsonPart(one), encoded], asked), one, 'part 2')
    const silent = bytesPart(bytes, { 'Content-Transfer-Encoding': null })
    expect((await send([jsonPart(one), silent], asked)).status).toBe(200)
  })

  it('refuses a first part that is not application/json, a body without boundaries, and other multiparts', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    const body = multipart([jsonPart(one), bytesPart(bytes)])
    const text = { headers: ['Content-Type: text/plain'], body: JSON.stringify(one) }
    await refusedWithout(await send([text, bytesPart(bytes)], asked), one, 'part 1')
    await refusedWithout(await send([bytesPart(bytes), jsonPart(one)], asked), one, 'part 1')
    const types = ['multipart/mixed', 'multipart/mixed; boundary=""', 'multipart/mixed; boundary=other']
    types.push(`multipart/form-data; boundary=${BOUNDARY}`, 'application/xml', 'nonsense')
    for (const type of types) await refusedWithout(await post(body, { 'Content-Type': type }, asked), one)
    const withoutFirst = body.subarray(body.indexOf('Content-Type'))
    await refusedWithout(await post(withoutFirst, multipartType(), asked), one)
    const second = body.indexOf(`--${BOUNDARY}`, 10)
    const withoutSecond = Buffer.concat([
      body.subarray(0, second),
      body.subarray(second + BOUNDARY.length + 4),
    ])
    await refusedWithout(await post(withoutSecond, multipartType(), asked), one)
    await refusedWithout(await post(body.subarray(0, -6), multipartType(), asked), one, 'body')
    await refusedWithout(await post(Buffer.alloc(0), multipartType(), asked), one, 'body')
    await refusedWithout(await post(Buffer.from(`--${BOUNDARY}--`), multipartType(), asked), one, 'body')
  })

  it('takes a multipart body that holds nothing but statements', async () => {
    const [plain, linked] = [
      statement(),
      withAttachments([attachmentOf(randomBytes(9), { fileUrl: 'https://example.org/f' })]),
    ]
    expect((await send([jsonPart([plain, linked])], asked)).status).toBe(200)
    expect(await lrs.statusOf(plain.id)).toBe(200)
  })

  it('takes fileUrl and bytes together and gives the bytes back; what has only a fileUrl is left out', async () => {
    const [brought, linked] = [randomBytes(100), randomBytes(100)]
    const fileUrl = 'https://example.org/file'
    const one = withAttachments([attachmentOf(brought, { fileUrl }), attachmentOf(linked, { fileUrl })])
    expect((await send([jsonPart(one), bytesPart(brought)], asked)).status).toBe(200)
    const { attachments } = await bytesOf(one.id)
    expect(attachments.map(({ body }) => sha256(body))).toEqual([sha256(brought)])
  })

  it('does not hold `length` against the bytes (xapi.md §4.1)', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes, { length: 3 })])
    expect((await send([jsonPart(one), bytesPart(bytes)], asked)).status).toBe(200)
  })
})

describe('multipart/mixed as clients write it', () => {
  it.each<[string, (body: string) => string, string]>([
    ['a line break before the first boundary', (body) => `\r\n${body}`, BOUNDARY],
    ['a preamble and an epilogue', (body) => `Look at this.\r\n${body}And\r\n--that.\r\n`, BOUNDARY],
    ['no space after the colons', (body) => body.replaceAll(': ', ':'), BOUNDARY],
    [
      'spaces behind the boundaries',
      (body) => body.replaceAll(`--${BOUNDARY}\r\n`, `--${BOUNDARY} \t\r\n`),
      BOUNDARY,
    ],
    ['no line break at the end', (body) => body.slice(0, -2), BOUNDARY],
    ['a quoted boundary', (body) => body.replaceAll(BOUNDARY, 'with space:?'), '"with space:?"'],
    ['an unquoted boundary with an equals sign', (body) => body.replaceAll(BOUNDARY, '=_Part_1'), '=_Part_1'],
  ])('is taken with %s', async (_name, change, boundary) => {
    const bytes = Buffer.from('plain text')
    const one = withAttachments([attachmentOf(bytes)])
    const body = change(multipart([jsonPart(one), bytesPart(bytes)]).toString('latin1'))
    const response = await post(Buffer.from(body, 'latin1'), multipartType(boundary))
    expect(response.status, await response.text()).toBe(200)
    expect((await bytesOf(one.id)).attachments[0]?.body.toString()).toBe('plain text')
  })

  it.each(['sha224', 'sha256', 'sha384', 'sha512'])(
    'is proven by %s as well, in either case',
    async (algorithm) => {
      const bytes = randomBytes(1000)
      const sha2 = createHash(algorithm).update(bytes).digest('hex')
      for (const [said, sent] of [
        [sha2, sha2.toUpperCase()],
        [sha2.toUpperCase(), sha2],
      ]) {
        const one = withAttachments([attachmentOf(bytes, { sha2: said })])
        const part = bytesPart(bytes, { 'X-Experience-API-Hash': sent ?? '' })
        expect((await send([jsonPart(one), part])).status).toBe(200)
        const { attachments } = await bytesOf(one.id)
        expect(attachments[0]?.body.equals(bytes)).toBe(true)
        expect(attachments[0]?.headers['x-experience-api-hash']).toBe(said)
      }
    },
  )

  it('keeps bytes that look like line breaks and boundaries', async () => {
    const like = [
      `\r\n--${BOUNDARY}x\r\n`,
      `\r\n--${BOUNDARY.slice(0, -1)}`,
      `x--${BOUNDARY}--`,
      `\r\n--${BOUNDARY}--x`,
      '\r\n\r\n--\r\n\r',
    ]
    const all = [...like, like.join('')].map((text) => Buffer.from(text))
    const one = withAttachments(all.map((bytes) => attachmentOf(bytes)))
    expect((await send([jsonPart(one), ...all.map((bytes) => bytesPart(bytes))])).status).toBe(200)
    const response = await lrs.ask({ statementId: String(one.id), attachments: 'true' })
    const { attachments } = await partsOfAnswer(response)
    expect(attachments.map(({ body }) => body.toString())).toEqual(all.map(String))
  })

  it('takes an attachment without a single byte, and the same part twice', async () => {
    const [empty, twice] = [Buffer.alloc(0), randomBytes(10)]
    const one = withAttachments([attachmentOf(empty), attachmentOf(twice), attachmentOf(twice)])
    const parts = [jsonPart(one), bytesPart(empty), bytesPart(twice), bytesPart(twice)]
    expect((await send(parts)).status).toBe(200)
    expect((await bytesOf(one.id)).attachments.map(({ body }) => body.length)).toEqual([0, 10])
  })

  it('takes a compressed body, and refuses an encoding nobody knows', async () => {
    const bytes = randomBytes(10_000)
    const one = withAttachments([attachmentOf(bytes)])
    const body = multipart([jsonPart(one), bytesPart(bytes)])
    const gzip = { ...multipartType(), 'Content-Encoding': 'gzip' }
    await expectRefused(await post(body, { ...gzip, 'Content-Encoding': 'rar' }), 415)
    await refusedWithout(await post(body, gzip), one, 'body')
    await refusedWithout(await post(gzipSync(body).subarray(0, 900), gzip), one, 'body')
    expect((await post(gzipSync(body), gzip)).status).toBe(200)
    expect((await bytesOf(one.id)).attachments[0]?.body.equals(bytes)).toBe(true)
  })
})

describe('attachments', () => {
  it('inside a SubStatement are attachments like others', async () => {
    const [outer, inner] = [randomBytes(30), randomBytes(40)]
    const { actor, verb, object } = statement()
    const sub = { objectType: 'SubStatement', actor, verb, object, attachments: [attachmentOf(inner)] }
    const one = withAttachments([attachmentOf(outer)], { object: sub, context: undefined })
    await refusedWithout(await send([jsonPart(one), bytesPart(outer)]), one, '$.object.attachments[0]')
    expect((await send([jsonPart(one), bytesPart(inner), bytesPart(outer)])).status).toBe(200)
    expect((await bytesOf(one.id)).attachments.map(({ body }) => body.length)).toEqual([30, 40])
  })

  it('come with a list: only those of its page, each once, in every format', async () => {
    const verb = { id: ownIri() }
    const [shared, own] = [randomBytes(100), randomBytes(200)]
    const first = withAttachments([attachmentOf(shared)], { verb })
    const second = withAttachments([attachmentOf(shared), attachmentOf(own)], { verb })
    const third = statement({ verb })
    const batch = [first, second, third]
    expect((await send([jsonPart(batch), bytesPart(shared), bytesPart(own)])).status).toBe(200)
    const hashes = async (query: Record<string, string>) => {
      const answer = await partsOfAnswer(await lrs.ask({ verb: verb.id, attachments: 'true', ...query }))
      return { ...answer, hashes: answer.attachments.map(({ body }) => sha256(body)) }
    }
    for (const format of ['exact', 'ids', 'canonical'])
      expect((await hashes({ format })).hashes.sort()).toEqual([sha256(shared), sha256(own)].sort())
    const page = await hashes({ limit: '1', ascending: 'true' })
    expect(page.hashes).toEqual([sha256(shared)])
    const more = await fetch(new URL(String(page.json.more), lrs.server().url), {
      headers: { Authorization: LEARNER, 'X-Experience-API-Version': '1.0.3' },
    })
    expect((await partsOfAnswer(more)).attachments.map(({ body }) => sha256(body))).toEqual([
      sha256(shared),
      sha256(own),
    ])
    expect((await hashes({ limit: '1' })).hashes).toEqual([])
    const plain = await lrs.ask({ verb: verb.id, attachments: 'false' })
    expect(plain.headers.get('content-type')).toMatch(/^application\/json/)
  })

  it('stay with a voided statement (voidedStatementId)', async () => {
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    expect((await send([jsonPart(one), bytesPart(bytes)])).status).toBe(200)
    const verb = { id: 'http://adlnet.gov/expapi/verbs/voided' }
    await lrs.send(
      statement({ verb, object: { objectType: 'StatementRef', id: one.id }, context: undefined }),
    )
    const answer = await partsOfAnswer(
      await lrs.ask({ voidedStatementId: String(one.id), attachments: 'true' }),
    )
    expect(answer.attachments[0]?.body.equals(bytes)).toBe(true)
  })

  it('are sent with the same headers to HEAD, Content-Length included (group 18)', async () => {
    const bytes = randomBytes(3000)
    const one = withAttachments([attachmentOf(bytes)])
    expect((await send([jsonPart(one), bytesPart(bytes)])).status).toBe(200)
    const path = `/statements?statementId=${one.id}&attachments=true`
    const [got, headed] = await Promise.all([
      lrs.server().xapi(path),
      lrs.server().xapi(path, { method: 'HEAD' }),
    ])
    const length = (await got.arrayBuffer()).byteLength
    expect(headed.status).toBe(200)
    expect(await headed.text()).toBe('')
    for (const name of ['content-type', 'content-length', 'last-modified'])
      expect(headed.headers.get(name)).toBe(got.headers.get(name))
    expect(got.headers.get('content-length')).toBe(String(length))
  })

  it('of one tenant’s statement are not given for another statement that only names their hash', async () => {
    const bytes = randomBytes(100)
    const secret = withAttachments([attachmentOf(bytes)])
    const curious = withAttachments([attachmentOf(bytes, { fileUrl: 'https://example.org/f' })])
    expect((await send([jsonPart(secret), bytesPart(bytes)])).status).toBe(200)
    await lrs.send(curious)
    expect((await bytesOf(curious.id)).attachments).toEqual([])
  })

  it('cannot begin a header of the answer by their contentType', async () => {
    const bytes = randomBytes(10)
    const contentType = 'text/plain; a="\r\nX-Experience-API-Hash: 0"'
    const one = withAttachments([attachmentOf(bytes, { contentType })])
    expect((await send([jsonPart(one), bytesPart(bytes)])).status).toBe(200)
    const [part] = (await bytesOf(one.id)).attachments
    expect(part?.headers['x-experience-api-hash']).toBe(sha256(bytes))
    expect(part?.body.equals(bytes)).toBe(true)
  })
})

describe('a refused request', () => {
  it('leaves nothing of its batch, when any statement lacks its bytes (group 3)', async () => {
    const [there, missing] = [randomBytes(100), randomBytes(100)]
    const [good, bad] = [withAttachments([attachmentOf(there)]), withAttachments([attachmentOf(missing)])]
    await expectRefused(await send([jsonPart([good, bad]), bytesPart(there)]), 400, '$[1].attachments[0]')
    for (const { id } of [good, bad]) expect(await lrs.statusOf(id)).toBe(404)
  })

  it('is answered 409 for another content under a known id, which keeps its own bytes (group 1)', async () => {
    const [old, fresh] = [randomBytes(100), randomBytes(100)]
    const one = withAttachments([attachmentOf(old)])
    expect((await send([jsonPart(one), bytesPart(old)])).status).toBe(200)
    expect((await send([jsonPart(one), bytesPart(old)])).status).toBe(200)
    const other = { ...one, attachments: [attachmentOf(fresh)] }
    await expectRefused(await send([jsonPart(other), bytesPart(fresh)]), 409)
    expect((await bytesOf(one.id)).attachments.map(({ body }) => sha256(body))).toEqual([sha256(old)])
  })

  it('is answered 413 that says what to raise: the whole request, and its statements', async () => {
    const bytes = randomBytes(9 * 1024 * 1024)
    const one = withAttachments([attachmentOf(bytes)])
    const whole = await send([jsonPart(one), bytesPart(bytes)])
    expect(whole.status).toBe(413)
    expect(await whole.text()).toContain('ROLLCALL_ATTACHMENT_LIMIT')
    const long = await send([jsonPart({ ...one, pad: 'x'.repeat(300_000) })])
    expect(long.status).toBe(413)
    expect(await long.text()).toContain('ROLLCALL_BODY_LIMIT')
    expect(await lrs.statusOf(one.id)).toBe(404)
  })

  it('is refused by 403 before its bytes are taken, without the scope to write', async () => {
    const reader = await lrs.server().credential('report', ['statements/read'])
    const bytes = randomBytes(100)
    const one = withAttachments([attachmentOf(bytes)])
    const response = await send([jsonPart(one), bytesPart(bytes)], { as: reader })
    expect(response.status).toBe(403)
  })
})

it('check takes JSON alone, and says so', async () => {
  const response = await fetch(`${lrs.server().url}/api/v1/check`, {
    method: 'POST',
    headers: { Authorization: LEARNER, ...multipartType() },
    body: multipart([jsonPart(statement({ id: randomUUID() }))]),
  })
  expect(response.status).toBe(415)
  expect(await response.text()).toContain('application/json')
})
