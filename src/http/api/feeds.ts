/** What an LMS tells beside statements: catalogue, aliases, launch records. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { addLaunches, listElements, putAliases, putElements } from '../../lrs/feeds.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { jsonOf, pageOf } from './request.ts'

export function feedRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/elements')
    .get(async (request, response) => {
      response.json(await listElements(lrs, callerOf(response), pageOf(request)))
    })
    .put(async (request, response) => {
      response.json(await putElements(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'PUT'))
  router
    .route('/aliases')
    .put(async (request, response) => {
      response.json(await putAliases(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('PUT'))
  router
    .route('/launches')
    .post(async (request, response) => {
      response.json(await addLaunches(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('POST'))

  return router
}
