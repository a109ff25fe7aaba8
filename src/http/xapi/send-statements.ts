/** Statements as they leave: JSON, or multipart/mixed when attachments are asked for (1.0.3 Communication §1.5.2). */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import type { OutgoingAttachment } from '../../lrs/statements/outgoing-attachments.ts'

/** @param attachments null: they were not asked for */
export async function sendStatements(
  request: Request,
  response: Response,
  json: string,
  attachments: readonly OutgoingAttachment[] | null,
): Promise<void> {
  if (attachments === null) {
    response.set('Content-Type', 'application/json; charset=utf-8').send(json)
    return
  }
  const boundary = boundaryOf(json)
  const heads = attachments.map((one) => headOf(one, boundary))
  const first = `--${boundary}\r\nContent-Type: application/json\r\n\r\n${json}`
  const last = `\r\n--${boundary}--\r\n`
  const length =
    [first, ...heads, last].reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
    attachments.reduce((sum, { bytes }) => sum + bytes, 0)
  response.set('Content-Type', `multipart/mixed; boundary=${boundary}`).set('Content-Length', String(length))
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(first)
    for (const [index, one] of attachments.entries()) {
      yield Buffer.from(heads[index] ?? '')
      yield* await one.open()
    }
    yield Buffer.from(last)
  }
  await pipeline(Readable.from(parts(), { objectMode: false }), response).catch((error: unknown) => {
    // The client went away; of anything else it sees an answer that is too short.
    if (!isGone(error)) throw error
  })
}

/**
 * The same for HEAD and GET. No attachment can hold it: its statement names the attachment's hash, and the boundary is a hash
 * over the statement.
 */
function boundaryOf(json: string): string {
  return `rollcall${createHash('sha256').update(json).digest('hex').slice(0, 40)}`
}

function headOf({ sha2, contentType }: OutgoingAttachment, boundary: string): string {
  return [
    `\r\n--${boundary}`,
    // Quoted parameters may hold anything; a line break would begin another header.
    `Content-Type: ${contentType.replaceAll(/\p{Cc}+/gu, ' ')}`,
    'Content-Transfer-Encoding: binary',
    `X-Experience-API-Hash: ${sha2}`,
    '\r\n',
  ].join('\r\n')
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}
