/** The history of one element's settings, pure: which entry is valid when, and what adding one changes (ruling 1). */
import type { CatalogueEntry } from '../../../attempts/derivation.ts'
import { sameSettings } from '../../../attempts/element.ts'
import type { EntryPart } from '../schema/meter-collections.ts'

/** The entry valid at an instant; before the first one, the first reaches back to the beginning. */
export function validAt(entries: readonly EntryPart[], at: number): EntryPart | undefined {
  const live = inOrder(entries)
  return live.filter(({ validFrom }) => validFrom <= at).at(-1) ?? live[0]
}

/** Those that were not superseded, ascending by `validFrom`. */
export function inOrder(entries: readonly EntryPart[]): readonly EntryPart[] {
  return entries.filter(({ superseded }) => !superseded).sort((a, b) => a.validFrom - b.validFrom)
}

/** What the entry changes: nothing, only what the element is called, or how it is counted. */
export function changeBy(entries: readonly EntryPart[], entry: EntryPart): 'equal' | 'name' | 'settings' {
  const valid = validAt(entries, entry.validFrom)
  if (!valid || !sameSettings(valid, entry)) return 'settings'
  return valid.name === entry.name ? 'equal' : 'name'
}

/** The history with the entry added; one of the same instant is superseded and kept. */
export function withEntry(entries: readonly EntryPart[], entry: EntryPart): readonly EntryPart[] {
  const earlier = entries.map((one) =>
    one.validFrom === entry.validFrom ? { ...one, superseded: true as const } : one,
  )
  return [...earlier, entry]
}

export function catalogueEntryOf(id: string, entry: EntryPart): CatalogueEntry {
  const { name, kind, utilizationTracking, validFrom, tags } = entry
  return { id, name, kind, utilizationTracking, validFrom, ...(tags && { tags }) }
}
