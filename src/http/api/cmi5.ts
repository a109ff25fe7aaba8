/** Launches of cmi5, for the LMS. */
import { type Request, Router } from 'express'
import { launchSession } from '../../lrs/cmi5/launch-session.ts'
import { endSession, readSession } from '../../lrs/cmi5/sessions.ts'
import type { Lrs } from '../../lrs/context.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { jsonOf, noParameters } from './request.ts'

/** @param url address under which clients reach the server; when unset it is the one this request came to */
export function cmi5Routes(lrs: Lrs, url: string | undefined): Router {
  const router = Router()

  router
    .route('/cmi5/sessions')
    .all(noParameters)
    .post(async (request, response) => {
      const base = (url ?? addressOf(request)).replace(/\/$/, '')
      response.status(201).json(await launchSession(lrs, callerOf(response), jsonOf(request), base))
    })
    .all(allowOnly('POST'))
  router
    .route('/cmi5/sessions/:id')
    .all(noParameters)
    .get(async (request, response) => {
      response.json(await readSession(lrs, callerOf(response), request.params.id))
    })
    .delete(async (request, response) => {
      await endSession(lrs, callerOf(response), request.params.id)
      response.sendStatus(204)
    })
    .all(allowOnly('GET', 'HEAD', 'DELETE'))

  return router
}

function addressOf(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}`
}
