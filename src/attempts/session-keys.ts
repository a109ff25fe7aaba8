import type { Activity } from '../xapi/types.ts'
import type { SessionKey, SessionKeyKind, Source } from './fact.ts'
import { contextExtensions } from './iris.ts'
import type { Marks } from './source.ts'
import { attemptTypes } from './vocabulary.ts'

const ATTEMPT_UUID = /[?&]attemptId=([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})/i
const ATTEMPT_QUERY = /[?&]attemptId=.*$/

/** The SCO or page an attempt IRI of the SCORM profile is about: the IRI without `?attemptId=…`. */
export function attemptedActivity(id: string): string {
  return id.replace(ATTEMPT_QUERY, '')
}

/**
 * The UUID after `attemptId=`, else the whole id. ADL's own sample gives a page and its SCO different attempt IRIs with
 * one UUID: the UUID is the stable key, the IRI is not (in-the-wild §1.1).
 */
export function attemptKey(id: string): string {
  return ATTEMPT_UUID.exec(id)?.[1]?.toLowerCase() ?? id
}

function isAttempt(activity: Activity, source: Source): boolean {
  return (
    attemptTypes.has(activity.definition?.type ?? '') ||
    (source === 'scorm-profile' && ATTEMPT_UUID.test(activity.id))
  )
}

/** Senders write session and attempt ids as text or as numbers. */
export function textOf(value: unknown): string | null {
  if (typeof value === 'string' && value !== '') return value
  return typeof value === 'number' ? String(value) : null
}

/**
 * The session-level keys of a statement, in ladder order without repetition (in-the-wild §4.2, K1–K5). K4 is an attempt
 * number within a registration, except from Moodle, whose registration is a hash of a PHP session.
 */
export function sessionKeys(
  marks: Marks,
  source: Source,
  registration: string | undefined,
): readonly SessionKey[] {
  const found: SessionKey[] = []
  const add = (kind: SessionKeyKind, key: string | null): void => {
    if (key !== null && !found.some((other) => other.kind === kind && other.key === key))
      found.push({ kind, key })
  }
  add('K1', textOf(marks.extensions[contextExtensions.session]))
  for (const activity of [...marks.parents, ...marks.groupings]) {
    if (isAttempt(activity, source)) add('K2', attemptKey(activity.id))
  }
  if (marks.object && isAttempt(marks.object, source)) add('K3', attemptKey(marks.object.id))
  const attempt = textOf(marks.extensions[contextExtensions.attempt])
  const scope = registration !== undefined && source !== 'moodle' ? `${registration}|` : ''
  if (attempt !== null) add('K4', scope + attempt)
  add('K5', textOf(marks.extensions[contextExtensions.videoSession]))
  return found
}
