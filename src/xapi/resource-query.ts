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

export type ParameterName = keyof ResourceQuery

interface Parameter {
  readonly requirement: string
  readonly parse: (text: string, version: Version) => Parsed
}

const text = (value: string): Parsed => (value === '' ? 'must not be empty' : { value })

const actor = (value: string): Parsed => {
  const read = agent(value)
  return typeof read === 'string' ? read : { value: JSON.parse(value) as Actor }
}

const PARAMETERS: Readonly<Record<ParameterName, Parameter>> = {
  activityId: { requirement: 'XAPI-00208', parse: iri },
  agent: { requirement: 'XAPI-00249', parse: actor },
  registration: { requirement: 'XAPI-00201', parse: uuid },
  stateId: { requirement: 'XAPI-00206', parse: text },
  profileId: { requirement: 'XAPI-00267', parse: text },
  since: { requirement: 'XAPI-00204', parse: instant },
}

/**
 * Reads the values strictly: those that mean nothing are refused, and so are missing parameters. Names are settled before:
 * each is one of the resource's and stands once (http/xapi/parameters.ts).
 * @returns the query, or every violation with a path like `?agent`
 */
export function readResourceQuery(
  params: URLSearchParams,
  required: readonly ParameterName[],
  version: Version,
): { readonly query: ResourceQuery } | { readonly violations: readonly Violation[] } {
  const query: Record<string, unknown> = {}
  const violations: Violation[] = []
  for (const [name, value] of params) {
    const { requirement, parse } = PARAMETERS[name as ParameterName]
    const parsed = parse(value, version)
    if (typeof parsed === 'string') violations.push({ path: `?${name}`, message: parsed, requirement })
    else query[name] = parsed.value
  }
  for (const name of required) {
    if (params.has(name)) continue
    const { requirement } = PARAMETERS[name]
    violations.push({ path: `?${name}`, message: 'is missing', requirement })
  }
  return violations.length > 0 ? { violations } : { query }
}
