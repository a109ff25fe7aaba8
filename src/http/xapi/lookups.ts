/** /xapi/activities and /xapi/agents (1.0.3 Communication §2.4, §2.5; 2.0.0 §4.1.6.3, §4.1.6.4). */
import { type Request, type Response, Router } from 'express'
import type { Lrs } from '../../lrs/context.ts'
import { malformed } from '../../lrs/refusal.ts'
import { describeActivity } from '../../lrs/statements/activities.ts'
import { describeAgent } from '../../lrs/statements/agents.ts'
import { type ParameterName, type ResourceQuery, readResourceQuery } from '../../xapi/resource-query.ts'
import { callerOf } from '../middleware.ts'
import { searchOf } from './parameters.ts'
import { versionOf } from './request.ts'

export function activitiesRouter(lrs: Lrs): Router {
  const router = Router()
  router.get('/', async (request, response) => {
    const { activityId = '' } = readQuery(request, response, ['activityId'])
    const text = await describeActivity(lrs, callerOf(response), activityId)
    response.set('Content-Type', 'application/json; charset=utf-8').send(text)
  })
  return router
}

export function agentsRouter(lrs: Lrs): Router {
  const router = Router()
  router.get('/', async (request, response) => {
    const { agent = {} } = readQuery(request, response, ['agent'])
    response.json(await describeAgent(lrs, callerOf(response), agent))
  })
  return router
}

/** @throws Refusal `malformed` */
export function readQuery(
  request: Request,
  response: Response,
  required: readonly ParameterName[],
): ResourceQuery {
  const read = readResourceQuery(searchOf(request), required, versionOf(response))
  if ('violations' in read) throw malformed(read.violations)
  return read.query
}
