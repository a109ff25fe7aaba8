/** Multipart bodies are read the same however they arrive (RFC 2046 §5.1). */
import { buffer, text } from 'node:stream/consumers'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partsOf } from '../../src/http/xapi/multipart.ts'

const BOUNDARY = '--a_b'

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length
    yield bytes.subarray(start, start + size)
    start += size
  }
}

async function read(body: Buffer | string, sizes: readonly number[] = [7]) {
  const found: { headers: Record<string, string>; body: Buffer }[] = []
  for await (const part of partsOf(chunksOf(Buffer.from(body as string), sizes), BOUNDARY))
    found.push({ headers: Object.fromEntries(part.headers), body: await buffer(part.body) })
  return found
}

const bodiesOf = async (body: string) => (await read(body, [1])).map((part) => part.body.toString())

describe('multipart bodies', () => {
  /** Bytes that are made of what delimiters are made of. */
  const treacherous = fc
    .array(fc.constantFrom('\r', '\n', '\r\n', '-', '--', 'a_b', `\r\n--${BOUNDARY}x`, 'x', '\u0000', ' '), {
      maxLength: 12,
    })
    .map((pieces) => pieces.join(''))
    // The delimiter itself cannot be within a part, nor can a part begin with what would be one after a line break.
    .filter((bytes) => !/(^|\r\n)----a_b(--)?[ \t]*(\r\n|\r?$)/.test(bytes))

  it('give the same parts in chunks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(treacherous, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        async (bodies, sizes) => {
          const parts = bodies.map((body) => `--${BOUNDARY}\r\nA: b\r\n\r\n${body}\r\n`)
          const found = await read(`${parts.join('')}--${BOUNDARY}--`, sizes)
          expect(found.map((part) => part.body.toString())).toEqual(bodies)
          expect(found.every(({ headers }) => headers.a === 'b')).toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('never end in anything but parts or a refusal, whatever arrives', async () => {
    const piece = fc.constantFrom('\r\n', `--${BOUNDARY}`, '--', 'A: b', ':', ' ', 'x', '\r', '\n')
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 15 }),
        fc.integer({ min: 1, max: 9 }),
        async (pieces, size) => {
          const outcome = await read(pieces.join(''), [size]).catch((error: unknown) => error)
          expect(Array.isArray(outcome) || (outcome as { kind?: string }).kind === 'malformed').toBe(true)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('may have parts without headers and without bodies', async () => {
    expect(await bodiesOf(`--${BOUNDARY}\r\n\r\nx\r\n--${BOUNDARY}\r\n\r\n\r\n--${BOUNDARY}--\r\n`)).toEqual([
      'x',
      '',
    ])
    expect(await bodiesOf(`--${BOUNDARY}\r\nA: b\r\n\r\n--${BOUNDARY}\r\n\r\n--${BOUNDARY}--`)).toEqual([
      '',
      '',
    ])
  })

  it('may continue a header on the next line', async () => {
    const [part] = await read(`--${BOUNDARY}\r\nA: b;\r\n  c\r\nB:d\r\n\r\n\r\n--${BOUNDARY}--`)
    expect(part?.headers).toEqual({ a: 'b; c', b: 'd' })
  })

  it.each([
    ['no boundary', 'x'],
    ['no last boundary', `--${BOUNDARY}\r\n\r\nx\r\n--${BOUNDARY}\r\n`],
    ['an end within headers', `--${BOUNDARY}\r\nA: b`],
    ['a line that is no header', `--${BOUNDARY}\r\nA b\r\n\r\nx\r\n--${BOUNDARY}--`],
    ['a header twice', `--${BOUNDARY}\r\nA: b\r\na: c\r\n\r\nx\r\n--${BOUNDARY}--`],
    ['endless headers', `--${BOUNDARY}\r\nA: ${'x'.repeat(20_000)}\r\n\r\nx\r\n--${BOUNDARY}--`],
  ])('are refused with %s (XAPI-00130)', async (_name, body) => {
    await expect(read(body)).rejects.toMatchObject({
      kind: 'malformed',
      violations: [{ path: 'body', requirement: 'XAPI-00130' }],
    })
  })

  it('are read on when a part is not looked at', async () => {
    const body = Buffer.from(
      `--${BOUNDARY}\r\n\r\nfirst\r\n--${BOUNDARY}\r\nN: 2\r\n\r\nsecond\r\n--${BOUNDARY}--`,
    )
    for await (const part of partsOf(chunksOf(body, [3]), BOUNDARY))
      if (part.headers.has('n')) expect(await text(part.body)).toBe('second')
  })
})
