/** Reading JSON strictly: what JSON.parse lets through and a standard store must not (xapi.md §6.3, 6). */
import { duplicatePath } from './json-duplicates.ts'
import { elementSlices, measure } from './json-scan.ts'
import { stepOf } from './path.ts'
import type { Violation } from './types.ts'

export { membersOf } from './json-scan.ts'

/** Levels of arrays and objects within each other that are still read (ruling 36). */
const MAX_DEPTH = 200

/** `ignoreBOM: false` means that a byte order mark is dropped, not that it is kept. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/** With `u` a surrogate range matches only those that are not half of a pair. */
const LONE_SURROGATE = /[\ud800-\udfff]/u
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

export type JsonReading =
  | { readonly text: string; readonly value: unknown }
  | { readonly violation: Violation }

/**
 * Decodes and parses a body. Refused: bytes that are no UTF-8, more than 200 levels, text that is no JSON, a member name
 * twice in one object (the two halves of a system could each believe another one), surrogates without partner (they have no
 * UTF-8 form, so they could not be given back).
 * @returns the text without byte order mark and its value, or the first violation
 */
export function readJson(bytes: Uint8Array): JsonReading {
  const text = decode(bytes)
  if (text === null) return refuse('$', 'is not valid UTF-8', 'XAPI-00015')
  const { depth, members } = measure(text, MAX_DEPTH)
  if (depth > MAX_DEPTH) return refuse('$', `nests deeper than ${MAX_DEPTH} levels`, 'ruling 36')
  const parsed = parse(text)
  if ('violation' in parsed) return parsed
  if (countMembers(parsed.value) !== members) {
    const path = duplicatePath(text) ?? '$'
    return refuse(path, 'this member name stands twice in its object', 'RFC 8259 §4')
  }
  if (SURROGATE_ESCAPE.test(text)) {
    const path = surrogatePath(parsed.value)
    if (path !== null) return refuse(path, 'holds a surrogate without its partner', 'RFC 8259 §8.2')
  }
  return { text, value: parsed.value }
}

/** The elements of a top-level array as they are written. The text must be valid JSON; each slice is without outer space. */
export function elementsOf(text: string): string[] {
  return elementSlices(text).map(({ start, end }) => text.slice(start, end))
}

function refuse(path: string, message: string, requirement: string): { violation: Violation } {
  return { violation: { path, message, requirement } }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

function parse(text: string): { value: unknown } | { violation: Violation } {
  try {
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    return refuse('$', `is not valid JSON: ${(error as Error).message}`, 'XAPI-00014')
  }
}

/** At most MAX_DEPTH levels are left here, so plain recursion is safe; `for in` sees an own `__proto__`, as JSON.parse makes it. */
function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const element of value) if (typeof element === 'object') members += countMembers(element)
    return members
  }
  const object = value as Record<string, unknown>
  for (const name in object) {
    const inner = object[name]
    members += typeof inner === 'object' ? 1 + countMembers(inner) : 1
  }
  return members
}

function surrogatePath(value: unknown, path = '$'): string | null {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? path : null
  if (Array.isArray(value))
    return firstOf(value, (element, index) => surrogatePath(element, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null) return null
  return firstOf(Object.entries(value), ([name, inner]) => {
    const here = path + stepOf(name)
    return LONE_SURROGATE.test(name) ? here : surrogatePath(inner, here)
  })
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | null): string | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, index)
    if (found !== null) return found
  }
  return null
}
