/** Attempts, learners, decisions and the administrator's work lists. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { checkStatements, decideStatement } from '../../lrs/decision.ts'
import { listAttempts, listLearners, listRefusals, readReview } from '../../lrs/reports.ts'
import type { AttemptSelection } from '../../store/ports.ts'
import { allowOnly, bytesOf, callerOf } from '../middleware.ts'
import { checkedVersionOf } from '../xapi/request.ts'
import { pageOf, queryOf, uuidOf } from './request.ts'

export function reportRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/attempts')
    .get(async (request, response) => {
      response.json(
        await listAttempts(lrs, callerOf(response), queryOf(request, 'attempts') as AttemptSelection),
      )
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/learners')
    .get(async (request, response) => {
      response.json(await listLearners(lrs, callerOf(response), pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/statements/:id/decision')
    .get(async (request, response) => {
      response.json(await decideStatement(lrs, callerOf(response), uuidOf(request.params.id)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/review')
    .get(async (_request, response) => {
      response.json(await readReview(lrs, callerOf(response)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/refusals')
    .get(async (request, response) => {
      response.json(await listRefusals(lrs, callerOf(response), pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/check')
    .post(async (request, response) => {
      const version = checkedVersionOf(request.get('x-experience-api-version'))
      response.json(await checkStatements(lrs, callerOf(response), { bytes: bytesOf(request), version }))
    })
    .all(allowOnly('POST'))

  return router
}
