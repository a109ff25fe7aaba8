/**
 * Documents and what may be done with them (1.0.3 Communication §2.2, §3.1; 2.0.0 §4.1.4, §4.1.6): who may overwrite what,
 * and how two documents merge. Pure: the loop that reads, asks here and writes is lrs/statements/documents.ts.
 */
import { fitsIfMatch, fitsIfNoneMatch } from './entity-tag.ts'
import { membersOf, readJson } from './json.ts'
import type { Version, Violation } from './types.ts'

export type DocumentResource = 'state' | 'activity-profile' | 'agent-profile'

/** Whose documents. What a resource does not have is the empty string. */
export interface DocumentScope {
  readonly resource: DocumentResource
  /** Canonical IRI (iri.ts): however the id is written. */
  readonly activity: string
  /** Canonical identifier (actor.ts): however the Agent is written. */
  readonly agent: string
  /** Lower case; empty: the documents without registration; null: of every registration and of none. */
  readonly registration: string | null
}

export interface DocumentPlace extends DocumentScope {
  readonly registration: string
  readonly id: string
}

export interface KeptDocument {
  readonly body: Uint8Array
  /** As it was sent. */
  readonly contentType: string
  /** SHA-1 of the body, lower hex (1.0.3 Communication §3.1). */
  readonly etag: string
}

export interface Preconditions {
  readonly ifMatch?: string | undefined
  readonly ifNoneMatch?: string | undefined
}

/** What a client wants to be there. */
export interface DocumentWrite extends Preconditions {
  readonly method: 'PUT' | 'POST'
  readonly resource: DocumentResource
  readonly version: Version
  readonly body: Uint8Array
  readonly contentType: string
}

export type Refused = {
  readonly refused: 'malformed' | 'conflict' | 'precondition-failed'
  readonly violation: Violation
}
export type DecidedWrite = Pick<KeptDocument, 'body' | 'contentType'> | Refused

/** Documents of this type are checked to be JSON, and merged by POST. Parameters (charset) mean nothing (RFC 8259 §11). */
export function isJsonType(contentType: string): boolean {
  return contentType.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

/** Whether a document may be stored at all: one that says it is JSON must be (XAPI-00235). */
export function checkDocument({
  body,
  contentType,
}: Pick<DocumentWrite, 'body' | 'contentType'>): Violation | null {
  if (!isJsonType(contentType)) return null
  const json = readJson(body)
  return 'violation' in json ? { ...json.violation, requirement: 'XAPI-00235' } : null
}

/** @param write its document has been checked */
export function decideWrite(write: DocumentWrite, existing: KeptDocument | null): DecidedWrite {
  const failed = failedPrecondition(write, existing)
  if (failed) return failed
  if (write.method === 'POST') return existing ? merged(write, existing) : write
  return blindPut(write, existing) ?? write
}

/** Of DELETE and of writes alike. */
export function failedPrecondition(
  { ifMatch, ifNoneMatch }: Preconditions,
  existing: Pick<KeptDocument, 'etag'> | null,
): Refused | null {
  const etag = existing?.etag ?? null
  const there = etag === null ? 'there is no document' : `the document has the ETag "${etag}"`
  if (ifMatch !== undefined && !fitsIfMatch(ifMatch, etag))
    return refuse('precondition-failed', 'If-Match', `${there}, not ${ifMatch}`, 'XAPI-00322')
  if (ifNoneMatch !== undefined && !fitsIfNoneMatch(ifNoneMatch, etag))
    return refuse(
      'precondition-failed',
      'If-None-Match',
      `${there}, which ${ifNoneMatch} excludes`,
      'XAPI-00322',
    )
  return null
}

/**
 * Of DELETE of many. Together they have no ETag, so no tag a client sends can be theirs: refused, because whoever sends one
 * wants nothing removed that has changed since. `*` asks only whether there are any.
 */
export function failedPreconditionOfMany(
  { ifMatch, ifNoneMatch }: Preconditions,
  areThere: boolean,
): Refused | null {
  const there = areThere ? 'documents have an ETag each, none together' : 'there is no document'
  if (ifMatch !== undefined && !(areThere && ifMatch.trim() === '*'))
    return refuse('precondition-failed', 'If-Match', `${there}, so not ${ifMatch}`, 'XAPI-00322')
  if (ifNoneMatch?.trim() === '*' && areThere)
    return refuse(
      'precondition-failed',
      'If-None-Match',
      'there are documents, which * excludes',
      'XAPI-00322',
    )
  return null
}

/**
 * A PUT that does not say what it replaces (xapi.md §5 rows 5–7). 1.0.x: profiles must say it, State need not; 2.0: only
 * what is not there yet may be put blindly.
 */
function blindPut(
  { resource, version, ifMatch, ifNoneMatch }: DocumentWrite,
  existing: KeptDocument | null,
): Refused | null {
  if (ifMatch !== undefined || ifNoneMatch !== undefined) return null
  if (version === '1.0.3' && resource === 'state') return null
  if (existing) {
    const advice = `there is a document with the ETag "${existing.etag}": check its current state, then send If-Match with that ETag to replace it`
    return refuse('conflict', 'If-Match', advice, 'XAPI-00322')
  }
  if (version === '2.0.0') return null
  return refuse(
    'malformed',
    'If-None-Match',
    'a new profile document is put with If-None-Match: *',
    'xAPI 1.0.3 Communication §3.1',
  )
}

function merged(write: DocumentWrite, existing: KeptDocument): DecidedWrite {
  const [older, newer] = [objectIn(existing), objectIn(write)]
  if (older === null)
    return refuse(
      'malformed',
      '$',
      'the stored document is no JSON object: it can only be replaced, by PUT',
      'XAPI-00232',
    )
  if (newer === null)
    return refuse(
      'malformed',
      '$',
      'only a JSON object sent as application/json is merged into one',
      'XAPI-00229',
    )
  return { body: new TextEncoder().encode(mergedObject(older, newer)), contentType: 'application/json' }
}

/** The text of a document that is a JSON object; null for any other. */
function objectIn({ body, contentType }: Pick<KeptDocument, 'body' | 'contentType'>): string | null {
  if (!isJsonType(contentType)) return null
  const json = readJson(body)
  if ('violation' in json) return null
  const { value, text } = json
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : null
}

/** Member by member, one level deep (XAPI-00183, XAPI-00184). Texts, so numbers keep every digit. */
function mergedObject(older: string, newer: string): string {
  const members = new Map<string, string>()
  for (const text of [older, newer])
    for (const { name, valueStart, valueEnd } of membersOf(text))
      members.set(name, text.slice(valueStart, valueEnd))
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

function refuse(refused: Refused['refused'], path: string, message: string, requirement: string): Refused {
  return { refused, violation: { path, message, requirement } }
}
