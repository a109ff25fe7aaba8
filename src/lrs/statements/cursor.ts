/** The opaque part of a `more` link: where to go on, sealed so that it works only for the credentials it was made for. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Caller } from '../access/access.ts'
import { malformedAt } from '../refusal.ts'

const position = z.object({
  after: z.number().int(),
  upTo: z.number().int(),
  /** Of a list in order of time: the time of the last statement given, ms. */
  at: z.number().optional(),
  /** The Accept-Language of the first page; absent when it has no say in the answer. */
  language: z.string().optional(),
})
export type Position = z.infer<typeof position>

export function sealCursor(at: Position, caller: Caller, key: string): string {
  const text = Buffer.from(JSON.stringify(at)).toString('base64url')
  return `${text}.${seal(text, caller, key)}`
}

/** @throws Refusal `malformed` for anything this server did not make for this caller */
export function openCursor(cursor: string, caller: Caller, key: string): Position {
  const [text = '', given = ''] = cursor.split('.')
  const expected = seal(text, caller, key)
  const equal = given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
  if (!equal)
    throw malformedAt('?cursor', 'not a continuation given to these credentials', 'xAPI 1.0.3 Data §2.5')
  return position.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
}

function seal(text: string, caller: Caller, key: string): string {
  return createHmac('sha256', key)
    .update(`${caller.tenant}|${caller.id}|${text}`)
    .digest('base64url')
    .slice(0, 22)
}
