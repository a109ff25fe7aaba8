/** Requests as nobody should send them: each is the bytes on the wire, made from a seed alone. */
import { deflateSync, gzipSync } from 'node:zlib'
import { basic, LEARNER, statement } from '../harness/running.ts'
import type { Random } from './random.ts'

export interface Fuzzed {
  readonly bytes: Buffer
  /** Sent in so many pieces, one turn of the event loop after the other. */
  readonly pieces: number
  /** The sender goes away in the middle, without a word. */
  readonly breaksOff: boolean
}

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'get',
  'FOO',
]
const PATHS = [
  '/xapi/statements',
  '/xapi/statements/',
  '/xapi/activities/state',
  '/xapi/activities/profile',
  '/xapi/agents/profile',
  '/xapi/activities',
  '/xapi/agents',
  '/xapi/about',
  '/xapi/nothing',
  '/xapi',
  '/cmi5/fetch',
  '/api/v1/check',
  '/api/v1/elements',
  '/api/v1/cmi5/sessions',
  '/api/v1/session',
  '/health',
  '//',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/xapi/statements%00',
  '*',
]
const NAMES = [
  'statementId',
  'agent',
  'activityId',
  'stateId',
  'profileId',
  'registration',
  'since',
  'limit',
  'format',
  'method',
  'cursor',
  'token',
  'Limit',
  '__proto__',
  'x',
]
const VALUES = [
  '',
  '1',
  '-1',
  'true',
  'PUT',
  'GET',
  '{"mbox":"mailto:a@example.org"}',
  '{',
  'https://example.org/a',
  '9e13cefd-53d3-4eac-b5ed-2cf6693903bb',
  '%zz',
  '%ff',
  '%00',
  '\u00e9',
  'x.y',
  '2026-03-01T09:00:00Z',
]
const TYPES = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-7',
  'multipart/mixed; boundary=abc',
  'multipart/mixed',
  'multipart/form-data; boundary=abc',
  'application/x-www-form-urlencoded',
  'text/plain',
  '',
  ';;;',
  'application/octet-stream',
]
const VERSIONS = ['1.0.3', '1.0.3', '1.0.3', '2.0.0', '2.0.0', '1.0.0', '0.95', '', 'x'.repeat(500)]
const ODD_HEADERS = [
  'Expect: 100-continue',
  'Expect: something',
  'Upgrade: websocket',
  'Range: bytes=0-1',
  'If-Match: *',
  'If-Match: "a',
  'If-None-Match: *',
  'Accept-Encoding: gzip',
  'Accept-Encoding: br;q=x, *;q=0',
  'Accept-Language: ;;q=9',
  'Transfer-Encoding: gzip',
  'Content-Encoding: identity',
  'Host: other',
  'Cookie: a=b',
  'X-HTTP-Method-Override: DELETE',
  'Origin: https://evil.example.org',
  'Authorization: Bearer a.b.c',
  'Te: trailers',
  'no colon here',
  ': empty name',
  'Bad Name: x',
  'X-Null: a\u0000b',
]

export function fuzzedRequest(random: Random): Fuzzed {
  const body = bodyOf(random)
  const head = [lineOf(random), ...headersOf(random, body), '', ''].join(random.chance(0.98) ? '\r\n' : '\n')
  const sent = framed(random, body)
  const bytes = Buffer.concat([Buffer.from(head + sent.head, 'latin1'), sent.bytes])
  return {
    bytes: random.chance(0.03) ? mutated(random, bytes) : bytes,
    pieces: random.chance(0.1) ? 1 + random.below(20) : 1,
    breaksOff: random.chance(0.05),
  }
}

function lineOf(random: Random): string {
  const query = Array.from(
    { length: random.below(4) },
    () => `${random.of(NAMES)}=${encoded(random, random.of(VALUES))}`,
  )
  const long = random.chance(0.02) ? `&x=${'y'.repeat(random.below(20_000))}` : ''
  const path = `${random.of(PATHS)}${query.length > 0 || long ? '?' : ''}${query.join('&')}${long}`
  const method = random.chance(0.8) ? random.of(METHODS.slice(0, 5)) : random.of(METHODS)
  return `${method} ${path} ${random.chance(0.98) ? 'HTTP/1.1' : random.of(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', ''])}`
}

function encoded(random: Random, value: string): string {
  return random.chance(0.7) ? encodeURIComponent(value) : value.replace(/\s/g, '')
}

function headersOf(random: Random, body: Buffer): string[] {
  const headers = ['Host: localhost', 'Connection: close', `X-Experience-API-Version: ${random.of(VERSIONS)}`]
  if (random.chance(0.9)) headers.push(`Authorization: ${random.chance(0.9) ? LEARNER : wrong(random)}`)
  if (random.chance(0.9)) headers.push(`Content-Type: ${random.of(TYPES)}`)
  while (random.chance(0.3)) headers.push(random.of(ODD_HEADERS))
  if (random.chance(0.02)) for (let i = random.below(4000); i > 0; i--) headers.push(`X-${i}: ${i}`)
  return [...headers, ...framingOf(random, body)]
}

function wrong(random: Random): string {
  return random.of([
    basic(`nobody-${random.below(20)}`, 'x'),
    'Basic',
    'Basic !!!',
    'Bearer x',
    'Negotiate abc',
    'x'.repeat(3000),
  ])
}

/** Most of the time the truth; then too long, too short, twice, both ways, nonsense. */
function framingOf(random: Random, { length }: Buffer): string[] {
  const kind = random.below(20)
  if (kind < 12) return [`Content-Length: ${length}`]
  if (kind === 12) return [`Content-Length: ${length + 1 + random.below(100)}`]
  if (kind === 13) return [`Content-Length: ${Math.max(0, length - 1 - random.below(20))}`]
  if (kind === 14) return [`Content-Length: ${length}`, `Content-Length: ${length + 1}`]
  if (kind === 15) return [`Content-Length: ${length}`, 'Transfer-Encoding: chunked']
  if (kind === 16)
    return [`Content-Length: ${random.of(['-1', 'x', '1e3', '99999999999999999999', String(2 ** 31)])}`]
  if (kind === 17) return []
  return ['Transfer-Encoding: chunked']
}

function framed(random: Random, body: Buffer): { head: string; bytes: Buffer } {
  if (random.chance(0.85)) return { head: '', bytes: body }
  const size = random.chance(0.8)
    ? body.length.toString(16)
    : random.of(['zz', '-1', 'ffffffffffffffff', '1;x="y"'])
  return {
    head: `${size}\r\n`,
    bytes: Buffer.concat([body, Buffer.from(random.chance(0.8) ? '\r\n0\r\n\r\n' : '\r\n')]),
  }
}

function bodyOf(random: Random): Buffer {
  const plain = contentOf(random)
  switch (random.below(12)) {
    case 0:
      return mutated(random, plain)
    case 1:
      return plain.subarray(0, random.below(plain.length + 1))
    case 2:
      return gzipSync(plain).subarray(0, random.chance(0.5) ? undefined : random.below(40))
    case 3:
      return deflateSync(plain)
    case 4:
      return random.bytes(random.below(500))
    case 5:
      return Buffer.alloc(0)
    default:
      return plain
  }
}

function contentOf(random: Random): Buffer {
  const one = JSON.stringify(statement({ id: undefined }))
  switch (random.below(7)) {
    case 0:
      return Buffer.from(
        `[${Array(1 + random.below(5))
          .fill(one)
          .join(',')}]`,
      )
    case 1:
      return Buffer.from(
        `content=${encodeURIComponent(one)}&Authorization=${encodeURIComponent(LEARNER)}&X-Experience-API-Version=1.0.3`,
      )
    case 2:
      return multipartOf(random, one)
    case 3:
      return Buffer.from('['.repeat(random.below(3000)))
    case 4:
      return Buffer.from(`{"a":${'{"b":'.repeat(random.below(400))}`)
    default:
      return Buffer.from(one)
  }
}

function multipartOf(random: Random, one: string): Buffer {
  const parts = [
    '--abc\r\nContent-Type: application/json\r\n\r\n',
    one,
    '\r\n--abc\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: ',
    random.of(['', 'x', 'a'.repeat(64), '\u0000']),
    '\r\n\r\nbytes',
    '\r\n--abc--\r\n',
  ]
  return Buffer.from(parts.slice(0, 1 + random.below(parts.length)).join(''), 'latin1')
}

/** Some bytes changed, doubled or left out. */
function mutated(random: Random, bytes: Buffer): Buffer {
  if (bytes.length === 0) return random.bytes(3)
  const changed = Buffer.from(bytes)
  for (let i = 1 + random.below(8); i > 0; i--) changed[random.below(changed.length)] = random.below(256)
  const at = random.below(changed.length)
  return random.chance(0.5)
    ? changed
    : Buffer.concat([changed.subarray(0, at), changed.subarray(Math.max(0, at - 5))])
}
