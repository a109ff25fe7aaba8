/** The body of a request that brings statements: JSON, or multipart/mixed with the bytes of attachments. */
import { MIMEType } from 'node:util'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Request, RequestHandler, Response } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { malformedAt, Refusal } from '../../lrs/refusal.ts'
import type { Bodies, BodyResult } from '../../lrs/statements/body-operations.ts'
import { withMultipart } from '../../lrs/statements/receive-multipart.ts'
import { bytesOf, callerOf, rawBody } from '../middleware.ts'
import { partsOf } from './multipart.ts'
import { versionOf } from './request.ts'

export interface ReceiveDeps {
  readonly lrs: Lrs
  readonly bodies: Bodies
  /** Most bytes of a JSON body, and of the JSON part of a multipart body. */
  readonly bodyLimit: number
  /** Most bytes of a whole multipart body. */
  readonly attachmentLimit: number
}

/** Reads a JSON body whole; a multipart body is left to be read as it comes. */
export function wholeJson(limit: number): RequestHandler {
  const read = rawBody(limit)
  return (request, response, next) => {
    if (typeOf(request)?.essence === 'multipart/mixed') next()
    else read(request, response, next)
  }
}

/** @throws Refusal `malformed`, `too-large`, `unsupported-media-type`, and those of the operation */
export async function storeReceived(
  { lrs, bodies, bodyLimit, attachmentLimit }: ReceiveDeps,
  request: Request,
  response: Response,
  putId?: string,
): Promise<BodyResult<'store statements'>> {
  const caller = callerOf(response)
  const asked = { version: versionOf(response), ...(putId && { putId }) }
  const type = typeOf(request)
  if (type?.essence === 'application/json')
    return await bodies.run('store statements', caller, { ...asked, bytes: bytesOf(request) })
  if (type?.essence !== 'multipart/mixed') throw notStatements(type?.essence ?? '')
  const source = bodyOf(request, attachmentLimit)
  const received = { parts: partsOf(source, boundaryOf(type)), jsonLimit: bodyLimit }
  try {
    return await withMultipart(lrs, caller, received, (body) =>
      bodies.run('store statements', caller, { ...asked, ...body }),
    )
  } finally {
    // What is still to come is let through and ignored, or the connection could not be used again. Nobody asks for what was
    // not begun (expect.ts).
    if (request.readableDidRead) request.resume()
  }
}

function notStatements(type: string): Refusal {
  const message = `statements are sent as application/json or multipart/mixed, not as «${type}»`
  return malformedAt('Content-Type', message, 'XAPI-00127')
}

function typeOf(request: Request): MIMEType | null {
  try {
    return new MIMEType(request.get('content-type') ?? '')
  } catch {
    return null
  }
}

/** Any length and characters, beyond what RFC 2046 allows; one that could not stand on a line of its own is none. */
function boundaryOf(type: MIMEType): string {
  const boundary = type.params.get('boundary')
  if (boundary && /^[\x20-\x7e]{1,200}$/.test(boundary)) return boundary
  throw malformedAt('Content-Type', 'multipart/mixed needs a boundary parameter', 'XAPI-00131')
}

/** The bytes as they come, decompressed, up to the limit. */
async function* bodyOf(request: Request, limit: number): AsyncGenerator<Uint8Array> {
  if (Number(request.get('content-length') ?? 0) > limit) throw tooLarge(limit)
  let size = 0
  try {
    for await (const chunk of decoded(request)) {
      size += chunk.byteLength
      if (size > limit) throw tooLarge(limit)
      yield chunk
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw malformedAt('body', `breaks off: ${(error as Error).message}`, 'RFC 9110')
  }
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const

/** A request that is left early must not be destroyed: the answer is still to be sent over its connection. */
function decoded(request: Request): AsyncIterable<Buffer> {
  const encoding = (request.get('content-encoding') ?? 'identity').toLowerCase()
  if (encoding === 'identity') return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  if (!Object.hasOwn(DECODERS, encoding))
    throw new Refusal('unsupported-media-type', `Content-Encoding «${encoding}» is not known here`)
  const decoder = DECODERS[encoding as keyof typeof DECODERS]()
  request.once('error', (error) => decoder.destroy(error))
  return request.pipe(decoder)
}

function tooLarge(limit: number): Refusal {
  return new Refusal(
    'too-large',
    `the request has more than ${limit} bytes: send fewer attachments; ROLLCALL_ATTACHMENT_LIMIT can be raised`,
  )
}
