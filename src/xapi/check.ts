/**
 * The parts a rule of the standard is made of. A check returns null for a valid value and builds paths and messages only when
 * something is wrong: nearly every statement is valid, and then nothing is allocated.
 */
import { quoted, stepOf } from './path.ts'
import type { Violation } from './types.ts'

/** A violation whose path is relative to the value checked: `.actor.mbox`, or empty for the value itself. */
export type Problem = Violation
export type Check = (value: unknown) => readonly Problem[] | null
/** A check that reports the requirement of the member it stands at. */
export type Rule = (requirement: string) => Check

export interface Member {
  readonly check: Check
  readonly required: boolean
  readonly requirement: string
}
export type Members = Readonly<Record<string, Member>>
export type Json = Readonly<Record<string, unknown>>
/** A rule about several members of one object, which itself need not be valid. */
export type CrossRule = (value: Json) => Problem | null

/** Enough to mend a statement; more would only echo a hostile one. */
const MAX_VIOLATIONS = 20

export function problem(path: string, message: string, requirement: string): Problem {
  return { path, message, requirement }
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function must(requirement: string, rule: Rule): Member {
  return { check: rule(requirement), required: true, requirement }
}

export function may(requirement: string, rule: Rule): Member {
  return { check: rule(requirement), required: false, requirement }
}

/** A member that another object has but this one must not. */
export function never(requirement: string, why: string): Member {
  return { check: () => [problem('', why, requirement)], required: false, requirement }
}

/** A string, of a format if one is given. An empty one is no valid format (XAPI-00007). */
export function text(isFormat?: (value: string) => boolean, what = 'a string'): Rule {
  return (requirement) => (value) => {
    if (typeof value !== 'string') return [problem('', `must be ${what}, not ${kindOf(value)}`, requirement)]
    if (isFormat && !isFormat(value)) return [problem('', `${quoted(value)} is not ${what}`, requirement)]
    return null
  }
}

/** Exactly one of these words, letter by letter (XAPI-00009). */
export function oneOf(words: readonly string[]): Rule {
  const allowed: ReadonlySet<unknown> = new Set(words)
  return (requirement) => (value) => {
    if (allowed.has(value)) return null
    const shown = typeof value === 'string' ? quoted(value) : kindOf(value)
    return [problem('', `must be ${words.map(quoted).join(' or ')}, not ${shown}`, requirement)]
  }
}

export const boolean: Rule = (requirement) => (value) =>
  typeof value === 'boolean'
    ? null
    : [problem('', `must be true or false, not ${kindOf(value)}`, requirement)]

/** Finite: JSON can write numbers no double can hold. */
export const number: Rule = (requirement) => (value) =>
  Number.isFinite(value) ? null : [problem('', `must be a number, not ${kindOf(value)}`, requirement)]

export const octets: Rule = (requirement) => (value) =>
  Number.isInteger(value) && (value as number) >= 0
    ? null
    : [problem('', `must be a whole number of octets, not ${kindOf(value)}`, requirement)]

export function list(element: Rule, least = 0): Rule {
  return (requirement) => {
    const check = element(requirement)
    return (value) => {
      if (!Array.isArray(value)) return [problem('', `must be an array, not ${kindOf(value)}`, requirement)]
      return value.length < least
        ? [problem('', 'must not be empty', requirement)]
        : checkElements(value, check)
    }
  }
}

function checkElements(values: readonly unknown[], check: Check): Problem[] | null {
  let found: Problem[] | null = null
  for (let index = 0; index < values.length; index += 1) {
    const inner = checkPresent(check, values[index])
    if (inner === null) continue
    found = collect(found, `[${index}]`, inner)
    if (found.length >= MAX_VIOLATIONS) break
  }
  return found
}

/** An object whose keys follow one rule and whose values another: language maps and extensions. */
export function mapOf(
  isKey: (key: string) => boolean,
  what: string,
  keyRequirement: string,
  values: Rule | null,
): Rule {
  return (requirement) => {
    const check = values?.(requirement) ?? null
    const checkEntry = (key: string, value: unknown): readonly Problem[] | null => {
      const wrong = check === null ? null : checkPresent(check, value)
      return isKey(key) ? wrong : [problem('', `the key is not ${what}`, keyRequirement), ...(wrong ?? [])]
    }
    return (value) =>
      isJson(value)
        ? checkMembers(value, checkEntry)
        : [problem('', `must be an object, not ${kindOf(value)}`, requirement)]
  }
}

/** `for in` sees an own `__proto__` member, as JSON.parse makes it. */
export function checkMembers(
  value: Json,
  check: (key: string, inner: unknown) => readonly Problem[] | null,
): Problem[] | null {
  let found: Problem[] | null = null
  for (const key in value) {
    const inner = check(key, value[key])
    if (inner === null) continue
    found = collect(found, stepOf(key), inner)
    if (found.length >= MAX_VIOLATIONS) break
  }
  return found
}

/** null is no value anywhere outside extensions (XAPI-00001). */
export function checkPresent(check: Check, value: unknown): readonly Problem[] | null {
  return value === null ? [problem('', 'must not be null', 'XAPI-00001')] : check(value)
}

/** Adds problems found one step below. */
export function collect(found: Problem[] | null, step: string, inner: readonly Problem[]): Problem[] {
  const all = found ?? []
  for (const { path, message, requirement } of inner) {
    if (all.length < MAX_VIOLATIONS) all.push(problem(step + path, message, requirement))
  }
  return all
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
