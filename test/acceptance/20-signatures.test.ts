/** Group 20 of the acceptance set: a signed statement says what its signature says, or is refused. */
import { execFileSync } from 'node:child_process'
import { createPrivateKey, type KeyObject, randomUUID, sign as signWith, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CompactJWSHeaderParameters, CompactSign } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { type Asked, endpoint, expectRefused, type Json } from './endpoint.ts'
import { attachmentOf, bytesPart, jsonPart, multipart, multipartType, partsOfAnswer } from './multipart.ts'

const lrs = endpoint()
const SIGNATURE = 'http://adlnet.gov/expapi/attachments/signature'

/** A key with a certificate that the root has issued. */
interface Signer {
  readonly key: KeyObject
  readonly certificate: string
}

let directory: string
let root: Signer
let signer: Signer
let stranger: Signer
let weak: Signer

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-signers-'))
  const at = (name: string) => join(directory, name)
  const make = (name: string, options: readonly string[] = [], size = 2048): Signer => {
    const request = ['req', '-x509', '-newkey', `rsa:${size}`, '-nodes', '-days', '2', '-subj', `/CN=${name}`]
    const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)]
    execFileSync('openssl', [...request, ...files, ...options], { stdio: 'ignore' })
    const certificate = new X509Certificate(readFileSync(at(`${name}.pem`))).raw.toString('base64')
    return { key: createPrivateKey(readFileSync(at(`${name}.key`))), certificate }
  }
  root = make('root')
  signer = make('signer', ['-CA', at('root.pem'), '-CAkey', at('root.key')])
  stranger = make('stranger')
  weak = make('weak', [], 1024)
})
afterAll(() => rmSync(directory, { recursive: true }))

interface Signing {
  readonly header?: CompactJWSHeaderParameters
  readonly by?: Signer
}

async function sign(payload: unknown, { header, by = signer }: Signing = {}): Promise<Buffer> {
  const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
  const jws = new CompactSign(bytes).setProtectedHeader({ alg: 'RS256', ...header })
  return Buffer.from(await jws.sign(by.key))
}

const signatureOf = (jws: Uint8Array, changes: Json = {}): Json =>
  attachmentOf(jws, { usageType: SIGNATURE, contentType: 'application/octet-stream', ...changes })
const signed = (one: Json, jws: Uint8Array): Json => ({
  ...one,
  attachments: [...((one.attachments as Json[] | undefined) ?? []), signatureOf(jws)],
})
const sendParts = (parts: Parameters<typeof multipart>[0], asked: Asked = {}) =>
  lrs.server().xapi('/statements', {
    method: 'POST',
    body: multipart(parts),
    ...asked,
    headers: multipartType(),
  })
/** The statement under this signature. */
const send = (one: Json, jws: Uint8Array, asked: Asked = {}) =>
  sendParts([jsonPart(signed(one, jws)), bytesPart(jws)], asked)
const expectStored = async (response: Response, one: Json) => {
  expect(response.status, await response.clone().text()).toBe(200)
  expect(await lrs.statusOf(one.id)).toBe(200)
}
const expectNotStored = async (response: Response, one: Json, requirement?: string) => {
  const body = response.clone()
  await expectRefused(response, 400, '$.attachments[0]')
  if (requirement !== undefined) {
    const { errors } = (await body.json()) as { errors: { requirement: string }[] }
    expect(errors[0]?.requirement).toBe(requirement)
  }
  expect(await lrs.statusOf(one.id)).toBe(404)
}

describe.each(['1.0.3', '2.0.0'])('a signature, version %s', (version) => {
  const asked = { version }

  it.each(['RS256', 'RS384', 'RS512'])(
    'by %s is taken, with and without certificate, and given back',
    async (alg) => {
      for (const x5c of [undefined, [signer.certificate], [signer.certificate, root.certificate]]) {
        const one = statement()
        const jws = await sign(one, { header: { alg, ...(x5c && { x5c }) } })
        await expectStored(await send(one, jws, asked), one)
        const answer = await partsOfAnswer(
          await lrs.ask({ statementId: String(one.id), attachments: 'true' }, asked),
        )
        expect(answer.attachments.map(({ body }) => body.toString())).toEqual([jws.toString()])
      }
    },
  )

  it('over another statement is refused (XAPI-00116)', async () => {
    const one = statement()
    const others: Json[] = [
      { ...one, verb: { id: 'https://example.org/verbs/other' } },
      { ...one, id: randomUUID() },
      { ...one, result: { success: true } },
      { ...one, timestamp: '2026-03-01T09:00:00.001Z' },
      { ...one, actor: { mbox: 'mailto:other@example.org' } },
      { ...one, attachments: [attachmentOf(Buffer.from('x'), { fileUrl: 'https://example.org/x' })] },
    ]
    for (const other of others)
      await expectNotStored(await send(one, await sign(other), asked), one, 'XAPI-00116')
  })

  it('over a payload that is no JSON, or no statement, is refused (XAPI-00116)', async () => {
    const one = statement()
    for (const payload of ['{"actor"', 'null', '[]', '{}', JSON.stringify({ ...one, extra: 1 })])
      await expectNotStored(await send(one, await sign(payload), asked), one, 'XAPI-00116')
  })

  it('by an algorithm that is not allowed is refused: PS256, HS256, none, no alg (XAPI-00117)', async () => {
    const one = statement()
    const payload = Buffer.from(JSON.stringify(one)).toString('base64url')
    for (const alg of ['PS256', 'HS256', 'none', 'rs256', undefined]) {
      const header = Buffer.from(JSON.stringify({ alg })).toString('base64url')
      await expectNotStored(
        await send(one, Buffer.from(`${header}.${payload}.AAAA`), asked),
        one,
        'XAPI-00117',
      )
    }
  })

  it('that is no compact JWS is refused: empty parts, JSON serialization, other bytes (XAPI-00115)', async () => {
    const one = statement()
    const jws = (await sign(one)).toString()
    const [header = '', payload = '', signature = ''] = jws.split('.')
    const wrong = [
      '',
      'x',
      `${header}.${payload}.`,
      `${header}..${signature}`,
      `.${payload}.${signature}`,
      `${header}.${payload}`,
      `${jws}.AAAA`,
      ` ${jws}`,
      `${jws}\n`,
      jws.replaceAll('.', '..'),
      `${Buffer.from('{"alg"').toString('base64url')}.${payload}.${signature}`,
      JSON.stringify({ payload, protected: header, signature }),
      JSON.stringify({ payload, signatures: [{ protected: header, signature }] }),
    ]
    for (const text of wrong)
      await expectNotStored(await send(one, Buffer.from(text), asked), one, 'XAPI-00115')
  })

  it('that does not fit its certificate is refused', async () => {
    const one = statement()
    const refused: [string, Signing][] = [
      ['the key of somebody else', { header: { alg: 'RS256', x5c: [stranger.certificate] } }],
      ['the root’s key', { header: { alg: 'RS256', x5c: [root.certificate] } }],
      ['a chain of strangers', { header: { alg: 'RS256', x5c: [signer.certificate, stranger.certificate] } }],
      ['no certificate', { header: { alg: 'RS256', x5c: ['AAAA'] } }],
    ]
    for (const [, signing] of refused)
      await expectNotStored(await send(one, await sign(one, signing), asked), one)
    const right = (await sign(one, { header: { alg: 'RS256', x5c: [signer.certificate] } })).toString()
    const bent = right.slice(0, -10) + (right.at(-10) === 'A' ? 'B' : 'A') + right.slice(-9)
    await expectNotStored(await send(one, Buffer.from(bent), asked), one)
    await expectStored(await send(one, Buffer.from(right), asked), one)
  })

  it('with an x5c that is no list of texts, or an extension that must be understood, is refused', async () => {
    const one = statement()
    const [, payload, signature] = (await sign(one)).toString().split('.')
    for (const wrong of [{ x5c: [] }, { x5c: 'AAAA' }, { x5c: [1] }, { x5c: null }, { crit: ['exp'] }]) {
      const header = Buffer.from(JSON.stringify({ alg: 'RS256', ...wrong })).toString('base64url')
      await expectNotStored(await send(one, Buffer.from(`${header}.${payload}.${signature}`), asked), one)
    }
  })

  it('needs contentType application/octet-stream and its bytes (XAPI-00115)', async () => {
    const one = statement()
    const jws = await sign(one)
    const typed = { ...one, attachments: [signatureOf(jws, { contentType: 'text/plain' })] }
    await expectRefused(
      await sendParts([jsonPart(typed), bytesPart(jws)], asked),
      400,
      '$.attachments[0].contentType',
    )
    const linked = { ...one, attachments: [signatureOf(jws, { fileUrl: 'https://example.org/jws' })] }
    await expectNotStored(await lrs.post(linked, asked), one, 'XAPI-00115')
    await expectNotStored(await sendParts([jsonPart(linked)], asked), one, 'XAPI-00115')
  })

  it('signs what differs only in ways that do not matter', async () => {
    const made = () =>
      statement({
        actor: { mbox: 'mailto:ana@Example.org' },
        verb: { id: 'https://example.org/verbs/did', display: { en: 'did' } },
        attachments: [attachmentOf(Buffer.from('a'), { fileUrl: 'https://example.org/a' })],
      })
    const ways: ((one: Json) => Json)[] = [
      (one) => ({ ...one, verb: { id: 'https://example.org/verbs/did' } }),
      (one) => Object.fromEntries(Object.entries(one).reverse()),
      (one) => ({ ...one, actor: { objectType: 'Agent', mbox: 'mailto:ana@example.org' } }),
      (one) => ({ ...one, timestamp: '2026-03-01T10:00:00+01:00' }),
      (one) => ({ ...one, timestamp: undefined }),
      (one) => ({ ...one, id: String(one.id).toUpperCase() }),
      (one) => ({ ...one, id: undefined }),
      (one) => ({
        ...one,
        stored: '2020-01-01T00:00:00Z',
        version: '1.0.0',
        authority: { mbox: 'mailto:l@example.org' },
      }),
      (one) => ({
        ...one,
        attachments: (one.attachments as Json[]).map((a) => ({ ...a, display: { de: 'A' } })),
      }),
    ]
    for (const way of ways) {
      const one = made()
      const jws = await sign(way(one))
      await expectStored(await send(one, jws, asked), one)
    }
  })

  it('of a statement with a finer duration than is compared depends on the version (xapi.md §4.2)', async () => {
    const one = statement({ result: { duration: 'PT1.234S' } })
    const response = await send(one, await sign({ ...one, result: { duration: 'PT1.239S' } }), asked)
    if (version === '2.0.0') await expectStored(response, one)
    else await expectNotStored(response, one, 'XAPI-00116')
  })
})

describe('signed statements', () => {
  it('stand in a batch beside others; one bad signature refuses all of it (group 3)', async () => {
    const [plain, good, bad] = [statement(), statement(), statement()]
    const [right, wrong] = [await sign(good), await sign(good)]
    const batch = [plain, signed(good, right), signed(bad, wrong)]
    await expectRefused(
      await sendParts([jsonPart(batch), bytesPart(right), bytesPart(wrong)]),
      400,
      '$[2].attachments[0]',
    )
    for (const { id } of [plain, good, bad]) expect(await lrs.statusOf(id)).toBe(404)
    const response = await sendParts([jsonPart([plain, signed(good, right)]), bytesPart(right)])
    expect(await response.json()).toEqual([plain.id, good.id])
  })

  it('may have other attachments and several signatures', async () => {
    const file = Buffer.from('minutes')
    const one = statement({ attachments: [attachmentOf(file)] })
    const first = await sign(one)
    const second = await sign(one, { by: stranger, header: { alg: 'RS512', x5c: [stranger.certificate] } })
    const whole = signed(signed(one, first), second)
    const parts = [jsonPart(whole), bytesPart(file), bytesPart(first), bytesPart(second)]
    await expectStored(await sendParts(parts), one)
  })

  it('put under an id that the payload does not have are refused', async () => {
    const one = statement({ id: undefined })
    const jws = await sign({ ...one, id: randomUUID() })
    const id = randomUUID()
    const body = multipart([jsonPart(signed(one, jws)), bytesPart(jws)])
    const put = await lrs
      .server()
      .xapi(`/statements?statementId=${id}`, { method: 'PUT', body, headers: multipartType() })
    await expectRefused(put, 400, '$.attachments[0]')
    expect(await lrs.statusOf(id)).toBe(404)
  })

  it('with a key of less than 2048 bits in the certificate are refused (RFC 7518 §3.3)', async () => {
    const one = statement()
    const payload = JSON.stringify(one)
    const header = Buffer.from(JSON.stringify({ alg: 'RS256', x5c: [weak.certificate] })).toString(
      'base64url',
    )
    const input = `${header}.${Buffer.from(payload).toString('base64url')}`
    const signature = signWith('RSA-SHA256', Buffer.from(input), weak.key).toString('base64url')
    await expectNotStored(await send(one, Buffer.from(`${input}.${signature}`)), one)
  })

  it('in a large body are proven as well, in the thread for such bodies', async () => {
    const one = statement({ result: { response: 'x'.repeat(400_000) } })
    await expectNotStored(
      await send(one, await sign({ ...one, result: { response: 'x' } })),
      one,
      'XAPI-00116',
    )
    await expectStored(await send(one, await sign(one)), one)
  })
})
