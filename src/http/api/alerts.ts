/** Alerts that were raised, and the webhooks they can go to. */
import { Router } from 'express'
import { listAlerts } from '../../lrs/alerts/log.ts'
import { testAlerts } from '../../lrs/alerts/test-alerts.ts'
import { addWebhook, listWebhooks, removeWebhook } from '../../lrs/alerts/webhooks.ts'
import type { Lrs } from '../../lrs/context.ts'
import type { AlertSelection } from '../../store/ports.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { jsonOf, noParameters, queryOf } from './request.ts'

export function alertRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/alerts')
    .get(async (request, response) => {
      const selection = queryOf(request, 'alerts') as AlertSelection
      response.json(await listAlerts(lrs, callerOf(response), selection))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/alerts/test')
    .all(noParameters)
    .post(async (request, response) => {
      response.json({ items: await testAlerts(lrs, callerOf(response), jsonOf(request)), next: null })
    })
    .all(allowOnly('POST'))
  router
    .route('/webhooks')
    .all(noParameters)
    .get(async (_request, response) => {
      response.json({ items: await listWebhooks(lrs, callerOf(response)), next: null })
    })
    .post(async (request, response) => {
      response.status(201).json(await addWebhook(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/webhooks/:id')
    .all(noParameters)
    .delete(async (request, response) => {
      await removeWebhook(lrs, callerOf(response), request.params.id)
      response.sendStatus(204)
    })
    .all(allowOnly('DELETE'))

  return router
}
