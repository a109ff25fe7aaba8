/** Multipart bodies as clients write and read them, apart from the code under test. */
import { createHash } from 'node:crypto'
import type { Json } from './endpoint.ts'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** A part: its headers as they stand on the wire, and its bytes. */
export interface RawPart {
  readonly headers: readonly string[]
  readonly body: Uint8Array | string
}

export const BOUNDARY = '-------------314159_265'

export function multipart(parts: readonly RawPart[], boundary = BOUNDARY): Buffer {
  const pieces = parts.flatMap(({ headers, body }) => [
    Buffer.from([`--${boundary}`, ...headers, '', ''].join('\r\n'), 'latin1'),
    Buffer.from(body as string),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}

export const jsonPart = (value: unknown): RawPart => ({
  headers: ['Content-Type: application/json'],
  body: JSON.stringify(value),
})

export const bytesPart = (body: Uint8Array, changes: Record<string, string | null> = {}): RawPart => {
  const headers = {
    'Content-Type': 'application/octet-stream',
    'Content-Transfer-Encoding': 'binary',
    'X-Experience-API-Hash': sha256(body),
    ...changes,
  }
  return {
    headers: Object.entries(headers).flatMap(([name, value]) =>
      value === null ? [] : [`${name}: ${value}`],
    ),
    body,
  }
}

export const multipartType = (boundary = BOUNDARY): Record<string, string> => ({
  'Content-Type': `multipart/mixed; boundary=${boundary}`,
})

export function attachmentOf(bytes: Uint8Array, changes: Json = {}): Json {
  return {
    usageType: 'https://example.org/usage/report',
    display: { en: 'A report' },
    contentType: 'application/pdf',
    length: bytes.length,
    sha2: sha256(bytes),
    ...changes,
  }
}

export interface ReadPart {
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Takes an answer apart; throws when it is not exactly of the form promised (xapi.md §4.4). */
export async function partsOfAnswer(
  response: Response,
): Promise<{ json: Json; attachments: readonly ReadPart[] }> {
  const type = response.headers.get('content-type') ?? ''
  const boundary = /^multipart\/mixed; boundary=([A-Za-z0-9]+)$/.exec(type)?.[1]
  if (boundary === undefined) throw new Error(`${response.status} ${type}: ${await response.text()}`)
  const text = Buffer.from(await response.arrayBuffer()).toString('latin1')
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`)
  if (pieces[0] !== '' || pieces.at(-1) !== '--\r\n') throw new Error('not a multipart body')
  const [first, ...attachments] = pieces.slice(1, -1).map(readPart)
  if (first?.headers['content-type'] !== 'application/json') throw new Error('the first part is not JSON')
  return { json: JSON.parse(first.body.toString('utf8')) as Json, attachments }
}

function readPart(piece: string): ReadPart {
  const end = piece.indexOf('\r\n\r\n')
  const headers = piece
    .slice(2, end)
    .split('\r\n')
    .map((line) => line.split(': ', 2))
    .map(([name = '', value = '']) => [name.toLowerCase(), value])
  return {
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: Buffer.from(piece.slice(end + 4), 'latin1'),
  }
}
