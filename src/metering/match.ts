/** The parts of a match rule beside `evidence`: whether a rule is about a statement, and what it lacks if so (counting §3). */
import type { Classified } from '../attempts/derivation.ts'
import type { StoredFact } from '../attempts/fact.ts'
import { innerTypes } from '../attempts/vocabulary.ts'
import type { MatchRule } from './policy.ts'
import { verbMatches } from './verbs.ts'

/** What a statement lacks for a rule that is otherwise about it. */
export type Lack =
  | 'other-tag'
  | 'other-launch-mode'
  | 'authority-not-allowed'
  | 'learner-not-in-group'
  | 'progress-too-low'

/** Stands for whatever there is, nothing included. */
const ANYTHING = '*'

const names = (entries: readonly string[], found: readonly string[]): boolean =>
  entries.includes(ANYTHING) || found.some((one) => entries.includes(one))

/** A profile is named by its own IRI; the category a statement carries may lie below it (cmi5 does). */
function followsProfile(entries: readonly string[], categories: readonly string[]): boolean {
  const below = (entry: string) => `${entry.replace(/\/$/, '')}/`
  return (
    names(entries, categories) ||
    entries.some((entry) => categories.some((category) => category.startsWith(below(entry))))
  )
}

/**
 * How far the learner is, 0..1: the progress reported, or 1 for a completion of the element itself. What is said of a
 * question or an objective says nothing of the element. Null = nothing was said.
 */
export function progressOf({ fact, element }: Classified): number | null {
  if (innerTypes.has(fact.object.type ?? '')) return null
  if (fact.completion === true && fact.object.id === element) return 1
  return fact.progress ?? null
}

type Test = (rule: MatchRule, classified: Classified) => boolean

/** What a rule is about: a statement without these is none of its business. */
const SUBJECTS: readonly Test[] = [
  ({ verb }, { fact }) => !verb || verbMatches(verb, fact.verb),
  ({ activityType }, { fact }) => !activityType || names(activityType, [fact.object.type ?? '']),
  ({ activity }, { fact, element }) => !activity || names(activity, [fact.object.id, element]),
  ({ profile }, { fact }) => !profile || followsProfile(profile, categoriesOf(fact)),
  ({ progressAtLeast }, classified) => progressAtLeast === undefined || progressOf(classified) !== null,
]

export function isAbout(rule: MatchRule, classified: Classified): boolean {
  return SUBJECTS.every((holds) => holds(rule, classified))
}

const CMI5 = 'https://w3id.org/xapi/cmi5/context/categories/cmi5'

/** Facts stored before categories were kept still tell cmi5. */
function categoriesOf({ categories, cmi5 }: StoredFact): readonly string[] {
  return categories ?? (cmi5 ? [CMI5] : [])
}

/** In the order in which they are told. */
export function lacksOf(
  rule: MatchRule,
  classified: Classified,
  groups: ReadonlySet<string>,
): readonly Lack[] {
  const { authority, learnerIn, launchMode, tag, progressAtLeast } = rule
  const { fact, tags = [] } = classified
  const lacks: Lack[] = []
  if (authority && !names(authority, [fact.credential])) lacks.push('authority-not-allowed')
  if (learnerIn && !names(learnerIn, [...groups])) lacks.push('learner-not-in-group')
  // A launch of which nobody told the mode is a normal one; `launchModeUnknown` decides of cmi5 (decision 0016).
  if (launchMode && !launchMode.includes(classified.launchMode ?? 'Normal')) lacks.push('other-launch-mode')
  if (tag && !names(tag, tags)) lacks.push('other-tag')
  if (progressAtLeast !== undefined && (progressOf(classified) ?? 0) < progressAtLeast)
    lacks.push('progress-too-low')
  return lacks
}
