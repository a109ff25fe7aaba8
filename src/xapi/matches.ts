/**
 * What each filter of a list query means (1.0.3 Communication §2.1.3, 2.0.0 §4.1.6.1), written straight from the text. Queries
 * are answered from the index terms; this is what they are held against.
 */
import { identifiersOf } from './actor.ts'
import { canonicalIri } from './iri.ts'
import { contextActivitiesOf, contextActorsOf } from './parts.ts'
import type { ListQuery } from './query.ts'
import type { LrsSet } from './terms.ts'
import type { Actor, Statement, SubStatement } from './types.ts'

/**
 * Whether a statement, by itself, belongs in the answer: not whether it is voided, nor whether it refers to one that does.
 * @param stored when it was stored, ms
 */
export function matches(statement: Statement, stored: number, lrs: LrsSet, query: ListQuery): boolean {
  return (
    (query.since === undefined || stored > query.since) &&
    (query.until === undefined || stored <= query.until) &&
    (query.verb === undefined || isSameIri(statement.verb.id, query.verb)) &&
    (query.registration === undefined ||
      statement.context?.registration?.toLowerCase() === query.registration) &&
    (query.activity === undefined || hasActivity(statement, query.activity, query.relatedActivities)) &&
    (query.agent === undefined || hasAgent(statement, lrs.authority, query.agent, query.relatedAgents))
  )
}

function hasActivity(statement: Statement | SubStatement, id: string, related: boolean): boolean {
  const { object, context } = statement
  const isObject =
    (object.objectType ?? 'Activity') === 'Activity' && 'id' in object && isSameIri(object.id, id)
  if (isObject) return true
  if (!related) return false
  if (contextActivitiesOf(context?.contextActivities).some((activity) => isSameIri(activity.id, id)))
    return true
  return object.objectType === 'SubStatement' && hasActivity(object, id, true)
}

function hasAgent(statement: Statement, authority: Actor, identifier: string, related: boolean): boolean {
  const isOneOf = (actors: readonly Actor[]) =>
    actors.some((actor) => identifiersOf(actor).includes(identifier))
  if (isOneOf(actorAndObject(statement))) return true
  if (!related) return false
  if (isOneOf([authority, ...contextActorsOf(statement.context)])) return true
  const { object } = statement
  if (object.objectType !== 'SubStatement') return false
  return isOneOf(actorAndObject(object)) || isOneOf(contextActorsOf(object.context))
}

function actorAndObject({ actor, object }: Statement | SubStatement): Actor[] {
  return object.objectType === 'Agent' || object.objectType === 'Group' ? [actor, object] : [actor]
}

function isSameIri(a: string, b: string): boolean {
  return canonicalIri(a) === canonicalIri(b)
}
