/** The parameters of all resources but Statements (1.0.3 Communication §2.3–2.7, 2.0.0 §4.1.6.2–4.1.6.6). */
import { agent, instant, iri, type Parsed, uuid } from './query.ts'
import type { Actor, Version, Violation } from './types.ts'

export interface ResourceQuery {
  /** As it was sent. */
  readonly activityId?: string
  /** An Agent or identified Group, as it was sent. */
  readonly agent?: Actor
  /** Lower case. */
  readonly registration?: string
  readonly stateId?: string
  readonly profileId?: string
  /** Exclusive, ms. */
  readonly since?: number
}

type Name = keyof ResourceQuery

export interface Expected {
  readonly required: readonly Name[]
  readonly optional: readonly Name[]
}

interface Parameter {
  readonly requirement: string
  readonly parse: (text: string, version: Version) => Parsed
}

const text = (value: string): Parsed => (value === '' ? 'must not be empty' : { value })

const actor = (value: string): Parsed => {
  const read = agent(value)
  return typeof read === 'string' ? read : { value: JSON.parse(value) as Actor }
}

const PARAMETERS: Readonly<Record<Name, Parameter>> = {
  activityId: { requirement: 'XAPI-00208', parse: iri },
  agent: { requirement: 'XAPI-00249', parse: actor },
  registration: { requirement: 'XAPI-00201', parse: uuid },
  stateId: { requirement: 'XAPI-00206', parse: text },
  profileId: { requirement: 'XAPI-00267', parse: text },
  since: { requirement: 'XAPI-00204', parse: instant },
}

/**
 * Reads the parameters, all strictly: missing, unknown, wrongly cased and repeated ones are refused, and so are values that
 * mean nothing.
 * @returns the query, or every violation with a path like `?agent`
 */
export function readResourceQuery(
  params: URLSearchParams,
  { required, optional }: Expected,
  version: Version,
): { readonly query: ResourceQuery } | { readonly violations: readonly Violation[] } {
  const known = [...required, ...optional]
  const query: Record<string, unknown> = {}
  const violations: Violation[] = []
  for (const name of new Set(params.keys())) {
    const parsed = parse(name, params.getAll(name), known, version)
    if ('message' in parsed) violations.push({ path: `?${name}`, ...parsed })
    else query[name] = parsed.value
  }
  for (const name of required) {
    if (params.has(name)) continue
    const { requirement } = PARAMETERS[name]
    violations.push({ path: `?${name}`, message: 'is missing', requirement })
  }
  return violations.length > 0 ? { violations } : { query }
}

type Broken = Omit<Violation, 'path'>

function parse(
  name: string,
  [value = '', ...others]: readonly string[],
  known: readonly Name[],
  version: Version,
): { readonly value: unknown } | Broken {
  const own = known.find((one) => one === name)
  if (own === undefined) return unknown(name, known)
  const { requirement, parse: read } = PARAMETERS[own]
  if (others.length > 0) return { message: 'is given more than once', requirement }
  // URLSearchParams puts this character where the escapes are not UTF-8; no value of ours can hold it.
  if (value.includes('\ufffd')) return { message: 'has percent-escapes that are not UTF-8', requirement }
  const parsed = read(value, version)
  return typeof parsed === 'string' ? { message: parsed, requirement } : parsed
}

function unknown(name: string, known: readonly Name[]): Broken {
  const meant = known.find((one) => one.toLowerCase() === name.toLowerCase())
  if (meant) return { message: `must be written ${meant}: case matters`, requirement: 'XAPI-00325' }
  return { message: 'is no parameter of this resource and method', requirement: 'XAPI-00324' }
}
