/** /api/v1: what people and LMS plugins use. Every line reads, calls one operation, and writes. */
import { type RequestHandler, Router } from 'express'
import { z } from 'zod'
import { signIn } from '../../lrs/access/authenticate.ts'
import type { Lrs } from '../../lrs/context.ts'
import { parseInput } from '../../lrs/parse-input.ts'
import { Refusal } from '../../lrs/refusal.ts'
import type { Bodies } from '../../lrs/statements/body-operations.ts'
import { readJson } from '../../xapi/json.ts'
import { allowOnly, bytesOf, callerOf, limitFailedPasswords, rawBody, requireCaller } from '../middleware.ts'
import { accountRoutes } from './accounts.ts'
import { alertRoutes } from './alerts.ts'
import { closingRoutes } from './closing.ts'
import { cmi5Routes } from './cmi5.ts'
import { feedRoutes } from './feeds.ts'
import { licenceRoutes } from './licence.ts'
import { peopleRoutes } from './people.ts'
import { planningRoutes } from './planning.ts'
import { reportRoutes } from './reports.ts'
import { jsonOf } from './request.ts'
import { statementRoutes } from './statements.ts'

/** Anybody may send one, so nobody may keep the server busy with it. */
const SESSION_BODY = 16 * 1024

const credentials = z.strictObject({ email: z.string(), password: z.string(), tenant: z.string().optional() })

export interface ApiDeps {
  readonly lrs: Lrs
  readonly bodyLimit: number
  readonly bodies: Bodies
  readonly url?: string | undefined
}

export function apiRouter({ lrs, bodyLimit, bodies, url }: ApiDeps, limit: RequestHandler): Router {
  const router = Router()
  const body = rawBody(bodyLimit)

  router.post(
    '/session',
    rawBody(SESSION_BODY),
    limitFailedPasswords((request) => emailIn(bytesOf(request))),
    async (request, response) => {
      response.json(await signIn(lrs, parseInput(credentials, jsonOf(request), 'POST /session')))
    },
  )
  router.all('/session', allowOnly('POST'))

  router.use(requireCaller(lrs), refuseContent, limit, body)
  router.use(
    licenceRoutes(lrs),
    closingRoutes(lrs),
    alertRoutes(lrs),
    planningRoutes(lrs),
    reportRoutes(lrs, bodies),
    statementRoutes(lrs),
    peopleRoutes(lrs, bodies),
    feedRoutes(lrs, bodies),
    accountRoutes(lrs),
    cmi5Routes(lrs, url),
  )
  router.use((request) => {
    throw new Refusal('not-found', `there is no ${request.path} in /api/v1`)
  })
  return router
}

/** A key that leaked from a page is worth one learner's session on /xapi (docs/cmi5.md): here it would ask about everybody. */
const refuseContent: RequestHandler = (_request, response, next) => {
  const caller = callerOf(response)
  if (caller.kind !== 'credential' || !caller.session) return next()
  throw new Refusal('forbidden', 'the content of a cmi5 session has nothing to do here: its key is for /xapi')
}

/** Whose sign-in fails, for the limit: read as signing in reads it, so no other spelling of the JSON escapes. */
function emailIn(bytes: Uint8Array): string | null {
  const json = readJson(bytes)
  if ('violation' in json) return null
  return credentials.safeParse(json.value).data?.email.toLowerCase() ?? null
}
