/**
 * Takes multipart bodies apart while they arrive (RFC 2046 §5.1). Stricter than the RFC in one thing: a delimiter is a whole
 * line, so bytes of an attachment that only begin like one stay what they are.
 */

import { malformedAt } from '../../lrs/refusal.ts'
import type { Part } from '../../lrs/statements/receive-multipart.ts'

const CRLF = Buffer.from('\r\n')
const END_OF_HEADERS = Buffer.from('\r\n\r\n')
const MOST_HEADER_BYTES = 16 * 1024
/** White space that may follow a boundary on its line. */
const MOST_PADDING = 256
const REQUIREMENT = 'XAPI-00130'

/** What ends a part: another one follows, or it was the last. */
type Delimiter = { readonly start: number; readonly end: number; readonly last: boolean }
/** `start`: what comes before it is data for certain. */
type Undecided = { readonly start: number; readonly end: null }

/**
 * The parts in order, each with a body that is read to its end or not at all. What lies before the first delimiter and behind
 * the last is read and ignored.
 * @throws Refusal `malformed`, and what `source` throws
 */
export async function* partsOf(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const input = inputOf(source)
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1')
  let last = false
  /**
   * Yields up to the next delimiter and leaves the input behind it. The line break before a body is not part of it, but may
   * be the beginning of the delimiter when there is no body.
   */
  const section = async function* (): AsyncGenerator<Uint8Array> {
    for (let skip = CRLF.length; ; ) {
      const found = findDelimiter(input.bytes(), delimiter, input.ended())
      const skipped = Math.min(skip, found.start)
      skip -= skipped
      input.take(skipped)
      if (found.start > skipped) yield input.take(found.start - skipped)
      if (found.end !== null) {
        input.take(found.end - found.start)
        last = found.last
        return
      }
      if (input.ended())
        throw malformedAt('body', `ends without the last boundary --${boundary}--`, REQUIREMENT)
      await input.more()
    }
  }
  for await (const _preamble of section());
  while (!last) {
    const headers = await readHeaders(input)
    const body = section()
    yield { headers, body }
    for await (const _unread of body);
  }
  while (!input.ended()) {
    input.take(input.bytes().length)
    await input.more()
  }
}

/** What has arrived and is not taken yet. */
function inputOf(source: AsyncIterable<Uint8Array>) {
  const chunks = source[Symbol.asyncIterator]()
  // As if a line ended before the body: so its first line can be a delimiter like any other.
  let held: Buffer = CRLF
  let ended = false
  return {
    bytes: () => held,
    ended: () => ended,
    take: (size: number): Uint8Array => {
      const taken = held.subarray(0, size)
      held = held.subarray(size)
      return taken
    },
    more: async (): Promise<void> => {
      const { value, done } = await chunks.next()
      if (done) ended = true
      else
        held =
          held.length === 0
            ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
            : Buffer.concat([held, value])
    },
  }
}

function findDelimiter(bytes: Buffer, delimiter: Buffer, ended: boolean): Delimiter | Undecided {
  for (let from = 0; ; ) {
    const start = bytes.indexOf(delimiter, from)
    if (start < 0) break
    const line = restOfLine(bytes, start + delimiter.length, ended)
    if (line === 'undecided') return { start, end: null }
    if (line !== null) return { start, ...line }
    from = start + CRLF.length
  }
  // Its beginning may be the end of what has arrived.
  return { start: ended ? bytes.length : Math.max(0, bytes.length - delimiter.length + 1), end: null }
}

const [CR, LF, SPACE, TAB, DASH] = [13, 10, 32, 9, 45]

/** What follows a boundary on its line; null: it is no delimiter. */
function restOfLine(
  bytes: Buffer,
  start: number,
  ended: boolean,
): { readonly end: number; readonly last: boolean } | 'undecided' | null {
  const isShort = (at: number) => at >= bytes.length && !ended
  if (isShort(start + 1)) return 'undecided'
  const last = bytes[start] === DASH && bytes[start + 1] === DASH
  const at = behindPadding(bytes, last ? start + 2 : start)
  if (bytes[at] === CR && bytes[at + 1] === LF) return { end: at + CRLF.length, last }
  if (at >= bytes.length && ended) return last ? { end: at, last } : null
  return at >= bytes.length || (bytes[at] === CR && isShort(at + 1)) ? 'undecided' : null
}

function behindPadding(bytes: Buffer, start: number): number {
  let at = start
  while (at < start + MOST_PADDING && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1
  return at
}

/** Leaves the input at the line break before the body. */
async function readHeaders(input: ReturnType<typeof inputOf>): Promise<ReadonlyMap<string, string>> {
  for (;;) {
    const bytes = input.bytes()
    if (bytes.subarray(0, CRLF.length).equals(CRLF)) return new Map()
    const end = bytes.indexOf(END_OF_HEADERS)
    if (end >= 0 && end <= MOST_HEADER_BYTES) {
      const text = Buffer.from(input.take(end)).toString('latin1')
      input.take(CRLF.length)
      return parseHeaders(text)
    }
    if (bytes.length > MOST_HEADER_BYTES)
      throw malformedAt('body', 'a part has more than 16 KB of headers', REQUIREMENT)
    if (input.ended()) throw malformedAt('body', 'ends within the headers of a part', REQUIREMENT)
    await input.more()
  }
}

function parseHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  // A line that begins with white space continues the one before (RFC 5322 §2.2.3).
  for (const line of text.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (colon < 1 || name === '')
      throw malformedAt('body', 'a part has a line that is no header', REQUIREMENT)
    if (headers.has(name)) throw malformedAt('body', `a part has the header ${name} twice`, REQUIREMENT)
    headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}
