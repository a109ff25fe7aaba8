/** Looking ahead: forecasts of the open window, and policies tried on the past. */
import { Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { readForecast } from '../../lrs/planning/forecast.ts'
import { simulate } from '../../lrs/planning/simulate.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { jsonOf, noParameters } from './request.ts'

export function planningRoutes(lrs: Lrs): Router {
  const router = Router()

  router
    .route('/forecasts')
    .all(noParameters)
    .post(async (request, response) => {
      response.json(await readForecast(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('POST'))

  router
    .route('/simulations')
    .all(noParameters)
    .post(async (request, response) => {
      response.json(await simulate(lrs, callerOf(response), jsonOf(request)))
    })
    .all(allowOnly('POST'))

  return router
}
