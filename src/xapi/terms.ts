/**
 * Index terms: a statement fits a list query exactly when it has every term of the query (time aside). Short texts, one letter
 * for the filter and then its value. The meaning they must agree with is written out in matches.ts.
 */
import { hash } from 'node:crypto'
import { identifiersOf } from './actor.ts'
import { canonicalIri } from './iri.ts'
import { activityOf, actorOf, contextActivitiesOf, contextActorsOf, subStatementOf } from './parts.ts'
import type { ListQuery } from './query.ts'
import type { Activity, Actor, Statement, SubStatement } from './types.ts'

/** What the LRS adds to a statement that queries can ask for. */
export interface LrsSet {
  readonly authority: Actor
  readonly credential: string
}

/** Credential, word, outcome (search-terms.ts). */
const OWN: ReadonlySet<string> = new Set(['c:', 'w:', 'o:'])

/** Longer IRIs are hashed. No IRI looks like a hash: it has a colon. */
const LONGEST = 64

/** Each once. `lrs.authority` counts, not the authority a client sent. */
export function termsOf(statement: Statement, lrs: LrsSet): string[] {
  const terms = new Set<string>([verbTerm(statement.verb.id), credentialTerm(lrs.credential)])
  if (statement.context?.registration) terms.add(registrationTerm(statement.context.registration))
  addActivities(terms, statement)
  addAgents(terms, statement, lrs.authority)
  return [...terms]
}

export type TermFilter = Pick<
  ListQuery,
  'agent' | 'verb' | 'activity' | 'registration' | 'relatedAgents' | 'relatedActivities'
>

/** All of them must hold. */
export function termsOfQuery(query: TermFilter): string[] {
  const terms: string[] = []
  if (query.verb !== undefined) terms.push(verbTerm(query.verb))
  if (query.activity !== undefined) terms.push(activityTerm(query.activity, query.relatedActivities))
  if (query.agent !== undefined) terms.push(agentTerm(query.agent, query.relatedAgents))
  if (query.registration !== undefined) terms.push(registrationTerm(query.registration))
  return terms
}

/**
 * Terms that a statement which refers to this one does not inherit: who wrote it, and what search-terms.ts adds. Only the
 * filters of the standard reach over references (1.0.3 Communication §2.1.3).
 */
export function isOwnTerm(term: string): boolean {
  return OWN.has(term.slice(0, 2))
}

/** Of everything one credential wrote (scope `statements/read/mine`). */
export function credentialTerm(credential: string): string {
  return `c:${credential}`
}

function verbTerm(id: string): string {
  return `v:${shortened(canonicalIri(id))}`
}

function registrationTerm(registration: string): string {
  return `r:${registration.toLowerCase()}`
}

/** Of the statements whose object is this Activity; with `related`, of those that mention it as queries with related_activities do. */
export function activityTerm(id: string, related: boolean): string {
  return `${related ? 'A' : 'a'}:${shortened(canonicalIri(id))}`
}

/** Always hashed: identifiers of people never stand in an index (ruling 19). */
function agentTerm(identifier: string, related: boolean): string {
  return `${related ? 'P' : 'p'}:${digest(identifier)}`
}

function addActivities(terms: Set<string>, statement: Statement): void {
  const direct = activityOf(statement.object)
  if (direct) terms.add(activityTerm(direct.id, false))
  const sub = subStatementOf(statement)
  for (const { id } of [...activitiesOf(statement), ...(sub ? activitiesOf(sub) : [])])
    terms.add(activityTerm(id, true))
}

function activitiesOf({ object, context }: Statement | SubStatement): Activity[] {
  const direct = activityOf(object)
  const others = contextActivitiesOf(context?.contextActivities)
  return direct ? [direct, ...others] : others
}

function addAgents(terms: Set<string>, statement: Statement, authority: Actor): void {
  const sub = subStatementOf(statement)
  const direct = new Set(directActors(statement).flatMap(identifiersOf))
  const related = new Set(direct)
  const further = contextActorsOf(statement.context)
  if (sub) further.push(...directActors(sub), ...contextActorsOf(sub.context))
  for (const identifier of further.flatMap(identifiersOf)) related.add(identifier)
  for (const identifier of related) {
    const digested = digest(identifier)
    terms.add(`P:${digested}`)
    if (direct.has(identifier)) terms.add(`p:${digested}`)
  }
  for (const term of authorityTerms(authority)) terms.add(term)
}

/** One object stands for all statements of a request. */
const authorities = new WeakMap<Actor, readonly string[]>()

function authorityTerms(authority: Actor): readonly string[] {
  const known = authorities.get(authority) ?? identifiersOf(authority).map((one) => `P:${digest(one)}`)
  authorities.set(authority, known)
  return known
}

function directActors({ actor, object }: Statement | SubStatement): Actor[] {
  const other = actorOf(object)
  return other ? [actor, other] : [actor]
}

function shortened(iri: string): string {
  return iri.length <= LONGEST ? iri : digest(iri)
}

/** 132 bits: no two texts of any store share them by accident. */
function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}
