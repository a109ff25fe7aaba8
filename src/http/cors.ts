/** Which other origins' pages may call (ROLLCALL_CORS): content in a browser mostly stands on another one than its LRS. */
import cors from 'cors'
import type { RequestHandler } from 'express'

/** What a page may read beside the safe headers of every answer. */
const EXPOSED = [
  'ETag',
  'Last-Modified',
  'X-Experience-API-Version',
  'X-Experience-API-Consistent-Through',
  'WWW-Authenticate',
  'Content-Length',
  'Retry-After',
]
const PREFLIGHT_SECONDS = 600

/**
 * Stands before everything that asks who calls: a preflight bears no credentials. Cookies mean nothing to us; credentials are
 * allowed to named origins because a browser counts stored Basic credentials as such.
 * @param origins `*`: any, without credentials
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  if (origins.length === 0) return (_request, _response, next) => next()
  const any = origins.includes('*')
  return cors({
    origin: any ? '*' : [...origins],
    credentials: !any,
    methods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
    exposedHeaders: EXPOSED,
    maxAge: PREFLIGHT_SECONDS,
  })
}
