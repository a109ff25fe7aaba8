/** /xapi: the standard, both versions by header. The order of the checks is read from top to bottom. */
import { type RequestHandler, Router } from 'express'
import { requireCaller } from '../middleware.ts'
import { alternateSyntax } from './alternate-syntax.ts'
import { documentsRouter } from './documents.ts'
import { activitiesRouter, agentsRouter } from './lookups.ts'
import { refuseForeign } from './parameters.ts'
import { answerHeaders, requireVersion } from './request.ts'
import { keepWithinSession } from './session-bounds.ts'
import { type StatementsDeps, statementsRouter } from './statements.ts'

/** What /about tells (XAPI-00315): every version spoken. */
const ABOUT = { version: ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '2.0.0'] }

/** @param limit stands behind the caller: the same for xAPI and API, so that both count together */
export function xapiRouter(deps: StatementsDeps, limit: RequestHandler): Router {
  const router = Router()
  router.use(answerHeaders(deps.lrs))
  router.use(alternateSyntax(deps.bodyLimit))
  router.all('/about', refuseForeign, (_request, response) => {
    response.json(ABOUT)
  })
  router.use(requireVersion)
  router.use(requireCaller(deps.lrs), limit, refuseForeign, keepWithinSession)
  router.use('/statements', statementsRouter(deps))
  router.use('/activities/state', documentsRouter('state', deps))
  router.use('/activities/profile', documentsRouter('activity-profile', deps))
  router.use('/agents/profile', documentsRouter('agent-profile', deps))
  router.use('/activities', activitiesRouter(deps.lrs))
  router.use('/agents', agentsRouter(deps.lrs))
  return router
}
