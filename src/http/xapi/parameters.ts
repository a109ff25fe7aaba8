/** Which methods and parameters each resource has, so that every one of them refuses all others in the same way. */
import type { Request, RequestHandler, Response } from 'express'
import { malformedAt, Refusal } from '../../lrs/refusal.ts'

/** `null`: the resource reads its parameters itself, as strictly (xapi/query.ts). */
type Methods = Readonly<Partial<Record<'GET' | 'PUT' | 'POST' | 'DELETE', readonly string[] | null>>>

const STATE = ['activityId', 'agent', 'registration', 'stateId']
const ACTIVITY_PROFILE = ['activityId', 'profileId']
const AGENT_PROFILE = ['agent', 'profileId']

const written = (names: readonly string[]): Methods => ({
  GET: [...names, 'since'],
  PUT: names,
  POST: names,
  DELETE: names,
})

/** 1.0.3 Communication §2, 2.0.0 §4.1.6. */
const RESOURCES: ReadonlyMap<string, Methods> = new Map([
  ['/statements', { GET: null, PUT: ['statementId'], POST: [] }],
  ['/activities/state', written(STATE)],
  ['/activities/profile', written(ACTIVITY_PROFILE)],
  ['/agents/profile', written(AGENT_PROFILE)],
  ['/activities', { GET: ['activityId'] }],
  ['/agents', { GET: ['agent'] }],
  ['/about', { GET: [] }],
])

/** In lower case and without a slash at the end: neither means anything (docs/xapi.md). */
export function resourceOf(request: Request): string {
  return request.path.toLowerCase().replace(/(?<=.)\/$/, '')
}

/** As they were sent, also where the alternate request syntax sent them. */
export function searchOf(request: Request): URLSearchParams {
  return new URLSearchParams(queryOf(request))
}

function queryOf(request: Request): string {
  const start = request.originalUrl.indexOf('?')
  return start < 0 ? '' : request.originalUrl.slice(start + 1)
}

/**
 * Refuses a method the resource does not have (405, with `Allow`), and a parameter that is unknown, wrongly cased, given
 * twice or not UTF-8 (400, XAPI-00324, XAPI-00325). A path that is no resource ends here: Express would find some of them all
 * the same (two slashes at the end), and what stands between would not know the resource.
 */
export const refuseForeign: RequestHandler = (request, response, next) => {
  const methods = RESOURCES.get(resourceOf(request))
  if (!methods) throw new Refusal('not-found', `there is no xAPI resource ${request.path}`)
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (!Object.hasOwn(methods, method)) throw notAllowed(request, response, methods)
  refuseBrokenEscapes(queryOf(request), '?')
  const known = methods[method as keyof Methods]
  if (known) refuseParameters(request, known)
  next()
}

function notAllowed(request: Request, response: Response, methods: Methods): Refusal {
  const allowed = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
  response.set('Allow', allowed.join(', '))
  return new Refusal('method-not-allowed', `${request.method} is not one of ${allowed.join(', ')}`)
}

function refuseParameters(request: Request, known: readonly string[]): void {
  const names = [...searchOf(request).keys()]
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index) throw malformedAt(`?${name}`, 'is given more than once', 'XAPI-00324')
    if (known.includes(name)) continue
    const meant = known.find((one) => one.toLowerCase() === name.toLowerCase())
    if (meant) throw malformedAt(`?${name}`, `must be written ${meant}: case matters`, 'XAPI-00325')
    throw malformedAt(`?${name}`, 'is no parameter of this resource and method', 'XAPI-00324')
  }
}

/** URLSearchParams would take `%zz` for text, and put a replacement character where the bytes are not UTF-8. */
export function refuseBrokenEscapes(text: string, path: string): void {
  try {
    decodeURIComponent(text)
  } catch {
    throw malformedAt(path, 'has percent-escapes that are not UTF-8', 'RFC 3986 §2.1')
  }
}
