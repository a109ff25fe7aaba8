/** Attempts, learners, decisions and the administrator's work lists. */
import { type Request, Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { type BackDatedSelection, listBackDated } from '../../lrs/counting/back-dated.ts'
import { type AttemptFilter, listAttempts, listRefusals, readReview } from '../../lrs/counting/reports.ts'
import {
  type DeletionView,
  deleteAttempts,
  listDeletions,
  readDeletion,
} from '../../lrs/deleting/deletions.ts'
import { Refusal } from '../../lrs/refusal.ts'
import type { Bodies } from '../../lrs/statements/body-operations.ts'
import { decideStatement } from '../../lrs/statements/decision.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { bodyOf, jsonOf, noParameters, pageOf, queryOf, uuidOf } from './request.ts'

export function reportRoutes(lrs: Lrs, bodies: Bodies): Router {
  const router = Router()

  router
    .route('/attempts')
    .get(async (request, response) => {
      response.json(
        await listAttempts(lrs, callerOf(response), queryOf(request, 'attempts') as AttemptFilter),
      )
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/attempts/delete')
    .all(noParameters)
    .post(async (request, response) => {
      const deletion = await deleteAttempts(lrs, callerOf(response), jsonOf(request))
      response.status(isEnded(deletion) ? 200 : 202).json(deletion)
    })
    .all(allowOnly('POST'))
  router
    .route('/attempts/deletions')
    .get(async (request, response) => {
      response.json(await listDeletions(lrs, callerOf(response), pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/attempts/deletions/:id')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readDeletion(lrs, callerOf(response), request.params.id))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/statements/:id/decision')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await decideStatement(lrs, callerOf(response), uuidOf(request.params.id)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/review')
    .all(noParameters)
    .get(async (_request, response) => {
      response.json(await readReview(lrs, callerOf(response)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/review/back-dated')
    .get(async (request, response) => {
      const selection = queryOf(request, 'backDated') as BackDatedSelection
      response.json(await listBackDated(lrs, callerOf(response), selection))
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
    .all(noParameters)
    .post(async (request, response) => {
      refuseMultipart(request)
      const text = await bodies.run('check statements', callerOf(response), bodyOf(request))
      response.type('application/json').send(text)
    })
    .all(allowOnly('POST'))

  return router
}

/** Nothing is stored here, so there is nothing to do with the bytes of attachments. */
function refuseMultipart(request: Request): void {
  if (!request.is('multipart/*')) return
  throw new Refusal(
    'unsupported-media-type',
    'statements to check are sent as application/json; bytes of attachments and signatures are not checked here',
  )
}

function isEnded({ state }: DeletionView): boolean {
  return state === 'done' || state === 'cleaning'
}
