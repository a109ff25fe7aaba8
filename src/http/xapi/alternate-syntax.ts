/**
 * The alternate request syntax of 1.0.x (Communication §1.3, XAPI-00336): `POST …?method=PUT` with a form that holds
 * parameters, headers and content. Here it becomes the request that was meant, before anything else looks at it.
 */
import type { Request, RequestHandler, Response } from 'express'
import { malformedAt } from '../../lrs/refusal.ts'
import { bytesOf, rawBody } from '../middleware.ts'
import { refuseBrokenEscapes, searchOf } from './parameters.ts'
import { showVersion, versionFamily } from './request.ts'

const SOURCE = 'xAPI 1.0.3 Communication §1.3'
const METHODS = new Set(['GET', 'PUT', 'POST', 'DELETE'])
const WITH_CONTENT = new Set(['PUT', 'POST'])

/** Form fields that are headers, in any case; they win over the real ones. All others are parameters. */
const HEADERS = new Set([
  'authorization',
  'x-experience-api-version',
  'content-type',
  'content-length',
  'if-match',
  'if-none-match',
  'accept',
  'accept-language',
])

/** What HTTP lets a header be (RFC 9110 §5.5), of the size a server takes: a document is answered with the type it came with. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/

interface Meant {
  readonly method: string
  readonly headers: ReadonlyMap<string, string>
  readonly parameters: URLSearchParams
  readonly content: string | null
}

/** Stands before the checks of version and caller: both may be in the form alone. */
export function alternateSyntax(limit: number): RequestHandler {
  const read = rawBody(limit)
  return async (request, response, next) => {
    if (request.method !== 'POST' || !searchOf(request).has('method')) return next()
    await new Promise<void>((resolve, reject) => {
      read(request, response, (error?: unknown) => (error ? reject(error) : resolve()))
    })
    become(request, response, meantBy(request))
    next()
  }
}

function meantBy(request: Request): Meant {
  const method = methodIn(searchOf(request))
  const meant = { method, ...sorted(formOf(request)) }
  refuseContent(meant)
  return meant
}

function sorted(fields: URLSearchParams): Omit<Meant, 'method'> {
  const headers = new Map<string, string>()
  const parameters = new URLSearchParams()
  for (const [name, value] of fields) {
    const header = name === 'content' ? name : name.toLowerCase()
    if (header !== 'content' && !HEADERS.has(header)) parameters.append(name, value)
    else if (headers.has(header)) throw malformedAt(name, 'stands twice in the form', SOURCE)
    else headers.set(header, value)
  }
  const content = headers.get('content') ?? null
  headers.delete('content')
  for (const [name, value] of headers) refuseFieldValue(name, value)
  return { headers, parameters, content }
}

function refuseFieldValue(name: string, value: string): void {
  if (FIELD_VALUE.test(value)) return
  const message = 'could be no header: characters of Latin-1 without line breaks, 8192 at most'
  throw malformedAt(name, message, 'RFC 9110 §5.5')
}

function refuseContent({ method, headers, content }: Meant): void {
  const wanted = WITH_CONTENT.has(method)
  if (wanted && content === null)
    throw malformedAt('content', `${method} needs a form field «content»`, SOURCE)
  if (!wanted && content !== null) throw malformedAt('content', `${method} has no content`, SOURCE)
  if (/^\s*multipart\//i.test(headers.get('content-type') ?? ''))
    throw malformedAt('content', 'attachments are binary: send them as a body of their own', SOURCE)
}

function methodIn(query: URLSearchParams): string {
  const other = [...query.keys()].find((name) => name !== 'method')
  if (other !== undefined)
    throw malformedAt(`?${other}`, 'parameters belong in the form: only «method» stands in the URL', SOURCE)
  const [method = '', ...more] = query.getAll('method')
  if (more.length > 0 || !METHODS.has(method))
    throw malformedAt('?method', `must be one of ${[...METHODS].join(', ')}, once`, SOURCE)
  return method
}

/** Content is text: a form whose escapes are not UTF-8 carries something else, and is refused. */
function formOf(request: Request): URLSearchParams {
  const bytes = bytesOf(request)
  const type = request.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (bytes.length > 0 && type !== 'application/x-www-form-urlencoded')
    throw malformedAt('Content-Type', 'the form must be application/x-www-form-urlencoded', SOURCE)
  const text = textOf(bytes)
  refuseBrokenEscapes(text, 'form')
  return new URLSearchParams(text)
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw malformedAt('form', 'is not UTF-8', SOURCE)
  }
}

function become(request: Request, response: Response, { method, headers, parameters, content }: Meant): void {
  for (const name of ['content-type', 'content-length', 'content-encoding']) delete request.headers[name]
  for (const [name, value] of headers) request.headers[name] = value
  showVersion(request, response)
  if (versionFamily(request.get('x-experience-api-version') ?? '') === '2.0.0')
    throw malformedAt('?method', 'is no parameter of version 2.0: send the request itself', 'XAPI-00324')
  if (content !== null) {
    request.body = Buffer.from(content)
    request.headers['content-length'] = String(request.body.length)
    request.headers['content-type'] ??= 'application/json'
  } else {
    request.body = undefined
    delete request.headers['content-length']
  }
  const query = parameters.size > 0 ? `?${parameters}` : ''
  request.method = method
  request.originalUrl = request.originalUrl.split('?')[0] + query
  request.url = request.path + query
}
