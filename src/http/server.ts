/** What Rollcall offers over HTTP, on one screen. */
import express, { type Express } from 'express'
import helmet from 'helmet'
import type { Logger } from 'pino'
import { Refusal } from '../lrs/refusal.ts'
import { apiRouter } from './api/router.ts'
import { respondToErrors } from './respond.ts'
import { xapiRouter } from './xapi/router.ts'
import type { StatementsDeps } from './xapi/statements.ts'

export interface HttpDeps extends StatementsDeps {
  readonly log: Logger
  /** How many refused requests a tenant's log keeps. */
  readonly keepRefusals: number
  /** False before the stores are open and after the stop has begun. */
  ready(): boolean
}

export function createHttp(deps: HttpDeps): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use(helmet())
  app.get('/health', (_request, response) => {
    response.json({ status: 'alive' })
  })
  app.get('/ready', (_request, response) => {
    const ready = deps.ready()
    response.status(ready ? 200 : 503).json({ ready })
  })
  app.use('/xapi', xapiRouter(deps))
  app.use('/api/v1', apiRouter(deps.lrs, deps.bodyLimit))
  app.use((request) => {
    throw new Refusal(
      'not-found',
      `there is nothing at ${request.path}; statements go to /xapi, the API is /api/v1`,
    )
  })
  app.use(respondToErrors({ lrs: deps.lrs, log: deps.log, keep: deps.keepRefusals }))
  return app
}
