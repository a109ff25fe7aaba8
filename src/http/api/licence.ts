/** Policies, windows, who counts and why: the licence side of the API. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { readBreakdown } from '../../lrs/counting/breakdown.ts'
import { explainLearner, listCounted } from '../../lrs/counting/counted.ts'
import { readLicence } from '../../lrs/counting/licence.ts'
import {
  addPolicy,
  listPolicies,
  listPresets,
  policyInWords,
  readPolicy,
} from '../../lrs/counting/policies.ts'
import { listWindows, readWindow, type WindowSelection } from '../../lrs/counting/windows.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { sendCountedCsv } from './csv.ts'
import { jsonOf, noParameters, pageOf, queryOf } from './request.ts'

export function licenceRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/policies')
    .all(noParameters)
    .get(async (_request, response) => {
      response.json({ items: await listPolicies(lrs, callerOf(response)), next: null })
    })
    .post(async (request, response) => {
      response.status(201).json(await addPolicy(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('GET', 'HEAD', 'POST'))
  router
    .route('/presets')
    .all(noParameters)
    .get((_request, response) => {
      response.json({ items: listPresets(callerOf(response)), next: null })
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/policies/:id')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readPolicy(lrs, callerOf(response), request.params.id))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/policies/:id/text')
    .all(noParameters)
    .get(async (request, response) => {
      const text = await policyInWords(lrs, callerOf(response), request.params.id)
      if (request.accepts(['application/json', 'text/plain']) === 'text/plain')
        response.type('text/plain').send(text.join('\n'))
      else response.json({ text })
    })
    .all(allowOnly('GET', 'HEAD'))

  router
    .route('/licence')
    .get(async (request, response) => {
      response.json(await readLicence(lrs, callerOf(response), queryOf(request, 'policy').policy))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows')
    .get(async (request, response) => {
      response.json(
        await listWindows(lrs, callerOf(response), queryOf(request, 'windows') as WindowSelection),
      )
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readWindow(lrs, callerOf(response), request.params.id))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/breakdown')
    .get(async (request, response) => {
      const { by } = queryOf(request, 'breakdown')
      response.json(await readBreakdown(lrs, callerOf(response), request.params.id, by))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/learners')
    .get(async (request, response) => {
      const { id } = request.params
      const type = request.accepts(['application/json', 'text/csv'])
      if (type === 'text/csv') return sendCountedCsv(lrs, callerOf(response), id, response)
      response.json(await listCounted(lrs, callerOf(response), id, pageOf(request)))
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/windows/:id/learners/:learner')
    .all(noParameters)
    .get(async (request, response) => {
      const { id, learner } = request.params
      response.json(await explainLearner(lrs, callerOf(response), id, learner))
    })
    .all(allowOnly('GET', 'HEAD'))

  return router
}
