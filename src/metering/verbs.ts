import vocabulary from '../../statements/vocabulary/verb-groups.json' with { type: 'json' }

/** A named set of verb IRIs (ruling 14). An unconfirmed group has no IRI that anybody is known to send. */
export interface VerbGroup {
  readonly confirmed: boolean
  readonly about: string
  readonly verbs: readonly { readonly iri: string; readonly source: string }[]
}

export const verbGroups: ReadonlyMap<string, VerbGroup> = new Map(Object.entries(vocabulary.groups))

/** A full IRI has a scheme; anything else in a rule is the name of a group. */
export function isIri(entry: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\S+$/i.test(entry)
}

/** The full IRIs that the entries of a rule's `verb` stand for, sorted and without repetition. */
export function verbIris(entries: readonly string[]): readonly string[] {
  const iris = entries.flatMap((entry) => verbGroups.get(entry)?.verbs.map((verb) => verb.iri) ?? [entry])
  return [...new Set(iris)].sort()
}

const resolved = new WeakMap<readonly string[], ReadonlySet<string>>()

/** Whether a statement's verb is one of those the entries stand for. Whole IRIs only (in-the-wild §4.1). */
export function verbMatches(entries: readonly string[], verb: string): boolean {
  let iris = resolved.get(entries)
  if (!iris) {
    iris = new Set(verbIris(entries))
    resolved.set(entries, iris)
  }
  return iris.has(verb)
}
