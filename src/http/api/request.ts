/** Reading API requests: JSON bodies as strictly as statements, list parameters, times. */
import type { Request, RequestHandler } from 'express'
import { z } from 'zod'
import { ALERT_STATES } from '../../lrs/alerts/log.ts'
import { BREAKDOWNS } from '../../lrs/counting/breakdown.ts'
import { parseInput } from '../../lrs/parse-input.ts'
import { malformedAt, Refusal } from '../../lrs/refusal.ts'
import { type Body, LARGE } from '../../lrs/statements/body-operations.ts'
import { parseJson } from '../../lrs/statements/body-text.ts'
import type { PageRequest } from '../../store/ports.ts'
import { instantOf, isTimestamp, isUuid } from '../../xapi/formats.ts'
import { bytesOf } from '../middleware.ts'
import { checkedVersionOf } from '../xapi/request.ts'

/** A small JSON body. @throws Refusal `malformed`, `too-large` (what may be large goes through `bodyOf`) */
export function jsonOf(request: Request): unknown {
  const bytes = bytesOf(request)
  if (bytes.length > LARGE) throw new Refusal('too-large', `this body may have ${LARGE} bytes at most`)
  return parseJson(bytes)
}

/** A body that may be large, for an operation on bodies. Statements to check are read as the version the header asks for. */
export function bodyOf(request: Request): Body {
  return { bytes: bytesOf(request), version: checkedVersionOf(request.get('x-experience-api-version')) }
}

/** For routes without parameters: one that is given is refused by name. */
export const noParameters: RequestHandler = (request, _response, next) => {
  queryOf(request, 'nothing')
  next()
}

const pageParameters = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().min(1).optional(),
}

const time = z
  .string()
  .refine((text) => isTimestamp(text), 'must be an ISO 8601 timestamp')
  .transform((text) => instantOf(text))

const name = z.string().min(1).optional()
const page = z.strictObject(pageParameters)
const nothing = z.strictObject({})
const policy = z.strictObject({ policy: z.string().min(1).optional() })
const backDated = z.strictObject({ ...pageParameters, policy: name })
const usage = z.strictObject({
  policy: z.string().min(1).optional(),
  format: z.enum(['rows', 'stripe']).default('rows'),
})
const windows = z.strictObject({
  ...pageParameters,
  policy: z.string().min(1).optional(),
  from: time.optional(),
  to: time.optional(),
})
const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional()
const dryRun = z.strictObject({ dryRun: flag })
const learners = z.strictObject({ ...pageParameters, team: name, role: name, test: flag })
const learnerImport = z.strictObject({ dryRun: flag, confirm: flag, homePage: name })
const reconcile = z.strictObject({ homePage: name })
const attempts = z.strictObject({
  ...pageParameters,
  learner: z.string().min(1).optional(),
  team: name,
  role: name,
  element: z.string().min(1).optional(),
  reason: z.string().min(1).optional(),
  after: time.optional(),
  before: time.optional(),
  tracked: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  deleted: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
})

const alerts = z.strictObject({
  ...pageParameters,
  policy: name,
  window: name,
  state: z.enum(ALERT_STATES).optional(),
})

const breakdown = z.strictObject({ by: z.enum(BREAKDOWNS) })

/** Unknown parameters are refused by name, as everywhere. */
const queries = {
  page,
  nothing,
  policy,
  windows,
  attempts,
  alerts,
  breakdown,
  backDated,
  dryRun,
  learners,
  learnerImport,
  reconcile,
  usage,
}
type Queries = typeof queries

export function queryOf<K extends keyof Queries>(request: Request, kind: K): z.infer<Queries[K]> {
  const schema = queries[kind] as unknown as z.ZodType<z.infer<Queries[K]>>
  return withoutUndefined(parseInput(schema, request.query, `query of ${request.path}`))
}

/** @throws Refusal `malformed` */
export function uuidOf(text: string): string {
  if (!isUuid(text))
    throw malformedAt('path', `«${text}» is not a statement id`, 'GET /statements/{id}/decision')
  return text.toLowerCase()
}

export function pageOf(request: Request): PageRequest {
  return queryOf(request, 'page') as PageRequest
}

function withoutUndefined<T>(value: T): T {
  return Object.fromEntries(Object.entries(value as object).filter(([, one]) => one !== undefined)) as T
}
