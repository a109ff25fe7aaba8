/** Keys and people. */
import { Router } from 'express'
import {
  createCredential,
  createPerson,
  listCredentials,
  listPeople,
  removeCredential,
  removePerson,
  retireSecrets,
  rotateCredential,
} from '../../lrs/access/accounts.ts'
import type { Lrs } from '../../lrs/context.ts'
import { allowOnly, bytesOf, callerOf } from '../middleware.ts'
import { jsonOf, noParameters } from './request.ts'

export function accountRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/credentials')
    .all(noParameters)
    .get(async (_request, response) => {
      response.json({ items: await listCredentials(lrs, callerOf(response)), next: null })
    })
    .post(async (request, response) => {
      response.status(201).json(await createCredential(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/credentials/:id')
    .all(noParameters)
    .delete(async (request, response) => {
      await removeCredential(lrs, callerOf(response), request.params.id)
      response.sendStatus(204)
    })
    .all(allowOnly('DELETE'))
  router
    .route('/credentials/:id/secrets')
    .post(async (request, response) => {
      const input = bytesOf(request).length === 0 ? {} : jsonOf(request)
      response.status(201).json(await rotateCredential(lrs, callerOf(response), request.params.id, input))
    })
    .delete(async (request, response) => {
      await retireSecrets(lrs, callerOf(response), request.params.id)
      response.sendStatus(204)
    })
    .all(allowOnly('POST', 'DELETE'))
  router
    .route('/users')
    .all(noParameters)
    .get(async (_request, response) => {
      response.json({ items: await listPeople(lrs, callerOf(response)), next: null })
    })
    .post(async (request, response) => {
      response.status(201).json(await createPerson(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/users/:id')
    .all(noParameters)
    .delete(async (request, response) => {
      await removePerson(lrs, callerOf(response), request.params.id)
      response.sendStatus(204)
    })
    .all(allowOnly('DELETE'))

  return router
}
