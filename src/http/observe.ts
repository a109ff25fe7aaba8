/** What is told of every request when it has been answered, to metrics and logs alike: ids and a coarse path, never people. */
import type { Request, RequestHandler, Response } from 'express'
import type { Caller } from '../lrs/access/access.ts'

export interface Answered {
  readonly method: string
  /** The resource, without ids and queries: `/xapi/statements`, `/api/v1/windows`; `other` until it has once succeeded. */
  readonly route: string
  readonly status: number
  readonly seconds: number
  /** Id of the credential or person. */
  readonly caller: string | null
}

/** Paths are made up by anybody: only those that have been answered well are told apart. */
export function createRoutes(): (url: string, status: number) => string {
  const known = new Set<string>()
  return (url, status) => {
    const [route] = /^\/(?:xapi\/|api\/v1\/)?[a-z0-9-]*/.exec(url) ?? ['']
    if (status < 400) known.add(route)
    return known.has(route) ? route : 'other'
  }
}

export function observeAnswers(tell: (answered: Answered) => void): RequestHandler {
  const routeOf = createRoutes()
  return (request: Request, response: Response, next) => {
    const start = process.hrtime.bigint()
    response.once('close', () => {
      const caller = response.locals.caller as Caller | undefined
      tell({
        method: request.method,
        route: routeOf(request.originalUrl, response.statusCode),
        // nginx's number for a client that went away before the answer.
        status: response.writableFinished ? response.statusCode : 499,
        seconds: Number(process.hrtime.bigint() - start) / 1e9,
        caller: caller?.id ?? null,
      })
    })
    next()
  }
}
