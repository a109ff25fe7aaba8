/** Builders of what metering works on. Times may be written as ISO text. */
import type { Classified, Obstacle } from '../../src/attempts/derivation.ts'
import type { StoredFact } from '../../src/attempts/fact.ts'
import { type Policy, type PolicyInput, policySchema } from '../../src/metering/policy.ts'
import type { PolicyVersion } from '../../src/metering/windows.ts'

export const ADL = 'http://adlnet.gov/expapi/verbs'
export const INITIALIZED = `${ADL}/initialized`
export const ATTENDED = `${ADL}/attended`

type Overrides = Partial<Omit<PolicyInput, 'window'>> & { window?: Partial<PolicyInput['window']> }

function policyInput({ window, ...rest }: Overrides = {}): PolicyInput {
  return {
    schema: 1,
    id: 'test',
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { months: 1 }, anchor: '2024-01-01', ...window },
    ...rest,
  }
}

export function policy(overrides: Overrides = {}): Policy {
  return policySchema.parse(policyInput(overrides))
}

export function versions(...policies: readonly (Policy | [Policy, string])[]): readonly PolicyVersion[] {
  return policies.map((each, index) => ({
    policy: Array.isArray(each) ? each[0] : each,
    version: index + 1,
    effectiveFrom: Array.isArray(each) ? Date.parse(each[1]) : null,
  }))
}

export interface Given {
  readonly id?: string
  /** Order of receipt; by default that of building. */
  readonly seq?: number
  readonly at?: string | number
  readonly stored?: string | number
  /** The statement's own timestamp; `at` by default. */
  readonly timestamp?: string | null
  readonly resumedAt?: string | number
  readonly verb?: string
  readonly obstacles?: readonly Obstacle[]
  readonly launchModeUnknown?: boolean
  readonly member?: true
  /** The element it is of; the object as well, unless that is said. */
  readonly element?: string
  readonly object?: { readonly id: string; readonly type?: string }
  readonly attempt?: string | null
  readonly credential?: string
  readonly subAccount?: string
  readonly categories?: readonly string[]
  readonly tags?: readonly string[]
  readonly launchMode?: 'Normal' | 'Browse' | 'Review'
  readonly progress?: number
  readonly completion?: boolean
}

export function ms(time: string | number): number {
  return typeof time === 'number' ? time : Date.parse(time)
}

let statements = 0

export function classified(given: Given = {}): Classified {
  const at = ms(given.at ?? '2024-01-15T12:00:00Z')
  const { obstacles = [], launchModeUnknown = false } = given
  const { element = 'https://lms.example.org/course/1' } = given
  statements += 1
  const fact: StoredFact = {
    statementId: given.id ?? `s-${String(statements).padStart(6, '0')}`,
    learner: 'mbox:mailto:ana@example.org',
    verb: given.verb ?? INITIALIZED,
    object: given.object ?? { id: element },
    parents: [],
    groupings: [],
    source: 'other',
    keys: [],
    at: given.timestamp === null ? null : ms(given.timestamp ?? at),
    credential: given.credential ?? 'c-1',
    ...chosen(given, 'subAccount', 'categories', 'progress', 'completion'),
    purpose: 'learner',
    seq: given.seq ?? statements,
    stored: ms(given.stored ?? at + 1000),
    voided: obstacles.includes('voided'),
    ...(given.member && { member: true as const }),
  }
  return {
    fact,
    at,
    resumedAt: ms(given.resumedAt ?? at),
    element,
    elementRule: 'default',
    obstacles,
    launchModeUnknown,
    ...chosen(given, 'tags', 'launchMode'),
    attempt: given.attempt === undefined ? 'a-1' : given.attempt,
  }
}

/** Those members that are given. */
function chosen<K extends keyof Given>(given: Given, ...names: readonly K[]): Pick<Given, K> {
  return Object.fromEntries(
    names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]),
  ) as Pick<Given, K>
}
