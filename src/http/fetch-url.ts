/** POST /cmi5/fetch?token=…: what the content of a launch calls, without credentials of its own (cmi5 §8.2). */
import { Router } from 'express'
import { fetchToken, OUT_OF_ORDER } from '../lrs/cmi5/fetch-token.ts'
import type { Lrs } from '../lrs/context.ts'
import { allowOnly } from './middleware.ts'

export function fetchRouter(lrs: Lrs): Router {
  const router = Router()
  router.post('/fetch', async (request, response) => {
    const { token } = request.query
    response.set('Cache-Control', 'no-store')
    response.json(await fetchToken(lrs, typeof token === 'string' ? token : '').catch(outOfOrder))
  })
  router.all('/fetch', allowOnly('POST'))
  return router
}

/** AUs know of no status but 200 (cmi5 §8.2.1). */
function outOfOrder(error: unknown): typeof OUT_OF_ORDER {
  if (error instanceof Error && 'code' in error && error.code === 'unavailable') return OUT_OF_ORDER
  throw error
}
