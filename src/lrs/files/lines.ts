/** Lines of a file, plain or gzip, in memory that does not grow with it. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** A longer one is no statement anybody could have sent. */
const LONGEST_LINE = 16 * 1024 * 1024
const CHUNK = 256 * 1024
const NEWLINE = 10

export interface Line {
  /** From 1. */
  readonly number: number
  /** Null when it is longer than 16 MB. */
  readonly bytes: Uint8Array | null
}

export interface Survey {
  /** SHA-256 of the uncompressed text, hex: the same for a file and its gzip. */
  readonly hash: string
  readonly lines: number
}

/** Reads the file once: what it is, and how long. @throws what the file system says */
export async function survey(file: string): Promise<Survey> {
  const hash = createHash('sha256')
  let lines = 0
  let open = false
  for await (const chunk of textOf(file)) {
    hash.update(chunk)
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1
    open = chunk.at(-1) !== NEWLINE
  }
  return { hash: hash.digest('hex'), lines: open ? lines + 1 : lines }
}

/** Every line after `after`, in order; the last one may end without a newline. */
export async function* linesOf(file: string, after: number): AsyncGenerator<Line> {
  let number = 0
  let parts: Buffer[] = []
  let length = 0
  const finish = (rest: Buffer): Line => {
    number += 1
    const bytes = length + rest.length > LONGEST_LINE ? null : joined(parts, rest)
    parts = []
    length = 0
    return { number, bytes }
  }
  for await (const chunk of textOf(file)) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      const line = finish(chunk.subarray(from, at))
      if (line.number > after) yield line
      from = at + 1
    }
    const rest = chunk.subarray(from)
    length += rest.length
    if (length <= LONGEST_LINE && rest.length > 0) parts.push(rest)
  }
  if (length === 0) return
  const last = finish(Buffer.alloc(0))
  if (last.number > after) yield last
}

function joined(parts: readonly Buffer[], rest: Buffer): Buffer {
  return parts.length === 0 ? rest : Buffer.concat([...parts, rest])
}

async function* textOf(file: string): AsyncGenerator<Buffer> {
  // Asked first: a stream that waits while its file is missing has nobody to tell.
  const gunzip = (await isGzip(file)) ? createGunzip({ chunkSize: CHUNK }) : null
  const source = createReadStream(file, { highWaterMark: CHUNK })
  // The error of either side is thrown where the text is read.
  const text: Readable = gunzip ? pipeline(source, gunzip, () => undefined) : source
  for await (const chunk of text) yield chunk as Buffer
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}
