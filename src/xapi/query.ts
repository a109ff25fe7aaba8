/** The parameters of GET /statements (1.0.3 Communication §2.1.3, 2.0.0 §4.1.6.1). */
import { identifierOf } from './actor.ts'
import { checkActor } from './check-statement.ts'
import { instantOf, isIri, isTimestamp, isUuid } from './formats.ts'
import { readJson } from './json.ts'
import type { Actor, Version, Violation } from './types.ts'

type Format = 'exact' | 'ids' | 'canonical'

/** One statement: `one` finds it only if it is not voided, `voided` only if it is. */
interface SingleQuery {
  readonly kind: 'one' | 'voided'
  /** Lower case. */
  readonly id: string
  readonly format: Format
  readonly attachments: boolean
}

export interface ListQuery {
  readonly kind: 'list'
  /** Canonical identifier (actor.ts). */
  readonly agent?: string
  readonly verb?: string
  readonly activity?: string
  /** Lower case. */
  readonly registration?: string
  readonly relatedAgents: boolean
  readonly relatedActivities: boolean
  /** Exclusive, ms. */
  readonly since?: number
  /** Inclusive, ms. */
  readonly until?: number
  /** 0 = as many as the server gives at once. */
  readonly limit: number
  readonly format: Format
  readonly attachments: boolean
  readonly ascending: boolean
  /** Ours, opaque, from a `more` link. */
  readonly cursor?: string
}

export type StatementQuery = SingleQuery | ListQuery
export type QueryReading = { readonly query: StatementQuery } | { readonly violations: readonly Violation[] }

/** A parameter's value, or the violation's message. */
export type Parsed = { readonly value: unknown } | string
interface Parameter {
  readonly requirement: string
  /** The member of the query it sets. */
  readonly member: string
  readonly parse: (text: string, version: Version) => Parsed
}

export const uuid = (text: string): Parsed =>
  isUuid(text) ? { value: text.toLowerCase() } : 'must be a UUID'
export const iri = (text: string): Parsed => (isIri(text) ? { value: text } : 'must be an absolute IRI')
const flag = (text: string): Parsed =>
  text === 'true' || text === 'false' ? { value: text === 'true' } : 'must be true or false'
const format = (text: string): Parsed =>
  text === 'ids' || text === 'exact' || text === 'canonical'
    ? { value: text }
    : 'must be ids, exact or canonical'
const count = (text: string): Parsed =>
  /^\d+$/.test(text)
    ? { value: Math.min(Number(text), Number.MAX_SAFE_INTEGER) }
    : 'must be a whole number, 0 or more'
const opaque = (text: string): Parsed => ({ value: text })

/** A plus sign that nobody escaped arrives as a space; no timestamp has one elsewhere (xapi.md §6.3, 27). */
export function instant(text: string, version: Version): Parsed {
  const mended = text.replace(/ (?=\d\d(?::?\d\d)?$)/, '+')
  return isTimestamp(mended, version) ? { value: instantOf(mended) } : 'must be a timestamp'
}

/** Its canonical identifier. */
export function agent(text: string): Parsed {
  const json = readJson(new TextEncoder().encode(text))
  if ('violation' in json) return json.violation.message
  const [broken] = checkActor(json.value, '')
  if (broken) return `${broken.path} ${broken.message} (${broken.requirement})`.trim()
  const value = identifierOf(json.value as Actor)
  return value === null
    ? 'must be an Agent or an identified Group: nobody can be told from this one'
    : { value }
}

const PARAMETERS: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  ['statementId', { requirement: 'XAPI-00158', member: 'id', parse: uuid }],
  ['voidedStatementId', { requirement: 'XAPI-00157', member: 'id', parse: uuid }],
  ['agent', { requirement: 'XAPI-00181', member: 'agent', parse: agent }],
  ['verb', { requirement: 'XAPI-00180', member: 'verb', parse: iri }],
  ['activity', { requirement: 'XAPI-00179', member: 'activity', parse: iri }],
  ['registration', { requirement: 'XAPI-00178', member: 'registration', parse: uuid }],
  ['related_activities', { requirement: 'XAPI-00177', member: 'relatedActivities', parse: flag }],
  ['related_agents', { requirement: 'XAPI-00181', member: 'relatedAgents', parse: flag }],
  ['since', { requirement: 'XAPI-00175', member: 'since', parse: instant }],
  ['until', { requirement: 'XAPI-00174', member: 'until', parse: instant }],
  ['limit', { requirement: 'XAPI-00173', member: 'limit', parse: count }],
  ['format', { requirement: 'XAPI-00168', member: 'format', parse: format }],
  ['attachments', { requirement: 'XAPI-00167', member: 'attachments', parse: flag }],
  ['ascending', { requirement: 'XAPI-00166', member: 'ascending', parse: flag }],
  ['cursor', { requirement: 'XAPI-00108', member: 'cursor', parse: opaque }],
])

/** All that may stand beside statementId and voidedStatementId. */
const WITH_ID = new Set(['format', 'attachments'])

const LIST_DEFAULTS = {
  kind: 'list',
  relatedAgents: false,
  relatedActivities: false,
  limit: 0,
  format: 'exact',
  attachments: false,
  ascending: false,
} as const

/**
 * Reads the parameters, all strictly: unknown, wrongly cased and repeated ones are refused, and so are values that mean nothing.
 * @returns the query, or every violation with a path like `?since`
 */
export function readStatementQuery(params: URLSearchParams, version: Version): QueryReading {
  const violations: Violation[] = []
  const read: Record<string, unknown> = {}
  for (const name of new Set(params.keys())) {
    const parameter = PARAMETERS.get(name)
    const broken = parameter ? readInto(read, parameter, params.getAll(name), version) : unknown(name)
    if (broken) violations.push({ path: `?${name}`, ...broken })
  }
  const idName = ['statementId', 'voidedStatementId'].find((name) => params.has(name))
  if (idName) violations.push(...besideId(idName, params))
  if (violations.length > 0) return { violations }
  if (!idName) return { query: { ...LIST_DEFAULTS, ...read } as ListQuery }
  const kind = idName === 'statementId' ? 'one' : 'voided'
  return { query: { kind, format: 'exact', attachments: false, ...read } as SingleQuery }
}

type Broken = Omit<Violation, 'path'>

function readInto(
  read: Record<string, unknown>,
  parameter: Parameter,
  values: readonly string[],
  version: Version,
): Broken | null {
  const { requirement, member, parse } = parameter
  const [text = ''] = values
  if (values.length > 1) return { message: 'is given more than once', requirement }
  // URLSearchParams puts this character where the escapes are not UTF-8; no value of ours can hold it.
  if (text.includes('\ufffd')) return { message: 'has percent-escapes that are not UTF-8', requirement }
  const parsed = parse(text, version)
  if (typeof parsed === 'string') return { message: parsed, requirement }
  read[member] = parsed.value
  return null
}

function unknown(name: string): Broken {
  const lower = name.toLowerCase()
  const meant = [...PARAMETERS.keys()].find((known) => known.toLowerCase() === lower)
  if (meant) return { message: `must be written ${meant}: case matters`, requirement: 'XAPI-00325' }
  return { message: 'is no parameter of this resource', requirement: 'XAPI-00324' }
}

function besideId(idName: string, params: URLSearchParams): Violation[] {
  const requirement = idName === 'statementId' ? 'XAPI-00151' : 'XAPI-00150'
  const others = [...new Set(params.keys())].filter(
    (name) => name !== idName && !WITH_ID.has(name) && PARAMETERS.has(name),
  )
  return others.map((name) => ({
    path: `?${name}`,
    message: `cannot be combined with ${idName}`,
    requirement,
  }))
}
