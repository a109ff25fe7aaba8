/**
 * Index terms of our own search (GET /api/v1/statements), beside those of the standard's filters (terms.ts). They belong to a
 * statement alone: references do not hand them on. A word is found whole, without case and accents.
 */
import { activityOf, actorOf, listOfActivities, subStatementOf } from './parts.ts'
import type { Activity, Actor, LanguageMap, Statement, SubStatement, Verb } from './types.ts'
import { wordsOf } from './words.ts'

/** Words of one statement that are indexed, the most telling first: actor, object, verb, what it belongs to. */
const MOST_WORDS = 24
/** Members of a Group whose names are looked at. */
const MEMBERS = 5

/** What our search asks for beside the standard's filters; all must hold. */
export interface SearchFilter {
  /** Every word of it. */
  readonly text?: string
  readonly success?: boolean
  readonly completion?: boolean
}

export function searchTermsOf(statement: Statement): string[] {
  const terms = new Set<string>()
  addWords(terms, textsOf(statement))
  const { success, completion } = statement.result ?? {}
  if (success !== undefined) terms.add(outcomeTerm('success', success))
  if (completion !== undefined) terms.add(outcomeTerm('completion', completion))
  return [...terms]
}

export function searchTermsOfFilter({ text = '', success, completion }: SearchFilter): string[] {
  return [
    ...new Set(wordsOf(text).map(wordTerm)),
    ...(success === undefined ? [] : [outcomeTerm('success', success)]),
    ...(completion === undefined ? [] : [outcomeTerm('completion', completion)]),
  ]
}

/** Of a word; a store that shows its terms hides what stands behind the prefix (ruling 19). */
export const WORD_PREFIX = 'w:'

function wordTerm(word: string): string {
  return WORD_PREFIX + word
}

function outcomeTerm(member: 'success' | 'completion', value: boolean): string {
  return `o:${member}=${value}`
}

function addWords(terms: Set<string>, texts: Iterable<string>): void {
  for (const text of texts) {
    for (const word of wordsOf(text)) {
      if (terms.size >= MOST_WORDS) return
      terms.add(wordTerm(word))
    }
  }
}

/** Names and ids in order of what they tell. */
function* textsOf(statement: Statement | SubStatement): Generator<string> {
  const { actor, verb, object, context } = statement
  yield* textsOfActor(actor)
  const activity = activityOf(object)
  if (activity) yield* textsOfActivity(activity)
  const other = actorOf(object)
  if (other) yield* textsOfActor(other)
  yield* textsOfVerb(verb)
  const sub = subStatementOf(statement as Statement)
  if (sub) yield* textsOf(sub)
  for (const list of [context?.contextActivities?.parent, context?.contextActivities?.grouping])
    for (const one of listOfActivities(list)) yield* namesOf(one)
}

function* textsOfActor(actor: Actor): Generator<string> {
  if (actor.name !== undefined) yield actor.name
  const { mbox, openid, account } = actor
  if (mbox !== undefined) yield mbox.slice('mailto:'.length)
  if (account !== undefined) yield account.name
  if (openid !== undefined) yield openid.slice(openid.indexOf(':') + 1)
  if (actor.objectType !== 'Group') return
  for (const member of (actor.member ?? []).slice(0, MEMBERS)) yield* textsOfActor(member)
}

function* textsOfActivity(activity: Activity): Generator<string> {
  yield* namesOf(activity)
  yield withoutHost(activity.id)
}

/** In every language. */
function* namesOf({ definition }: Activity): Generator<string> {
  yield* valuesOf(definition?.name)
}

function* textsOfVerb({ id, display }: Verb): Generator<string> {
  yield* valuesOf(display)
  yield id.slice(Math.max(id.lastIndexOf('/'), id.lastIndexOf('#')) + 1)
}

function valuesOf(map: LanguageMap | undefined): readonly string[] {
  return map === undefined ? [] : Object.values(map)
}

/** Nearly every id of a tenant has the same host: it finds nothing. */
function withoutHost(iri: string): string {
  const path = iri.indexOf('/', iri.indexOf('//') + 2)
  return path > 0 && iri.includes('://') ? iri.slice(path) : iri.slice(iri.indexOf(':') + 1)
}
