/** What stands before the handlers: who calls, how often they failed, and the body as bytes. */
import express, { type Request, type RequestHandler, type Response } from 'express'
import { rateLimit } from 'express-rate-limit'
import type { Caller } from '../lrs/access.ts'
import { authenticate, keyOf } from '../lrs/authenticate.ts'
import type { Lrs } from '../lrs/context.ts'
import { Refusal } from '../lrs/refusal.ts'

/** Failed sign-ins allowed for one address and key in the time below. */
const FAILURES = 20
const FAILURE_MINUTES = 5

export function callerOf(response: Response): Caller {
  return response.locals.caller as Caller
}

export function requireCaller(lrs: Lrs): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await authenticate(lrs, request.get('authorization'))
    next()
  }
}

/** Counts only answers 401, by address and the name tried: a wrong guess elsewhere locks nobody out. */
export function limitFailedSignIns(nameOf: (request: Request) => string | null): RequestHandler {
  return rateLimit({
    windowMs: FAILURE_MINUTES * 60_000,
    limit: FAILURES,
    skipSuccessfulRequests: true,
    requestWasSuccessful: (_request, response) => response.statusCode !== 401,
    keyGenerator: (request) => `${request.socket.remoteAddress}|${nameOf(request) ?? ''}`,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (_request, response, next) => {
      response.set('Retry-After', String(FAILURE_MINUTES * 60))
      next(new Refusal('too-many-attempts', `${FAILURES} failed sign-ins; wait ${FAILURE_MINUTES} minutes`))
    },
  })
}

export const basicKey = (request: Request): string | null => keyOf(request.get('authorization'))

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
