/** The history: our own search, richer than xAPI's, and single statements. */
import { type Request, Router } from 'express'
import { z } from 'zod'
import type { Lrs } from '../../lrs/context.ts'
import { parseInput } from '../../lrs/parse-input.ts'
import { malformed, malformedAt } from '../../lrs/refusal.ts'
import {
  readStatement,
  type StatementSearch,
  searchStatements,
} from '../../lrs/statements/search-statements.ts'
import { durationMs, instantOf, isDuration, isTimestamp } from '../../xapi/formats.ts'
import { readStatementQuery } from '../../xapi/query.ts'
import { allowOnly, callerOf } from '../middleware.ts'
import { noParameters, uuidOf } from './request.ts'

/** Read as the standard reads them. */
const STANDARD = [
  'agent',
  'verb',
  'activity',
  'registration',
  'related_agents',
  'related_activities',
  'since',
  'until',
]

const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional()
const score = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/, 'must be a number')
  .transform(Number)
  .optional()
const time = z
  .string()
  .refine((text) => isTimestamp(text), 'must be an ISO 8601 timestamp')
  .transform((text) => instantOf(text))
  .optional()
const duration = z
  .string()
  .refine(isDuration, 'must be an ISO 8601 duration')
  .transform(durationMs)
  .optional()

const search = z.strictObject({
  text: z.string().min(1).max(200).optional(),
  success: flag,
  completion: flag,
  minScore: score,
  maxScore: score,
  minDuration: duration,
  maxDuration: duration,
  tracked: flag,
  reason: z.string().min(1).optional(),
  after: time,
  before: time,
  sort: z.enum(['stored', 'timestamp']).default('stored'),
  ascending: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).optional(),
})

export function statementRoutes(lrs: Lrs): Router {
  const router = Router()
  router
    .route('/statements')
    .get(async (request, response) => {
      const { items, next } = await searchStatements(lrs, callerOf(response), searchOf(request))
      response.type('application/json').send(`{"items":[${items.join(',')}],"next":${JSON.stringify(next)}}`)
    })
    .all(allowOnly('GET', 'HEAD'))
  router
    .route('/statements/:id')
    .all(noParameters)
    .get(async (request, response) => {
      const text = await readStatement(lrs, callerOf(response), uuidOf(request.params.id))
      response.type('application/json').send(text)
    })
    .all(allowOnly('GET', 'HEAD'))
  return router
}

/** @throws Refusal `malformed` */
function searchOf(request: Request): StatementSearch {
  const given = new URL(request.originalUrl, 'http://localhost').searchParams
  const standard = new URLSearchParams()
  const own: Record<string, string> = {}
  for (const [name, value] of given) {
    if (STANDARD.includes(name)) standard.append(name, value)
    else if (name in own) throw malformedAt(`?${name}`, 'is given more than once', 'GET /api/v1/statements')
    else own[name] = value
  }
  const read = readStatementQuery(standard, '1.0.3')
  if ('violations' in read) throw malformed(read.violations)
  if (read.query.kind !== 'list')
    throw malformedAt('?statementId', 'is no parameter here', 'GET /api/v1/statements')
  const { agent, verb, activity, registration, relatedAgents, relatedActivities, since, until } = read.query
  const filters = { agent, verb, activity, registration, relatedAgents, relatedActivities, since, until }
  const parsed = { ...parseInput(search, own, 'GET /api/v1/statements'), ...filters }
  return Object.fromEntries(
    Object.entries(parsed).filter(([, value]) => value !== undefined),
  ) as unknown as StatementSearch
}
