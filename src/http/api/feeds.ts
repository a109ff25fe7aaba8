/** What an LMS tells beside statements: catalogue, aliases, launch records. */
import { Router } from 'express'
import type { Bodies } from '../../lrs/body-operations.ts'
import type { Lrs } from '../../lrs/context.ts'
import { listElements } from '../../lrs/feeds.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { bodyOf, noParameters, pageOf } from './request.ts'

export function feedRoutes(lrs: Lrs, bodies: Bodies): Router {
  const router = Router()

  router
    .route('/elements')
    .get(async (request, response) => {
      response.json(await listElements(lrs, callerOf(response), pageOf(request)))
    })
    .put(async (request, response) => {
      response.json(await bodies.run('put elements', callerOf(response), bodyOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'PUT'))
  router
    .route('/aliases')
    .all(noParameters)
    .put(async (request, response) => {
      response.json(await bodies.run('put aliases', callerOf(response), bodyOf(request)))
    })
    .all(allowOnly('PUT'))
  router
    .route('/launches')
    .all(noParameters)
    .post(async (request, response) => {
      response.json(await bodies.run('add launches', callerOf(response), bodyOf(request)))
    })
    .all(allowOnly('POST'))

  return router
}
