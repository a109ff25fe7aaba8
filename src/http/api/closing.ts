/** Closed windows: closing, snapshots, adjustments, disputes, usage, and who did what. */
import { Router } from 'express'
import { listActs } from '../../lrs/acts.ts'
import { decideDispute, listDisputes, openDispute } from '../../lrs/close/disputes.ts'
import { listLate } from '../../lrs/close/late-list.ts'
import { adjustWindow, closeWindow, listAdjustments, readSnapshot } from '../../lrs/close/operations.ts'
import { listUsage, meterEvents } from '../../lrs/close/usage.ts'
import type { Lrs } from '../../lrs/context.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { sendUsageCsv } from './csv.ts'
import { jsonOf, noParameters, pageOf, queryOf } from './request.ts'

export function closingRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/windows/:id/close')
    .all(noParameters)
    .post(async (request, response) => {
      const view = await closeWindow(lrs, callerOf(response), request.params.id, jsonOf(request))
      response.status(view.status === 'closed' ? 200 : 202).json(view)
    })
    .all(allowOnly('POST'))
  router
    .route('/windows/:id/snapshot')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readSnapshot(lrs, callerOf(response), request.params.id))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/adjustments')
    .get(async (request, response) => {
      const { id } = request.params
      response.json(await listAdjustments(lrs, callerOf(response), id, pageOf(request)))
    })
    .post(noParameters, async (request, response) => {
      const made = await adjustWindow(lrs, callerOf(response), request.params.id, jsonOf(request))
      response.status(201).json(made)
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/windows/:id/late')
    .get(async (request, response) => {
      const { id } = request.params
      response.json(await listLate(lrs, callerOf(response), id, pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/disputes')
    .get(async (request, response) => {
      const { id } = request.params
      response.json(await listDisputes(lrs, callerOf(response), id, pageOf(request)))
    })
    .post(noParameters, async (request, response) => {
      const made = await openDispute(lrs, callerOf(response), request.params.id, jsonOf(request))
      response.status(201).json(made)
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/disputes/:id')
    .all(noParameters)
    .post(async (request, response) => {
      response.json(await decideDispute(lrs, callerOf(response), request.params.id, jsonOf(request)))
    })
    .all(allowOnly('POST'))
  router
    .route('/usage')
    .get(async (request, response) => {
      const { policy, format } = queryOf(request, 'usage')
      const caller = callerOf(response)
      const rows = await listUsage(lrs, caller, policy)
      if (format === 'stripe') {
        response.json({ items: await meterEvents(lrs, caller, rows), next: null })
      } else if (request.accepts(['application/json', 'text/csv']) === 'text/csv') {
        await sendUsageCsv(rows, response)
      } else {
        response.json({ items: rows, next: null })
      }
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/audit/events')
    .get(async (request, response) => {
      response.json(await listActs(lrs, callerOf(response), pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))

  return router
}
