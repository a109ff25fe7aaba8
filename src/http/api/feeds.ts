/** What an LMS tells beside statements: catalogue, aliases, launch records. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { listAliases, listElements, removeAlias } from '../../lrs/feeds.ts'
import type { Bodies } from '../../lrs/statements/body-operations.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { bodyOf, noParameters, pageOf, queryOf } from './request.ts'

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
    .get(async (request, response) => {
      response.json(await listAliases(lrs, callerOf(response), pageOf(request)))
    })
    .put(noParameters, async (request, response) => {
      response.json(await bodies.run('put aliases', callerOf(response), bodyOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'PUT'))
  router
    .route('/aliases/:id')
    .delete(async (request, response) => {
      const { dryRun = false } = queryOf(request, 'dryRun')
      response.json(await removeAlias(lrs, callerOf(response), request.params.id, dryRun))
    })
    .all(allowOnly('DELETE'))
  router
    .route('/launches')
    .all(noParameters)
    .post(async (request, response) => {
      response.json(await bodies.run('add launches', callerOf(response), bodyOf(request)))
    })
    .all(allowOnly('POST'))

  return router
}
