/** What stands before the handlers: who calls, how often they failed, and the body as bytes. */
import express, { type Request, type RequestHandler, type Response } from 'express'
import { ipKeyGenerator, MemoryStore, type Options, rateLimit } from 'express-rate-limit'
import type { Caller } from '../lrs/access/access.ts'
import { authenticate, keyOf } from '../lrs/access/authenticate.ts'
import type { Lrs } from '../lrs/context.ts'
import { Refusal } from '../lrs/refusal.ts'

/** Failed sign-ins allowed for one address and key in the time below. */
const FAILURES = 20
const FAILURE_MS = 5 * 60_000

export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller
}

/**
 * Who calls. Failures are counted by address and key tried, so a wrong guess elsewhere locks nobody out. Only a failure
 * counts, when it is known to be one: requests under way and requests that break off are no guesses, however many. Without
 * a Basic key there is nothing to guess at: session tokens are signed.
 */
export function requireCaller(lrs: Lrs): RequestHandler {
  const failures = new MemoryStore()
  failures.init({ windowMs: FAILURE_MS } as Options)
  return async (request, response, next) => {
    const key = keyOf(request.get('authorization'))
    const tried = key === null ? null : guesser(request, key)
    if (tried !== null && ((await failures.get(tried))?.totalHits ?? 0) >= FAILURES) throw tooMany(response)
    try {
      response.locals.caller = await authenticate(lrs, request.get('authorization'))
    } catch (error) {
      if (tried !== null && error instanceof Refusal && error.kind === 'unauthenticated')
        await failures.increment(tried)
      throw error
    }
    next()
  }
}

/** Passwords are chosen by people: guesses under way count as well until they turn out right. */
export function limitFailedPasswords(nameOf: (request: Request) => string | null): RequestHandler {
  return rateLimit({
    windowMs: FAILURE_MS,
    limit: FAILURES,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => guesser(request, nameOf(request) ?? ''),
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_request, response, next) => next(tooMany(response)),
  })
}

/** The peer's address, or the client's as a trusted proxy tells it; an IPv6 guesser has a whole network of them. */
function guesser(request: Request, name: string): string {
  return `${ipKeyGenerator(request.ip ?? '')}|${name}`
}

function tooMany(response: Response): Refusal {
  response.set('Retry-After', String(FAILURE_MS / 1000))
  return new Refusal('too-many-attempts', `${FAILURES} failed sign-ins; wait ${FAILURE_MS / 60_000} minutes`)
}

/** So many requests a minute for each credential; people's sessions are not limited. 0: no limit. Stands behind `requireCaller`. */
export function limitRequests(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next()
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    skip: (_request, response) => callerOf(response).kind !== 'credential',
    keyGenerator: (_request, response) => callerOf(response).id,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    // express-rate-limit has set Retry-After.
    handler: (_request, _response, next) => {
      next(new Refusal('too-many-requests', `more than ${perMinute} requests a minute with this credential`))
    },
  })
}

/**
 * The body as bytes, whatever the content type; gzip, deflate and br are undone, and the limit holds for what they inflate to.
 * One that says beforehand that it is too long is refused unread.
 */
export function rawBody(limit: number): RequestHandler {
  const read = express.raw({ limit, type: () => true, inflate: true })
  return (request, response, next) => {
    if (Number(request.get('content-length')) > limit)
      throw Object.assign(new Error('too large'), { status: 413 })
    read(request, response, next)
  }
}

export function bytesOf(request: Request): Uint8Array {
  return Buffer.isBuffer(request.body) ? request.body : new Uint8Array()
}

/** A path that exists, asked with a method it does not have. */
export function allowOnly(...methods: readonly string[]): RequestHandler {
  return (request, response) => {
    response.set('Allow', methods.join(', '))
    throw new Refusal('method-not-allowed', `${request.method} is not one of ${methods.join(', ')}`)
  }
}
