/** What statements say of Activities and Agents beside what they identify them with: definitions and names. */
import { createHash } from 'node:crypto'
import { identifierOf, isGroup } from './actor.ts'
import { canonicalIri } from './iri.ts'
import { elementSlices, type MemberSlice, membersOf, type Slice } from './json-scan.ts'
import {
  activityOf,
  actorOf,
  CONTEXT_ACTIVITIES,
  contextActivitiesOf,
  contextActorsOf,
  subStatementOf,
} from './parts.ts'
import type { Activity, Actor, Statement, SubStatement } from './types.ts'

/** One definition of an Activity, or one name of an Agent or Group. Immutable: another text is another description. */
export interface Description {
  readonly kind: 'activity' | 'agent'
  /** The canonical IRI of the Activity, or the canonical identifier of the Agent. */
  readonly subject: string
  /** Tells texts of one subject apart. */
  readonly hash: string
  /** The definition as JSON text, or the name. */
  readonly text: string
}

/** The same for every way of writing one Activity id: what its definitions are kept under. */
export const activitySubject = canonicalIri

/** Everything a valid statement describes, SubStatements included; the same description once. */
export function descriptionsIn(statement: Statement, raw: string): readonly Description[] {
  const found = new Map<string, Description>()
  const add = (kind: Description['kind'], subject: string, text: string): void => {
    const hash = hashOf(text)
    found.set(`${kind} ${hash} ${subject}`, { kind, subject, hash, text })
  }
  for (const { id, text } of definitionsIn(statement, raw)) add('activity', activitySubject(id), text)
  for (const actor of actorsIn(statement)) {
    const subject = identifierOf(actor)
    if (subject !== null && actor.name) add('agent', subject, actor.name)
  }
  return [...found.values()]
}

/** Numbers stand in extensions alone; there the text as received is kept, to the last digit (ruling 26). */
function definitionsIn(statement: Statement, raw: string): { readonly id: string; readonly text: string }[] {
  const activities = activitiesIn(statement)
  const slices = activities.some(({ definition }) => definition?.extensions) ? activitySlices(raw) : null
  return activities.flatMap(({ id, definition }, index) => {
    if (definition === undefined) return []
    const slice = definition.extensions && slices?.[index]
    return [{ id, text: slice ? definitionText(raw, slice) : JSON.stringify(definition) }]
  })
}

function activitiesIn(statement: Statement): Activity[] {
  const sub = subStatementOf(statement)
  return [...ownActivities(statement), ...(sub ? ownActivities(sub) : [])]
}

function ownActivities({ object, context }: Statement | SubStatement): Activity[] {
  const direct = activityOf(object)
  const others = contextActivitiesOf(context?.contextActivities)
  return direct ? [direct, ...others] : others
}

/** Where the Activities of `activitiesIn` lie in the text, in the same order. */
function activitySlices(text: string, start = 0): Slice[] {
  const members = membersOf(text, start)
  const object = named(members, 'object')
  const type = object && named(membersOf(text, object.valueStart), 'objectType')
  const kind = type ? (JSON.parse(text.slice(type.valueStart, type.valueEnd)) as string) : 'Activity'
  const context = named(members, 'context')
  const lists = context && named(membersOf(text, context.valueStart), 'contextActivities')
  const inContext = lists ? membersOf(text, lists.valueStart) : []
  return [
    ...(object && kind === 'Activity' ? [sliceOf(object)] : []),
    ...CONTEXT_ACTIVITIES.flatMap((name) => listedIn(text, named(inContext, name))),
    ...(object && kind === 'SubStatement' ? activitySlices(text, object.valueStart) : []),
  ]
}

function listedIn(text: string, list: MemberSlice | undefined): Slice[] {
  if (list === undefined) return []
  return text[list.valueStart] === '[' ? elementSlices(text, list.valueStart) : [sliceOf(list)]
}

function definitionText(text: string, activity: Slice): string {
  const definition = named(membersOf(text, activity.start), 'definition')
  return definition ? text.slice(definition.valueStart, definition.valueEnd) : '{}'
}

function named(members: readonly MemberSlice[], name: string): MemberSlice | undefined {
  return members.find((member) => member.name === name)
}

function sliceOf({ valueStart, valueEnd }: MemberSlice): Slice {
  return { start: valueStart, end: valueEnd }
}

/** Actors, objects and whom contexts name, with the members of Groups. */
function actorsIn(statement: Statement): Actor[] {
  const sub = subStatementOf(statement)
  const all = [...ownActors(statement), ...(sub ? ownActors(sub) : [])]
  return all.flatMap((actor) => (isGroup(actor) ? [actor, ...(actor.member ?? [])] : [actor]))
}

function ownActors({ actor, object, context }: Statement | SubStatement): Actor[] {
  const other = actorOf(object)
  return [actor, ...(other ? [other] : []), ...contextActorsOf(context)]
}

/** Hashing costs more than all the rest, and most statements say what others have said before them. */
const REMEMBERED = 10_000
const LONGEST_REMEMBERED = 2_000
const hashes = new Map<string, string>()

function hashOf(text: string): string {
  const known = hashes.get(text)
  if (known !== undefined) return known
  const hash = digest(text)
  if (text.length > LONGEST_REMEMBERED) return hash
  if (hashes.size >= REMEMBERED) hashes.clear()
  hashes.set(text, hash)
  return hash
}

/** 132 bits. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}
