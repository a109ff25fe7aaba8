/**
 * What State documents say of a launch (in-the-wild §2.2, P4 and P5): cmi5's `LMS.LaunchData` and the attempt state of the
 * SCORM profile. Each is a record of its own that stays when the document changes or goes: a launch that has happened has
 * happened (ruling 8).
 */
import { v5 } from 'uuid'
import type { LaunchRecord } from './derivation.ts'
import type { LaunchMode, Purpose } from './fact.ts'
import { groupBy } from './group-by.ts'
import { contextExtensions } from './iris.ts'
import { launchModeOf } from './launch-mode.ts'
import type { LaunchQuery } from './launches.ts'
import { NAMESPACE } from './namespace.ts'
import { attemptKey, textOf } from './session-keys.ts'

/** cmi5 §10: written by the LMS before it opens the AU. */
const LAUNCH_DATA = 'LMS.LaunchData'
const ATTEMPT_STATE = 'https://w3id.org/xapi/scorm/attempt-state'

export interface StateDocument {
  readonly stateId: string
  readonly activityId: string
  /** Canonical identifier. */
  readonly learner: string
  readonly registration?: string | undefined
  /** The document, parsed. */
  readonly value: unknown
  /** Of the credential that wrote it. */
  readonly purpose: Purpose
  /** When it was written, ms. */
  readonly at: number
}

export function tellsOfLaunch(stateId: string): boolean {
  return stateId === LAUNCH_DATA || stateId === ATTEMPT_STATE
}

/**
 * The launch a document tells of; null when it tells of none. Told again it is the same record. SCORM's `credit` decides
 * nothing: `no-credit` is also a normal launch of a learner.
 */
export function launchIn(document: StateDocument): LaunchRecord | null {
  const { stateId, value } = document
  if (typeof value !== 'object' || value === null) return null
  const members = value as Readonly<Record<string, unknown>>
  if (stateId === LAUNCH_DATA) return cmi5Launch(document, members)
  return stateId === ATTEMPT_STATE ? scormLaunch(document, members) : null
}

/** By its session; without one, by registration and activity, and then each time it is written is a launch. */
function cmi5Launch(
  document: StateDocument,
  members: Readonly<Record<string, unknown>>,
): LaunchRecord | null {
  const { activityId, registration, at } = document
  const mode = launchModeOf(members.launchMode)
  if (mode === undefined) return null
  const template = members.contextTemplate as { extensions?: Record<string, unknown> } | null | undefined
  const session = textOf(template?.extensions?.[contextExtensions.session])
  if (session !== null) return recordOf(document, mode, { session }, '')
  return registration === undefined
    ? null
    : recordOf(document, mode, { registration, element: activityId }, String(at))
}

/** Content writes it again and again: that a launch is none to be hidden, only an LMS says so that it matters. */
function scormLaunch(
  document: StateDocument,
  members: Readonly<Record<string, unknown>>,
): LaunchRecord | null {
  const mode = launchModeOf(members.mode)
  if (mode === undefined || (mode !== 'Browse' && document.purpose !== 'lms')) return null
  return recordOf(document, mode, { session: attemptKey(document.activityId) }, '')
}

type Launched = Pick<LaunchRecord, 'session' | 'registration' | 'element'>

function recordOf(
  { learner, purpose, at }: StateDocument,
  mode: LaunchMode,
  launched: Launched,
  occasion: string,
): LaunchRecord {
  const name = JSON.stringify([learner, launched, mode, purpose === 'lms', occasion])
  const id = v5(name, v5(`${NAMESPACE}launch-document`, v5.URL))
  return { id, ...launched, learner, origin: 'unknown', mode, at, writtenBy: purpose }
}

/** Clocks of LMS and content may differ by so much. */
const SKEW_MS = 5 * 60_000

/**
 * Finds what documents say of the launch of a statement: all that name its session; else, of those that name its registration
 * and activity, the last one before it, or the first.
 * @param records with `writtenBy`, of one learner
 */
export function documentFinder(
  records: readonly LaunchRecord[],
): (query: LaunchQuery) => readonly LaunchRecord[] {
  if (records.length === 0) return () => []
  const sorted = [...records].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  const sessions = groupBy(sorted, (record) => record.session ?? null)
  const activities = groupBy(sorted, ({ registration, element }) =>
    registration === undefined ? null : keyOf(registration, element ?? ''),
  )
  return ({ sessions: keys, registration, elements, at }) => {
    const ofSession = keys.flatMap((key) => sessions.get(key) ?? [])
    if (ofSession.length > 0 || registration === undefined) return ofSession
    return elements.flatMap((element) => {
      const told = activities.get(keyOf(registration, element)) ?? []
      return told.findLast((record) => record.at <= at + SKEW_MS) ?? told.slice(0, 1)
    })
  }
}

function keyOf(registration: string, element: string): string {
  return `${registration.toLowerCase()}\u0000${element}`
}
