/**
 * The definition of an Activity, merged from all that statements said of it (1.0.3 Data §2.4.4.1). It works on texts, so
 * numbers in extensions keep every digit (ruling 26).
 */
import { membersOf } from './json-scan.ts'

/** Maps whose entries are merged one by one: a name in a second language does not take the first one away. */
const MAPS = new Set(['name', 'description', 'extensions'])

/** What an interaction is made of. It means something only together with its type. */
const INTERACTION = new Set([
  'interactionType',
  'correctResponsesPattern',
  'choices',
  'scale',
  'source',
  'target',
  'steps',
])

/** JSON texts by member name. */
type Members = ReadonlyMap<string, string>

/**
 * The newest text of each member wins, in `name`, `description` and `extensions` of each entry. The parts of an interaction
 * are taken only from definitions with the newest `interactionType`.
 * @param definitions valid ones as JSON texts, newest first; at least one
 * @returns JSON text
 */
export function mergedDefinition(definitions: readonly string[]): string {
  const [only] = definitions
  if (only !== undefined && definitions.length === 1) return only
  const all = definitions.map(membersIn)
  const interaction = all.find((members) => members.has('interactionType'))?.get('interactionType')
  const merged = new Map<string, string>()
  for (const members of all) {
    const isOther = members.get('interactionType') !== interaction
    for (const [name, value] of members) {
      if (INTERACTION.has(name) && isOther) continue
      merged.set(name, newerOver(name, value, merged.get(name)))
    }
  }
  return textOf(merged)
}

function newerOver(name: string, value: string, newer: string | undefined): string {
  if (newer === undefined) return value
  return MAPS.has(name) ? textOf(new Map([...membersIn(value), ...membersIn(newer)])) : newer
}

/** The Activity object of GET /activities. `definition`: JSON text; null when nothing is known but the id. */
export function activityText(id: string, definition: string | null): string {
  const known = definition === null ? '' : `,"definition":${definition}`
  return `{"objectType":"Activity","id":${JSON.stringify(id)}${known}}`
}

function membersIn(text: string): Members {
  return new Map(
    membersOf(text).map(({ name, valueStart, valueEnd }) => [name, text.slice(valueStart, valueEnd)]),
  )
}

function textOf(members: Members): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}
