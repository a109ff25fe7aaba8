/** /api/v1: what people and LMS plugins use. Every line reads, calls one operation, and writes. */
import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { signIn } from '../../lrs/authenticate.ts'
import type { Lrs } from '../../lrs/context.ts'
import { parseInput } from '../../lrs/parse-input.ts'
import { Refusal } from '../../lrs/refusal.ts'
import {
  allowOnly,
  bytesOf,
  limitFailedKeys,
  limitFailedSignIns,
  rawBody,
  requireCaller,
} from '../middleware.ts'
import { accountRoutes } from './accounts.ts'
import { feedRoutes } from './feeds.ts'
import { licenceRoutes } from './licence.ts'
import { reportRoutes } from './reports.ts'
import { jsonOf } from './request.ts'

const credentials = z.strictObject({ email: z.string(), password: z.string(), tenant: z.string().optional() })

export function apiRouter(lrs: Lrs, bodyLimit: number, limit: RequestHandler): Router {
  const router = Router()
  const body = rawBody(bodyLimit)

  router.post(
    '/session',
    body,
    limitFailedSignIns((request) => emailIn(bytesOf(request))),
    async (request, response) => {
      response.json(await signIn(lrs, parseInput(credentials, jsonOf(request), 'POST /session')))
    },
  )
  router.all('/session', allowOnly('POST'))

  router.use(limitFailedKeys(), requireCaller(lrs), limit, body)
  router.use(licenceRoutes(lrs), reportRoutes(lrs), feedRoutes(lrs), accountRoutes(lrs))
  router.use((request) => {
    throw new Refusal('not-found', `there is no ${request.path} in /api/v1`)
  })
  return router
}

/** Whose sign-in fails, for the limit; the body is read properly afterwards. */
function emailIn(bytes: Uint8Array): string | null {
  const [, email] =
    /"email"\s*:\s*"([^"]{1,200})"/.exec(Buffer.from(bytes.subarray(0, 1000)).toString('utf8')) ?? []
  return email?.toLowerCase() ?? null
}
