/** When a statement sent again is the same one (1.0.3 Data §2.3.1, 2.0.0 §4.2.4; xapi.md §6.3, 1–2). */
import { canonicalMbox, identifierOf, isGroup } from './actor.ts'
import { toHundredths } from './duration.ts'
import { isSameJson } from './json-equal.ts'
import { activityOf, actorOf, CONTEXT_ACTIVITIES, listOfActivities } from './parts.ts'
import { readInstant } from './timestamp.ts'
import type {
  Activity,
  Actor,
  Agent,
  Attachment,
  Context,
  Result,
  Statement,
  StatementObject,
  StatementRef,
  SubStatement,
  Version,
} from './types.ts'

/** `timestamp` is the effective one, ms: what it was sent with, else `stored`. */
export interface KnownStatement {
  readonly statement: Statement
  readonly timestamp: number
}

/**
 * Whether `incoming` says what is stored already. Not compared: what the LRS sets (`id`, `stored`, `authority`, `version`),
 * verb displays, activity definitions, display and description of attachments, the order of members and of a Group's members.
 * Compared by meaning: times by instant, mail domains, ids and hashes without case, one context activity as a list of one,
 * objectTypes that may be left out, numbers by value. Everything else exactly, extensions included.
 * @param version decides about durations: 2.0.0 ignores what lies beyond 0.01 s, 1.0.3 compares their text
 */
export function isSameStatement(stored: KnownStatement, incoming: Statement, version: Version): boolean {
  if (!isSameTime(stored, incoming.timestamp)) return false
  return isSameJson(comparable(stored.statement, version), comparable(incoming, version))
}

/** A stored statement that came without timestamp shows one; sending that one back is the same statement. */
function isSameTime(stored: KnownStatement, incoming: string | undefined): boolean {
  const own = stored.statement.timestamp
  if (incoming === undefined) return own === undefined
  if (own !== undefined) return instantText(own) === instantText(incoming)
  return instantText(incoming) === `${stored.timestamp}.`
}

function instantText(timestamp: string): string {
  const instant = readInstant(timestamp)
  return instant === null ? timestamp : `${instant.ms}.${instant.beyond}`
}

/** What is left of a statement when everything that may differ is taken out or made the same. */
function comparable(statement: Statement | SubStatement, version: Version): unknown {
  const { actor, verb, object, result, context, attachments } = statement
  return {
    actor: comparableActor(actor),
    verb: { ...verb, display: undefined },
    object: comparableObject(object, version),
    result: result && comparableResult(result, version),
    context: context && comparableContext(context),
    attachments: attachments?.map(comparableAttachment),
  }
}

function comparableActor(actor: Actor): unknown {
  const identifiers = {
    mbox: actor.mbox && canonicalMbox(actor.mbox),
    mbox_sha1sum: actor.mbox_sha1sum?.toLowerCase(),
  }
  if (!isGroup(actor)) return { ...actor, ...identifiers, objectType: 'Agent' }
  // The members of a Group are a set (1.0.3 Data §2.4.2.2).
  const members = actor.member && [...actor.member].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
  return { ...actor, ...identifiers, member: members?.map(comparableActor) }
}

function sortKey(agent: Agent): string {
  return JSON.stringify([identifierOf(agent), agent.name, agent.account?.homePage])
}

function comparableObject(object: StatementObject, version: Version): unknown {
  const activity = activityOf(object)
  if (activity) return comparableActivity(activity)
  const actor = actorOf(object)
  if (actor) return comparableActor(actor)
  if (object.objectType === 'StatementRef') return comparableReference(object)
  const sub = object as SubStatement
  const timestamp = sub.timestamp && instantText(sub.timestamp)
  return { ...(comparable(sub, version) as object), objectType: 'SubStatement', timestamp }
}

/** The definition is the LRS's to keep, not part of the statement. */
function comparableActivity({ id }: Activity): unknown {
  return { objectType: 'Activity', id }
}

function comparableReference(reference: StatementRef): unknown {
  return { ...reference, id: reference.id.toLowerCase() }
}

function comparableResult(result: Result, version: Version): unknown {
  if (version === '1.0.3' || result.duration === undefined) return result
  return { ...result, duration: toHundredths(result.duration) }
}

function comparableContext(context: Context): unknown {
  const { instructor, team, contextAgents, contextGroups, contextActivities } = context
  return {
    ...context,
    registration: context.registration?.toLowerCase(),
    instructor: instructor && comparableActor(instructor),
    team: team && comparableActor(team),
    statement: context.statement && comparableReference(context.statement),
    contextAgents: contextAgents?.map((one) => ({ ...one, agent: comparableActor(one.agent) })),
    contextGroups: contextGroups?.map((one) => ({ ...one, group: comparableActor(one.group) })),
    contextActivities:
      contextActivities &&
      Object.fromEntries(
        CONTEXT_ACTIVITIES.map((name) => [
          name,
          contextActivities[name] && listOfActivities(contextActivities[name]).map(comparableActivity),
        ]),
      ),
  }
}

function comparableAttachment(attachment: Attachment): unknown {
  return { ...attachment, display: undefined, description: undefined, sha2: attachment.sha2.toLowerCase() }
}
