import type { Catalogue, CatalogueEntry, ElementRule, UtilizationTracking } from './derivation.ts'
import { type ElementRoot, elementRootOf } from './element-root.ts'
import type { Fact } from './fact.ts'
import { contentTypes, resourceTypes, scormTypes, undecidedTypes } from './vocabulary.ts'

/** Which line of in-the-wild §3.1 decided, and what it said. */
export interface ElementDecision {
  readonly element: string
  readonly rule: ElementRule
  readonly tracked: boolean
}

/** Untracked settings; the four «on open, close, duration» track from the opening on (A5). */
const UNTRACKED: ReadonlySet<UtilizationTracking> = new Set<UtilizationTracking>(['none', 'none-resource'])

const PACKAGES: ReadonlySet<string> = new Set(['cmi5', 'tincan', 'rustici'])

/** What decides attempts and counts: all of an entry but what the element is called. */
type Settings = Pick<CatalogueEntry, 'kind' | 'utilizationTracking' | 'tags'>

export function sameSettings(a: Settings, b: Settings): boolean {
  const tags = ({ tags: list = [] }: Settings) => [...list].sort().join('\n')
  return a.kind === b.kind && a.utilizationTracking === b.utilizationTracking && tags(a) === tags(b)
}

/** The entry in force at an instant; the first one reaches back to the beginning (ruling 1). */
export function entryAt(entries: readonly CatalogueEntry[], at: number): CatalogueEntry | undefined {
  return entries.findLast((entry) => entry.validFrom <= at) ?? entries[0]
}

/** Open edX may type every block a resource (in-the-wild §1.8), so there the type says nothing against it. */
function byType(fact: Fact, type: string | undefined): { rule: ElementRule; tracked: boolean } {
  if (type !== undefined && resourceTypes.has(type))
    return { rule: 'type', tracked: fact.source === 'open-edx' }
  const known = type !== undefined && contentTypes.has(type) && !undecidedTypes.has(type)
  return { rule: known ? 'type' : 'default', tracked: true }
}

/** Whether the element counts, in order of authority (in-the-wild §3.1), by the catalogue as it was at `at` (ruling 1). */
export function decideElement(fact: Fact, root: ElementRoot, at: number): ElementDecision {
  const { element } = root
  const entry = entryAt(root.entries, at)
  if (fact.scorm || scormTypes.has(root.type ?? '') || entry?.kind === 'scorm') {
    return { element, rule: 'scorm', tracked: true }
  }
  if (entry) return { element, rule: 'catalogue', tracked: !UNTRACKED.has(entry.utilizationTracking) }
  if (PACKAGES.has(fact.source)) return { element, rule: 'package', tracked: true }
  return { element, ...byType(fact, root.type) }
}

/** Root and decision in one step, for a fact by itself. @param at effective time, ms */
export function elementOf(fact: Fact, catalogue: Catalogue, at: number): ElementDecision {
  return decideElement(fact, elementRootOf(fact, catalogue), at)
}
