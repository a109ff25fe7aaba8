/** Objects by a table of their members. */
import {
  type Check,
  type CrossRule,
  checkMembers,
  checkPresent,
  collect,
  isJson,
  type Json,
  kindOf,
  type Members,
  type Problem,
  problem,
  type Rule,
} from './check.ts'
import { stepOf } from './path.ts'

/**
 * An object that has all required members of the table and no member outside it (XAPI-00010, wrong case XAPI-00008); then the
 * rules about several members at once.
 */
export function shape(name: string, members: Members, cross: readonly CrossRule[] = []): Rule {
  const known = new Map(Object.entries(members))
  const required = [...known].filter(([, member]) => member.required)
  const checkMember = (key: string, value: unknown): readonly Problem[] | null => {
    const member = known.get(key)
    return member === undefined ? [unknown(name, key, known)] : checkPresent(member.check, value)
  }
  const check = (value: Json): Problem[] | null => {
    let found = checkMembers(value, checkMember)
    for (const [key, { requirement }] of required) {
      if (value[key] !== undefined) continue
      found = collect(found, stepOf(key), [problem('', `is missing in ${name}`, requirement)])
    }
    for (const rule of cross) {
      const broken = rule(value)
      if (broken !== null) found = collect(found, '', [broken])
    }
    return found
  }
  return (requirement) => (value) =>
    isJson(value) ? check(value) : [problem('', `must be ${name}, not ${kindOf(value)}`, requirement)]
}

function unknown(name: string, key: string, known: ReadonlyMap<string, unknown>): Problem {
  const lower = key.toLowerCase()
  const meant = [...known.keys()].find((candidate) => candidate.toLowerCase() === lower)
  if (meant === undefined) return problem('', `${name} has no such member`, 'XAPI-00010')
  return problem('', `must be written ${meant}: case matters`, 'XAPI-00008')
}

/** Picks the shape by `objectType`; `missing` is the one meant when it is absent, if there is one. */
export function byObjectType(
  kinds: Readonly<Record<string, Rule>>,
  options: { readonly requirement: string; readonly missing: string },
): Rule {
  return (requirement) => {
    const checks = new Map<unknown, Check>(
      Object.entries(kinds).map(([kind, rule]) => [kind, rule(requirement)]),
    )
    const fallback = checks.get(options.missing) as Check
    const names = Object.keys(kinds).join(', ')
    return (value) => {
      if (!isJson(value)) return [problem('', `must be an object, not ${kindOf(value)}`, requirement)]
      const { objectType } = value
      const check = objectType === undefined ? fallback : checks.get(objectType)
      if (check) return check(value)
      if (objectType === null) return [problem('.objectType', 'must not be null', 'XAPI-00001')]
      return [problem('.objectType', `must be one of ${names}`, options.requirement)]
    }
  }
}
