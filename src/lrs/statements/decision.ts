/** Why one statement is a tracked attempt or not, stored or only tried out. */
import type { Classified, ElementRule } from '../../attempts/derivation.ts'
import { derive } from '../../attempts/derive.ts'
import { factsOf } from '../../attempts/facts.ts'
import { elementRuleText, reasonText } from '../../attempts/reasons.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier, Statement, Version, Violation } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import { cmi5Violations } from '../cmi5/conformance.ts'
import type { Lrs } from '../context.ts'
import { deriveHistory } from '../counting/recount.ts'
import { Refusal } from '../refusal.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { readStatements } from './read-statements.ts'

export interface LearnerDecision {
  readonly learner: string | null
  readonly identity: Identifier
  readonly tracked: boolean
  /** `tracked`, or the first thing that stands in the way. */
  readonly reason: string
  readonly text: string
  readonly obstacles: readonly string[]
  readonly element: string
  readonly elementRule: { readonly rule: ElementRule; readonly text: string }
  readonly attempt: string | null
  readonly at: string
}

export interface Decision {
  readonly statementId: string
  readonly tracked: boolean
  readonly voided: boolean
  /** Which clauses of cmi5 it breaks; empty for what does not claim to be cmi5. */
  readonly cmi5: readonly Violation[]
  /** One for each learner of the statement: a Group has several, a voiding statement none. */
  readonly learners: readonly LearnerDecision[]
}

/** @throws Refusal `not-found` */
export async function decideStatement(lrs: Lrs, caller: Caller, id: string): Promise<Decision> {
  demand(caller, 'read reports')
  const { stores } = lrs
  const stored = await stores.statements.find(caller.tenant, id)
  if (!stored) throw new Refusal('not-found', `there is no statement ${id}`)
  const learners: LearnerDecision[] = []
  for (const fact of await stores.metering.factsOf(caller.tenant, id)) {
    const identity = await stores.identities.byIfi(caller.tenant, fact.learner)
    const history = identity && (await stores.metering.history(caller.tenant, identity.learner))
    if (!history) continue
    const { classified } = await deriveHistory(lrs, history)
    const own = classified.find((one) => one.fact.seq === fact.seq && one.fact.learner === fact.learner)
    if (own) learners.push(decisionOf(own, identity.learner))
  }
  return {
    statementId: id,
    tracked: learners.some(({ tracked }) => tracked),
    voided: stored.voided,
    cmi5: cmi5Violations(JSON.parse(stored.raw) as Statement, '$'),
    learners,
  }
}

function decisionOf(classified: Classified, learner: string | null): LearnerDecision {
  const { fact, obstacles, element, elementRule, attempt, at } = classified
  const standing = obstacles.filter((obstacle) => obstacle !== 'voided')
  const reason = standing[0] ?? 'tracked'
  return {
    learner,
    identity: agentOfIdentifier(fact.learner),
    tracked: standing.length === 0,
    reason,
    text: reasonText(reason),
    obstacles,
    element,
    elementRule: { rule: elementRule, text: elementRuleText(elementRule) },
    attempt,
    at: new Date(at).toISOString(),
  }
}

export interface Check {
  readonly valid: boolean
  readonly violations: readonly Violation[]
  /** What the verdict of each statement would be, taken alone with the catalogue as it is now. */
  readonly decisions: readonly Decision[]
}

/** Validates and classifies without storing anything (ruling 25). */
export async function checkStatements(
  lrs: Lrs,
  caller: Caller,
  request: { bytes: Uint8Array; version: Version },
): Promise<Check> {
  demand(caller, 'check statements')
  try {
    const received = await readStatements(request.bytes, request.version, { list: true })
    const catalogue = await lrs.catalogueOf(caller.tenant)
    const now = lrs.clock.now()
    const origin =
      caller.kind === 'credential'
        ? { credential: caller.id, purpose: caller.purpose, subAccount: caller.subAccount }
        : { credential: caller.id, purpose: 'learner' as const }
    const decisions = received.map(({ statement, path }, seq) => {
      const statementId = statement.id?.toLowerCase() ?? lrs.newId()
      const facts = factsOf(statement, { statementId, idGiven: statement.id !== undefined, ...origin })
      const learners = facts.flatMap((fact) => {
        const stored = [{ ...fact, seq, stored: now, voided: false }]
        const context = { tenant: caller.tenant, catalogue, launches: [], settings: DEFAULT_SETTINGS }
        return derive(stored, context).classified.map((one) => decisionOf(one, null))
      })
      return {
        statementId,
        tracked: learners.some(({ tracked }) => tracked),
        voided: false,
        cmi5: cmi5Violations(statement, path),
        learners,
      }
    })
    const refused = lrs.cmi5 === 'refuse' ? decisions.flatMap(({ cmi5 }) => cmi5) : []
    return { valid: refused.length === 0, violations: refused, decisions }
  } catch (error) {
    if (error instanceof Refusal && error.kind === 'malformed') {
      return { valid: false, violations: error.violations, decisions: [] }
    }
    throw error
  }
}
