/**
 * The formats `ids` and `canonical` of GET /statements (1.0.3 Communication §2.1.3), cut out of the exact text: what stays is
 * never parsed, so numbers keep every digit (ruling 26).
 */
import { type LanguageChoice, languageChoice } from './accept-language.ts'
import { IDENTIFIERS } from './check-actor.ts'
import { elementSlices, type MemberSlice, membersOf, type Slice } from './json-scan.ts'
import { type Edit, splice } from './splice.ts'

/** What is done to each kind of object in a statement. */
interface Projection {
  readonly verb: (text: string, at: Slice) => Edit[]
  readonly actor: (text: string, at: Slice) => Edit[]
  readonly activity: (text: string, at: Slice) => Edit[]
}

const IDS: Projection = { verb: idOnly, activity: idOnly, actor: identifierOnly }

/**
 * Only what identifies Agents, Groups, Activities and Verbs is left (XAPI-00171); of a verb its id alone (xapi.md §5 row 12),
 * of an anonymous Group the identifiers of its members. An `objectType` that was sent stays with an Agent, so that an Agent
 * as object can still be told from an Activity.
 */
export function idsText(exact: string): string {
  return splice(exact, statementEdits(exact, { start: 0, end: exact.length }, IDS))
}

/**
 * One language in each map of verbs and Activities, chosen map by map (XAPI-00172); Agents and Groups as they were sent.
 * Attachments are no part of it.
 * @param definitions what is known of each Activity, as JSON text by its id as it is written; it stands for what was sent
 */
export function canonicalText(
  exact: string,
  acceptLanguage: string | undefined,
  definitions: ReadonlyMap<string, string> = new Map(),
): string {
  const choose = languageChoice(acceptLanguage)
  const projection: Projection = {
    verb: (text, at) => mapEdits(text, membersOf(text, at.start), ['display'], choose),
    activity: (text, at) => canonicalEdits(text, at, choose, definitions),
    actor: () => [],
  }
  return splice(exact, statementEdits(exact, { start: 0, end: exact.length }, projection))
}

/** The ids of all Activities in it, as they are written: those whose definitions `canonicalText` can use. */
export function activityIdsIn(exact: string): string[] {
  const ids = new Set<string>()
  const note = (text: string, at: Slice): Edit[] => {
    const id = stringIn(text, at, 'id')
    if (id !== undefined) ids.add(id)
    return []
  }
  const whole = { start: 0, end: exact.length }
  statementEdits(exact, whole, { verb: () => [], actor: () => [], activity: note })
  return [...ids]
}

/** A statement or a SubStatement. */
function statementEdits(text: string, at: Slice, projection: Projection): Edit[] {
  return membersOf(text, at.start).flatMap((member) => {
    const value = sliceOf(member)
    if (member.name === 'actor' || member.name === 'authority') return projection.actor(text, value)
    if (member.name === 'verb') return projection.verb(text, value)
    if (member.name === 'object') return objectEdits(text, value, projection)
    return member.name === 'context' ? contextEdits(text, value, projection) : []
  })
}

function objectEdits(text: string, at: Slice, projection: Projection): Edit[] {
  switch (stringIn(text, at, 'objectType') ?? 'Activity') {
    case 'Activity':
      return projection.activity(text, at)
    case 'Agent':
    case 'Group':
      return projection.actor(text, at)
    case 'SubStatement':
      return statementEdits(text, at, projection)
    default:
      return []
  }
}

function contextEdits(text: string, at: Slice, projection: Projection): Edit[] {
  return membersOf(text, at.start).flatMap((member) => {
    const value = sliceOf(member)
    if (member.name === 'instructor' || member.name === 'team') return projection.actor(text, value)
    if (member.name === 'contextActivities') {
      return membersOf(text, value.start).flatMap((list) =>
        elementSlices(text, list.valueStart).flatMap((activity) => projection.activity(text, activity)),
      )
    }
    const inner = { contextAgents: 'agent', contextGroups: 'group' }[member.name]
    if (inner === undefined) return []
    return elementSlices(text, value.start)
      .flatMap((element) => membersOf(text, element.start))
      .filter(({ name }) => name === inner)
      .flatMap((actor) => projection.actor(text, sliceOf(actor)))
  })
}

function idOnly(text: string, at: Slice): Edit[] {
  return [pick(text, at, new Set(['id']))]
}

function identifierOnly(text: string, at: Slice): Edit[] {
  const members = membersOf(text, at.start)
  const identified = members.some(({ name }) => (IDENTIFIERS as readonly string[]).includes(name))
  if (identified) return [pick(text, at, new Set(['objectType', ...IDENTIFIERS]))]
  const list = members.find(({ name }) => name === 'member')
  const inner = list ? elementSlices(text, list.valueStart).flatMap((one) => identifierOnly(text, one)) : []
  // Every member is reduced before the Group is, so the Group's own text is built from the reduced one.
  const reduced = splice(
    text.slice(at.start, at.end),
    inner.map((edit) => moved(edit, -at.start)),
  )
  return [
    { ...at, text: pick(reduced, { start: 0, end: reduced.length }, new Set(['objectType', 'member'])).text },
  ]
}

/** Replaces an object by one with some of its members, each as it was written. */
function pick(text: string, at: Slice, names: ReadonlySet<string>): Edit {
  const kept = membersOf(text, at.start).filter(({ name }) => names.has(name))
  return {
    ...at,
    text: `{${kept.map(({ nameStart, valueEnd }) => text.slice(nameStart, valueEnd)).join(',')}}`,
  }
}

function moved({ start, end, text }: Edit, by: number): Edit {
  return { start: start + by, end: end + by, text }
}

const COMPONENT_LISTS = new Set(['choices', 'scale', 'source', 'target', 'steps'])

function definitionEdits(text: string, at: Slice, choose: LanguageChoice): Edit[] {
  const definition = membersOf(text, at.start).find(({ name }) => name === 'definition')
  if (!definition) return []
  const members = membersOf(text, definition.valueStart)
  const components = members
    .filter(({ name }) => COMPONENT_LISTS.has(name))
    .flatMap(({ valueStart }) => elementSlices(text, valueStart))
    .flatMap((component) => mapEdits(text, membersOf(text, component.start), ['description'], choose))
  return [...mapEdits(text, members, ['name', 'description'], choose), ...components]
}

/** The known definition in place of the one that was sent, if any; then one language of each map. */
function canonicalEdits(
  text: string,
  at: Slice,
  choose: LanguageChoice,
  definitions: ReadonlyMap<string, string>,
): Edit[] {
  const known = definitions.get(stringIn(text, at, 'id') ?? '')
  if (known === undefined) return definitionEdits(text, at, choose)
  const whole = `{"definition":${known}}`
  const shown = splice(whole, definitionEdits(whole, { start: 0, end: whole.length }, choose)).slice(14, -1)
  const members = membersOf(text, at.start)
  const sent = members.find(({ name }) => name === 'definition')
  if (sent) return [{ ...sliceOf(sent), text: shown }]
  const end = members.at(-1)?.valueEnd ?? at.start + 1
  return [{ start: end, end, text: `,"definition":${shown}` }]
}

function mapEdits(
  text: string,
  members: readonly MemberSlice[],
  names: readonly string[],
  choose: LanguageChoice,
): Edit[] {
  return members
    .filter(({ name }) => names.includes(name))
    .flatMap((member) => {
      const chosen = choose(membersOf(text, member.valueStart).map(({ name }) => name))
      return chosen === null ? [] : [pick(text, sliceOf(member), new Set([chosen]))]
    })
}

function sliceOf({ valueStart, valueEnd }: MemberSlice): Slice {
  return { start: valueStart, end: valueEnd }
}

function stringIn(text: string, at: Slice, member: string): string | undefined {
  const found = membersOf(text, at.start).find(({ name }) => name === member)
  return found && (JSON.parse(text.slice(found.valueStart, found.valueEnd)) as string)
}
