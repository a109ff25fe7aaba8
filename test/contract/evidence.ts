/** Small statements with one fact, and the results a recount of them could give. */
import { randomUUID } from 'node:crypto'
import type { Attempt } from '../../src/attempts/derivation.ts'
import type { Fact } from '../../src/attempts/fact.ts'
import type { LearnerCount } from '../../src/metering/count.ts'
import type {
  Batch,
  IncomingStatement,
  LearnerHistory,
  RecountResult,
  Stores,
} from '../../src/store/ports.ts'
import { termsOf } from '../../src/xapi/terms.ts'
import type { Statement } from '../../src/xapi/types.ts'

export const NOON = Date.UTC(2024, 4, 1, 12)
export const COURSE = 'https://example.org/course'

export interface Use {
  readonly ifi: string
  readonly name?: string
  readonly id?: string
  readonly object?: string
  readonly parent?: string
  readonly at?: number
  readonly voids?: string
}

const CREDENTIAL = 'cred-1'
const AUTHORITY = { account: { homePage: 'https://example.org', name: CREDENTIAL } } as const

function statementOf(use: Use): IncomingStatement {
  const { id = randomUUID(), object = COURSE, at = NOON, voids, parent } = use
  const verb = voids ? 'http://adlnet.gov/expapi/verbs/voided' : 'http://adlnet.gov/expapi/verbs/experienced'
  const statement: Statement = {
    id,
    actor: { mbox: 'mailto:somebody@example.org' },
    verb: { id: verb },
    object: voids ? { objectType: 'StatementRef', id: voids } : { id: object },
    ...(parent && { context: { contextActivities: { parent: [{ id: parent }] } } }),
    timestamp: new Date(at).toISOString(),
  }
  return {
    id,
    raw: JSON.stringify(statement),
    timestamp: at,
    version: '1.0.3',
    terms: termsOf(statement, { authority: AUTHORITY, credential: CREDENTIAL }),
    voids: voids ?? null,
    facts: voids ? [] : [factOf(use, id, verb)],
  }
}

function factOf(
  { ifi, name, object = COURSE, parent, at = NOON }: Use,
  statementId: string,
  verb: string,
): Fact {
  return {
    statementId,
    learner: ifi,
    ...(name !== undefined && { name }),
    verb,
    object: { id: object },
    parents: parent ? [{ id: parent }] : [],
    groupings: [],
    source: 'other',
    keys: [],
    at,
    credential: CREDENTIAL,
    purpose: 'learner',
  }
}

/** Stores the uses in one batch and returns the statement ids. */
export async function store(
  stores: Stores,
  tenant: string,
  uses: readonly Use[],
): Promise<readonly string[]> {
  const statements = uses.map(statementOf)
  const batch: Batch = {
    credential: CREDENTIAL,
    authority: JSON.stringify(AUTHORITY),
    voidsOthers: true,
    version: '1.0.3',
    statements,
  }
  const result = await stores.statements.insert(tenant, batch)
  if (result.outcome !== 'stored') throw new Error(`not stored: ${result.outcome}`)
  return statements.map(({ id }) => id)
}

/** The learner an identifier belongs to now. */
export async function learnerOf(stores: Stores, tenant: string, ifi: string): Promise<string> {
  const identity = await stores.identities.byIfi(tenant, ifi)
  if (!identity) throw new Error(`nobody is ${ifi}`)
  return identity.learner
}

export async function historyOf(stores: Stores, tenant: string, ifi: string): Promise<LearnerHistory> {
  const history = await stores.metering.history(tenant, await learnerOf(stores, tenant, ifi))
  if (!history) throw new Error(`${ifi} has no history`)
  return history
}

export function attemptOf(given: Partial<Attempt> & Pick<Attempt, 'id'>): Attempt {
  return {
    element: COURSE,
    elementRule: 'type',
    keyKind: 'K7',
    keys: [],
    tracked: true,
    reason: 'tracked',
    mixed: false,
    inferred: true,
    deleted: false,
    first: NOON,
    last: NOON,
    statements: 1,
    evidence: 1,
    ...given,
  }
}

/** One key in one window, of evidence at `at`. */
export function countOf(policy: string, windowStart: number, at = NOON, key = 'learner'): LearnerCount {
  const evidence = { statementId: randomUUID(), at, stored: at + 1, rule: 'evidence' }
  return { policy, version: 1, counted: [{ windowStart, key, evidence }], firstQualified: at }
}

export function resultOf(history: LearnerHistory, given: Partial<RecountResult> = {}): RecountResult {
  const { tenant, learner, revision, marks } = history
  return { tenant, learner, revision, marks, attempts: [], untracked: {}, counts: [], ...given }
}
