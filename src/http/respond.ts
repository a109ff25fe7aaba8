/** The only place that turns a refusal into a status and a body (RFC 9457 problem document). */
import type { ErrorRequestHandler, Request, Response } from 'express'
import type { Logger } from 'pino'
import type { Caller } from '../lrs/access/access.ts'
import type { Lrs } from '../lrs/context.ts'
import { Refusal, type RefusalKind } from '../lrs/refusal.ts'

const STATUS: Record<RefusalKind, number> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'precondition-failed': 412,
  'too-large': 413,
  'unsupported-media-type': 415,
  'too-many-attempts': 429,
  'too-many-requests': 429,
  'not-yet-available': 422,
  unavailable: 503,
}

const TITLE: Record<RefusalKind, string> = {
  malformed: 'The request breaks a requirement',
  unauthenticated: 'Who are you?',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  conflict: 'Conflict',
  'precondition-failed': 'A precondition does not hold',
  'too-large': 'Too large',
  'unsupported-media-type': 'Unsupported media type',
  'too-many-attempts': 'Too many failed sign-ins',
  'too-many-requests': 'Too many requests',
  'not-yet-available': 'Not available in this version',
  unavailable: 'The store cannot be used right now',
}

const UNREMEMBERED: ReadonlySet<RefusalKind> = new Set(['unavailable', 'too-many-requests'])

const UNAVAILABLE_RETRY_SECONDS = '5'

export interface RefusalDeps {
  readonly lrs: Pick<Lrs, 'stores' | 'clock'>
  readonly log: Logger
  /** How many refusals a tenant keeps (ruling 25). */
  readonly keep: number
  /** Every refusal is counted, with or without a caller. */
  refused(kind: RefusalKind): void
}

/** Express's last handler. A refusal is answered in full; anything else is a fault of ours and says nothing of itself. */
export function respondToErrors({ lrs, log, keep, refused }: RefusalDeps): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const refusal = asRefusal(error)
    if (refusal) refused(refusal.kind)
    if (!refusal) log.error({ err: error, method: request.method, path: request.path }, 'request failed')
    else if (refusal.kind === 'unavailable') log.error({ err: refusal.cause }, 'store unavailable')
    if (response.headersSent) return next(error)
    send(response, refusal)
    if (refusal) remember(request, response, refusal)
  }

  function remember(request: Request, response: Response, refusal: Refusal): void {
    const caller = response.locals.caller as Caller | undefined
    if (!caller || keep === 0 || !isWorthKeeping(request, refusal)) return
    const record = {
      at: lrs.clock.now(),
      credential: caller.kind === 'credential' ? caller.key : caller.email,
      method: request.method,
      path: request.baseUrl + request.path,
      status: STATUS[refusal.kind],
      detail: withoutBody(refusal),
      requirement: refusal.violations[0]?.requirement ?? null,
    }
    lrs.stores.refusals
      .add(caller.tenant, record, keep)
      .catch((cause) => log.warn({ err: cause }, 'refusal not logged'))
  }
}

/**
 * A flood and a full disk must not cost a write each. That something is not there is an answer: all content asks for the state
 * it has not saved yet, by names that may be somebody's (ruling 25).
 */
function isWorthKeeping({ method }: Request, { kind }: Refusal): boolean {
  if (kind === 'not-found' && (method === 'GET' || method === 'HEAD')) return false
  return !UNREMEMBERED.has(kind)
}

function send(response: Response, refusal: Refusal | null): void {
  if (!refusal) {
    response.status(500).type('application/problem+json')
    response.send(JSON.stringify({ type: 'about:blank', title: 'A fault of the server', status: 500 }))
    return
  }
  const status = STATUS[refusal.kind]
  if (status === 401)
    response.set('WWW-Authenticate', 'Basic realm="Rollcall", charset="UTF-8", Bearer realm="Rollcall"')
  if (status === 503) response.set('Retry-After', UNAVAILABLE_RETRY_SECONDS)
  response.status(status).type('application/problem+json')
  response.send(
    JSON.stringify({
      type: `urn:rollcall:refusal:${refusal.kind}`,
      title: TITLE[refusal.kind],
      status,
      detail: refusal.message,
      ...(refusal.violations.length > 0 ? { errors: refusal.violations } : {}),
    }),
  )
}

/** Express and its body parser put `status` on errors that are the client's fault; the store says when it is unavailable. */
function asRefusal(error: unknown): Refusal | null {
  if (error instanceof Refusal) return error
  if (typeof error !== 'object' || error === null) return null
  const { status, code, message } = error as { status?: unknown; code?: unknown; message?: unknown }
  if (code === 'unavailable') {
    return new Refusal(
      'unavailable',
      'the store cannot be used right now; the request is stored whole or not at all: send it again',
      [],
      error,
    )
  }
  if (code === 'bad-cursor') {
    return new Refusal('malformed', String(message), [
      { path: '?cursor', message: String(message), requirement: 'list parameters' },
    ])
  }
  if (status === 413)
    return new Refusal(
      'too-large',
      'the body is larger than allowed here: send less; for all but signing in ROLLCALL_BODY_LIMIT can be raised',
    )
  if (status === 415) return new Refusal('unsupported-media-type', String(message))
  if (typeof status === 'number' && status >= 400 && status < 500) {
    const violation = { path: 'request', message: String(message), requirement: 'RFC 9110' }
    return new Refusal('malformed', String(message), [violation])
  }
  return null
}

/** Never a value of the body: a violation's sentence may quote one, and it may be personal (ruling 25). */
function withoutBody({ violations: [first], message }: Refusal): string {
  return first ? `${first.path} breaks ${first.requirement}` : message.slice(0, 500)
}
