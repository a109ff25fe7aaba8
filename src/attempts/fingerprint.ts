import { createHash } from 'node:crypto'
import type { Statement } from '../xapi/types.ts'

/** JSON with sorted keys, so that equal values have equal text. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

/** What of a statement tells two without ids apart (in-the-wild §4.5, 2). */
export interface FingerprintParts {
  readonly learner: string
  readonly object: string
  readonly event: string | undefined
  readonly statement: Statement
}

/** SHA-256 in hex. Only for statements that came without an id; it dedupes evidence, never storage (ruling 6). */
export function fingerprintOf({ learner, object, event, statement }: FingerprintParts): string {
  const parts = [
    learner,
    statement.verb.id,
    object,
    statement.timestamp ?? null,
    statement.context?.registration?.toLowerCase() ?? null,
    statement.result ?? null,
    event ?? null,
  ]
  return createHash('sha256').update(canonicalJson(parts)).digest('hex')
}
