/** Reading API requests: JSON bodies as strictly as statements, list parameters, times. */
import type { Request } from 'express'
import { z } from 'zod'
import { parseInput } from '../../lrs/parse-input.ts'
import { malformed, malformedAt } from '../../lrs/refusal.ts'
import type { PageRequest } from '../../store/ports.ts'
import { instantOf, isTimestamp, isUuid } from '../../xapi/formats.ts'
import { readJson } from '../../xapi/json.ts'
import { bytesOf } from '../middleware.ts'

export function jsonOf(request: Request): unknown {
  const json = readJson(bytesOf(request))
  if ('violation' in json) throw malformed([json.violation])
  return json.value
}

const pageParameters = {
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().min(1).optional(),
}

const time = z
  .string()
  .refine((text) => isTimestamp(text), 'must be an ISO 8601 timestamp')
  .transform((text) => instantOf(text))

const page = z.strictObject(pageParameters)
const nothing = z.strictObject({})
const policy = z.strictObject({ policy: z.string().min(1).optional() })
const windows = z.strictObject({
  ...pageParameters,
  policy: z.string().min(1).optional(),
  from: time.optional(),
  to: time.optional(),
})
const attempts = z.strictObject({
  ...pageParameters,
  learner: z.string().min(1).optional(),
  element: z.string().min(1).optional(),
  reason: z.string().min(1).optional(),
  after: time.optional(),
  before: time.optional(),
  tracked: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
  deleted: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(),
})

/** Unknown parameters are refused by name, as everywhere. */
const queries = { page, nothing, policy, windows, attempts }
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
