/** What stands before the handlers: who calls, how often they failed, and the body as bytes. */
import express, { type Request, type RequestHandler, type Response } from 'express'
import { MemoryStore, type Options, rateLimit } from 'express-rate-limit'
import type { Caller } from '../lrs/access.ts'
import { authenticate, keyOf } from '../lrs/authenticate.ts'
import type { Lrs } from '../lrs/context.ts'
import { Refusal } from '../lrs/refusal.ts'

/** Failed sign-ins allowed for one address and key in the time below. */
const FAILURES = 20
const FAILURE_MS = 5 * 60_000

export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller
}

export function requireCaller(lrs: Lrs): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await authenticate(lrs, request.get('authorization'))
    next()
  }
}

/**
 * For passwords: by address and the name tried, so that a wrong guess elsewhere locks nobody out. Requests count while they
 * are being answered, so guesses sent at once do not slip through.
 */
export function limitFailedSignIns(nameOf: (request: Request) => string | null): RequestHandler {
  return rateLimit({
    windowMs: FAILURE_MS,
    limit: FAILURES,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => triedBy(request, nameOf(request)),
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_request, response, next) => next(tooManyFailures(response)),
  })
}

/**
 * For keys and secrets: counts answers 401 only, when they are given. A sender with many requests open at once is no guesser,
 * and a secret of 256 bits is not guessed by those that slip through.
 */
export function limitFailedKeys(): RequestHandler {
  const failures = new MemoryStore()
  failures.init({ windowMs: FAILURE_MS } as Options)
  return async (request, response, next) => {
    const tried = triedBy(request, keyOf(request.get('authorization')))
    const seen = await failures.get(tried)
    if (seen && seen.totalHits >= FAILURES) throw tooManyFailures(response)
    response.once('finish', () => {
      if (response.statusCode === 401) void failures.increment(tried)
    })
    next()
  }
}

/** The peer's address, or the client's as a trusted proxy tells it, and the name. */
function triedBy(request: Request, name: string | null): string {
  return `${request.ip}|${name ?? ''}`
}

function tooManyFailures(response: Response): Refusal {
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

/** The body exactly as received; bytes, whatever the content type. */
export function rawBody(limit: number): RequestHandler {
  return express.raw({ limit, type: () => true, inflate: true })
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
