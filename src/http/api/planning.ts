/** Looking ahead: forecasts of the open window, and policies tried on the past. */
import { type Request, type Response, Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { ask, PATIENCE_MS, readStudy, removeStudy } from '../../lrs/studies/ask.ts'
import type { Study } from '../../store/ports.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { jsonOf, noParameters } from './request.ts'

export function planningRoutes(lrs: Lrs): Router {
  const router = Router()
  studyRoutes(router, lrs, 'forecast', '/forecasts')
  studyRoutes(router, lrs, 'simulation', '/simulations')
  return router
}

function studyRoutes(router: Router, lrs: Lrs, kind: Study['kind'], path: string): void {
  router
    .route(path)
    .all(noParameters)
    .post(async (request, response) => {
      const asked = await ask(
        lrs,
        callerOf(response),
        { kind, question: jsonOf(request) },
        patienceOf(request, response),
      )
      if (asked.id === null) response.json(asked.answer)
      else response.status(202).location(`${request.baseUrl}${path}/${asked.id}`).json(asked.view)
    })
    .all(allowOnly('POST'))

  router
    .route(`${path}/:id`)
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readStudy(lrs, callerOf(response), { kind, id: request.params.id }))
    })
    .delete(async (request, response) => {
      await removeStudy(lrs, callerOf(response), { kind, id: request.params.id })
      response.sendStatus(204)
    })
    .all(allowOnly('GET', 'HEAD', 'DELETE'))
}

/** `Prefer: respond-async` (RFC 7240): 202 at once. */
function patienceOf(request: Request, response: Response): number {
  const preferences = (request.get('prefer') ?? '').split(',').map((one) => one.trim().toLowerCase())
  if (!preferences.includes('respond-async')) return PATIENCE_MS
  response.set('Preference-Applied', 'respond-async')
  return 0
}
