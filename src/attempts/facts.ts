import { identifierOf, isGroup } from '../xapi/actor.ts'
import { durationMs, instantOf } from '../xapi/formats.ts'
import type { Activity, ActivityOrList, Actor, Statement } from '../xapi/types.ts'
import { voidedId } from '../xapi/voiding.ts'
import type { ActivityRef, Fact, Purpose, Source } from './fact.ts'
import { fingerprintOf } from './fingerprint.ts'
import { contextExtensions, resultExtensions, verbs } from './iris.ts'
import { launchModeOf } from './launch-mode.ts'
import { LAUNCH_ORIGIN } from './namespace.ts'
import { sessionKeys } from './session-keys.ts'
import { type Marks, sourceOf } from './source.ts'
import { isScormCategory, scormCategories, scormEvents, scormTypes, sourceMarks } from './vocabulary.ts'

/** How a statement came to us. */
export interface Origin {
  readonly statementId: string
  /** False when the LRS gave the id: only then equal statements are told apart by fingerprint (ruling 6). */
  readonly idGiven: boolean
  readonly credential: string
  readonly purpose: Purpose
  readonly subAccount?: string | undefined
}

function listOf(activities: ActivityOrList | undefined): readonly Activity[] {
  if (activities === undefined) return []
  return Array.isArray(activities) ? (activities as readonly Activity[]) : [activities as Activity]
}

function marksOf(statement: Statement): Marks {
  const { object, context } = statement
  const isActivity = object.objectType === undefined || object.objectType === 'Activity'
  return {
    object: isActivity ? (object as Activity) : null,
    parents: listOf(context?.contextActivities?.parent),
    groupings: listOf(context?.contextActivities?.grouping),
    categories: listOf(context?.contextActivities?.category),
    extensions: context?.extensions ?? {},
  }
}

function refOf(activity: Activity): ActivityRef {
  const type = activity.definition?.type
  return type === undefined ? { id: activity.id } : { id: activity.id, type }
}

/**
 * Objects that are no activity keep their objectType as type, by which derive tells that they are no content
 * (in-the-wild §4.5, 9). Types of activities are IRIs, so the two cannot be confused.
 */
function objectRef(statement: Statement): ActivityRef {
  const { object } = statement
  if (object.objectType === 'StatementRef') return { id: object.id, type: 'StatementRef' }
  if (object.objectType === 'SubStatement') return { id: 'SubStatement', type: 'SubStatement' }
  if (object.objectType === 'Agent' || object.objectType === 'Group') {
    return { id: identifierOf(object) ?? object.objectType, type: object.objectType }
  }
  return refOf(object as Activity)
}

function eventOf(marks: Marks): string | undefined {
  const info = marks.extensions[sourceMarks.moodleInfo]
  const name =
    typeof info === 'object' && info !== null ? (info as { event_name?: unknown }).event_name : undefined
  return typeof name === 'string' ? name : undefined
}

function hasScormProof(marks: Marks, event: string | undefined): boolean {
  const typed = [...(marks.object ? [marks.object] : []), ...marks.parents, ...marks.groupings]
  return (
    marks.categories.some((category) => scormCategories.has(category.id) || isScormCategory(category.id)) ||
    typed.some((activity) => scormTypes.has(activity.definition?.type ?? '')) ||
    (event !== undefined && scormEvents.has(event))
  )
}

function fraction(value: unknown, whole: number): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= whole ? value / whole : undefined
}

/** What the verb alone says when the result does not. Moodle sends `completed` for incomplete SCOs (in-the-wild §1.7, 4). */
function verbSays(verb: string, scormEvent: boolean): { completion?: boolean; success?: boolean } {
  if (verb === verbs.completed && !scormEvent) return { completion: true }
  if (verb === verbs.passed) return { success: true }
  return verb === verbs.failed ? { success: false } : {}
}

type Outcome = Pick<Fact, 'completion' | 'success' | 'scaled' | 'progress' | 'durationMs'>

function outcomeOf(statement: Statement, source: Source, event: string | undefined): Outcome {
  const { result } = statement
  const verb = statement.verb.id
  const scormEvent = event !== undefined && scormEvents.has(event)
  const said = verbSays(verb, scormEvent)
  // The SCORM profile reports progress_measure as the scaled score of `progressed`.
  const scoreIsProgress = source === 'scorm-profile' && verb === verbs.progressed
  const scaled = result?.score?.scaled
  const extensions = result?.extensions ?? {}
  const duration = result?.duration === undefined ? Number.NaN : durationMs(result.duration)
  return defined({
    completion: (scormEvent ? undefined : result?.completion) ?? said.completion,
    success: result?.success ?? said.success,
    scaled: scoreIsProgress ? undefined : scaled,
    progress:
      fraction(extensions[resultExtensions.cmi5Progress], 100) ??
      fraction(extensions[resultExtensions.videoProgress], 1) ??
      (scoreIsProgress ? fraction(scaled, 1) : undefined),
    durationMs: Number.isNaN(duration) ? undefined : duration,
  })
}

/** Leaves out the members that are undefined: stored facts carry only what was said. */
function defined<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  const said: Partial<T> = {}
  for (const name in members) if (members[name] !== undefined) said[name] = members[name]
  return said as T
}

interface Person {
  readonly ifi: string
  readonly name: string | undefined
  /** Nobody in particular, or one of several. */
  readonly role: Pick<Fact, 'group' | 'member'>
}

/** Each listed member counts, the group does not; a group that names nobody is kept apart (Q22, in-the-wild §4.5, 10). */
function peopleOf(actor: Actor): readonly Person[] {
  const members = isGroup(actor) ? (actor.member ?? []) : []
  const role = !isGroup(actor)
    ? {}
    : members.length > 0
      ? { member: true as const }
      : { group: true as const }
  const people = new Map<string, Person>()
  for (const one of members.length > 0 ? members : [actor]) {
    const ifi = identifierOf(one)
    if (ifi !== null) people.set(ifi, { ifi, name: one.name, role })
  }
  return [...people.values()]
}

type Common = Omit<Fact, 'learner' | 'name' | 'group' | 'member' | 'fingerprint'>

function commonFacts(statement: Statement, origin: Origin): Common {
  const marks = marksOf(statement)
  const source = sourceOf(marks, statement)
  const event = eventOf(marks)
  const registration = statement.context?.registration?.toLowerCase()
  const marker = marks.extensions[LAUNCH_ORIGIN]
  const at = statement.timestamp === undefined ? Number.NaN : instantOf(statement.timestamp)
  return {
    statementId: origin.statementId,
    verb: statement.verb.id,
    object: objectRef(statement),
    parents: marks.parents.map(refOf),
    groupings: marks.groupings.map(refOf),
    source,
    keys: sessionKeys(marks, source, registration),
    at: Number.isNaN(at) ? null : at,
    credential: origin.credential,
    purpose: origin.purpose,
    ...(marks.categories.length > 0 && {
      categories: [...new Set(marks.categories.map(({ id }) => id))].sort(),
    }),
    ...(origin.subAccount !== undefined && { subAccount: origin.subAccount }),
    ...(hasScormProof(marks, event) && { scorm: true as const }),
    ...(marks.categories.some((category) => sourceMarks.cmi5.has(category.id)) && { cmi5: true as const }),
    ...defined<Pick<Fact, 'registration' | 'launchMode' | 'origin' | 'event'>>({
      registration,
      launchMode: launchModeOf(marks.extensions[contextExtensions.launchMode]),
      origin: typeof marker === 'string' ? marker : undefined,
      event,
    }),
    ...outcomeOf(statement, source, event),
  }
}

/**
 * What a valid statement says of each of its learners, from the statement and its credential alone (ruling 3).
 * Voiding statements say nothing about use and give no facts; references and sub-statements give facts that are never
 * evidence (in-the-wild §4.5, 9).
 */
export function factsOf(statement: Statement, origin: Origin): readonly Fact[] {
  if (voidedId(statement) !== null) return []
  const common = commonFacts(statement, origin)
  const { object, event } = common
  return peopleOf(statement.actor).map(({ ifi, name, role }) => ({
    ...common,
    learner: ifi,
    ...(name !== undefined && { name }),
    ...role,
    ...(!origin.idGiven && {
      fingerprint: fingerprintOf({ learner: ifi, object: object.id, event, statement }),
    }),
  }))
}
