/** Learners: who they are, what the LMS says of them, and where the counts may hide somebody. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { readActors } from '../../lrs/people/actors.ts'
import { type LearnerSelection, listLearners, readLearner, readTimeline } from '../../lrs/people/learners.ts'
import { listSuspects } from '../../lrs/people/suspects.ts'
import type { Bodies } from '../../lrs/statements/body-operations.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { bodyOf, noParameters, pageOf, queryOf } from './request.ts'

export function peopleRoutes(lrs: Lrs, bodies: Bodies): Router {
  const router = Router()

  router
    .route('/learners')
    .get(async (request, response) => {
      const selection = queryOf(request, 'learners') as LearnerSelection
      response.json(await listLearners(lrs, callerOf(response), selection))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/learners/import')
    .post(async (request, response) => {
      const { dryRun = false, confirm = false, homePage } = queryOf(request, 'learnerImport')
      const options = { dryRun, confirm, ...(homePage !== undefined && { homePage }) }
      response.json(await bodies.run('import learners', callerOf(response), { ...bodyOf(request), options }))
    })
    .all(allowOnly('POST'))
  router
    .route('/learners/:id')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readLearner(lrs, callerOf(response), request.params.id))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/learners/:id/timeline')
    .get(async (request, response) => {
      response.json(await readTimeline(lrs, callerOf(response), request.params.id, pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/unlinked')
    .get(async (request, response) => {
      response.json(await readActors(lrs, callerOf(response), pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/suspects')
    .get(async (request, response) => {
      response.json(await listSuspects(lrs, callerOf(response), request.params.id, pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/reconcile')
    .post(async (request, response) => {
      const { homePage } = queryOf(request, 'reconcile')
      const options = { window: request.params.id, ...(homePage !== undefined && { homePage }) }
      response.json(await bodies.run('reconcile', callerOf(response), { ...bodyOf(request), options }))
    })
    .all(allowOnly('POST'))

  return router
}
