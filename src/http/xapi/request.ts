/** What every xAPI request has: a version, and answers that carry theirs. */
import type { Request, RequestHandler, Response } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { malformedAt } from '../../lrs/refusal.ts'
import type { Version } from '../../xapi/types.ts'

/** The newest version: what a request without a (known) version is answered with. */
const NEWEST: Version = '2.0.0'

export function versionOf(response: Response): Version {
  return response.locals.version as Version
}

/** `1.0`, `1.0.0` … `1.0.9` are the 1.0.3 family, `2.0.0` … the 2.0.0 family; null = neither. */
export function versionFamily(header: string): Version | null {
  if (/^1\.0(\.\d)?$/.test(header)) return '1.0.3'
  return /^2\.0(\.\d)?$/.test(header) ? '2.0.0' : null
}

/** The family a header asks for; the newest when there is none (only outside /xapi). @throws Refusal `malformed` */
export function checkedVersionOf(header: string | undefined): Version {
  const family = header === undefined ? NEWEST : versionFamily(header)
  if (family) return family
  throw malformedAt('X-Experience-API-Version', `«${header}» is not 1.0.x or 2.0.x`, 'XAPI-00331')
}

/** The version an answer is in: that of the request, or the newest when it asks for none we speak (XAPI-00330). */
export function showVersion(request: Request, response: Response): void {
  const family = versionFamily(request.get('x-experience-api-version') ?? '')
  response.set('X-Experience-API-Version', family ?? NEWEST)
}

/** Both headers of every answer, refusals included (XAPI-00330; Consistent-Through: 1.0.3 Communication §2.1.3). */
export function answerHeaders(lrs: Lrs): RequestHandler {
  // Earlier instants stay true: one of them is told while the store cannot be asked.
  let known = 0
  return async (request, response, next) => {
    showVersion(request, response)
    const through = await lrs.stores.statements.consistentThrough().catch(() => known)
    known = Math.max(known, through)
    response.set('X-Experience-API-Consistent-Through', new Date(through).toISOString())
    next()
  }
}

export const requireVersion: RequestHandler = (request, response, next) => {
  const header = request.get('x-experience-api-version')
  if (header === undefined) {
    throw malformedAt('X-Experience-API-Version', 'the header is missing; send 1.0.3 or 2.0.0', 'XAPI-00329')
  }
  response.locals.version = checkedVersionOf(header)
  next()
}
