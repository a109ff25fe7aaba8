/** What Rollcall offers over HTTP, on one screen. */
import express, { type Express } from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import { Refusal } from '../lrs/refusal.ts'
import { apiRouter } from './api/router.ts'
import { compressAnswers } from './compress.ts'
import { allowOrigins } from './cors.ts'
import { fetchRouter } from './fetch-url.ts'
import { health, type Readiness, ready } from './health.ts'
import { createMetrics } from './metrics.ts'
import { limitRequests } from './middleware.ts'
import { type Answered, observeAnswers } from './observe.ts'
import { respondToErrors } from './respond.ts'
import { xapiRouter } from './xapi/router.ts'
import type { StatementsDeps } from './xapi/statements.ts'

export interface HttpDeps extends Omit<StatementsDeps, 'onStored'> {
  readonly log: Logger
  /** How many refused requests a tenant's log keeps. */
  readonly keepRefusals: number
  readiness(): Promise<Readiness>
  /** As Express's `trust proxy` takes it; undefined: nobody's headers are believed. */
  readonly trustProxy?: number | readonly string[] | undefined
  /** Requests a minute for each credential; 0: no limit. */
  readonly rateLimit: number
  readonly metricsToken?: string | undefined
  /** Address under which clients reach the server; undefined: the one they came to. */
  readonly url?: string | undefined
  /** Origins whose pages may call; `*`: any. */
  readonly origins?: readonly string[]
}

export function createHttp(deps: HttpDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', deps.trustProxy ?? false)
  const metrics = createMetrics({
    lrs: deps.lrs,
    isReady: async () => (await deps.readiness()) === 'ready',
    token: deps.metricsToken,
  })
  app.use(
    observeAnswers((answered) => {
      metrics.answered(answered)
      logAnswer(deps.log, answered)
    }),
  )
  app.use(helmet(), compressAnswers())
  app.get('/health', health)
  app.get('/ready', ready(deps.readiness))
  app.get('/metrics', metrics.handler)
  app.use(allowOrigins(deps.origins ?? []))
  const limit = limitRequests(deps.rateLimit)
  app.use('/xapi', xapiRouter({ ...deps, onStored: metrics.stored }, limit))
  app.use('/cmi5', fetchRouter(deps.lrs))
  app.use('/api/v1', apiRouter(deps, limit))
  app.use((request) => {
    throw new Refusal(
      'not-found',
      `there is nothing at ${request.path}; statements go to /xapi, the API is /api/v1`,
    )
  })
  app.use(
    respondToErrors({ lrs: deps.lrs, log: deps.log, keep: deps.keepRefusals, refused: metrics.refused }),
  )
  return app
}

function logAnswer(log: Logger, { seconds, ...answered }: Answered): void {
  log.debug({ ...answered, ms: Math.round(seconds * 1000) }, 'answered')
}
