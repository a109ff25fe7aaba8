/** What statements are for the count, several at once: each learner's history is derived once. */
import type { Derivation } from '../../attempts/derivation.ts'
import { reasonText } from '../../attempts/reasons.ts'
import type { TenantId } from '../../store/ports.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier } from '../../xapi/types.ts'
import { deriveHistory, type RecountDeps } from '../counting/recount.ts'

export interface LearnerVerdict {
  readonly learner: string
  readonly identity: Identifier
  readonly tracked: boolean
  /** `tracked`, or the first thing that stands in the way. */
  readonly reason: string
  readonly text: string
  readonly element: string
  readonly attempt: string | null
}

/** One for each learner of a statement: a Group has several, a voiding statement none. */
export type VerdictsOf = (statementId: string) => Promise<readonly LearnerVerdict[]>

/** For one answer: what it has read of a learner stands for all statements of it. */
export function verdictReader(lrs: RecountDeps, tenant: TenantId): VerdictsOf {
  const { identities, metering } = lrs.stores
  const derivations = new Map<string, Promise<Derivation | null>>()
  const derive = async (learner: string): Promise<Derivation | null> => {
    const history = await metering.history(tenant, learner)
    return history && (await deriveHistory(lrs, history))
  }
  const derivationOf = (learner: string): Promise<Derivation | null> => {
    const known = derivations.get(learner) ?? derive(learner)
    derivations.set(learner, known)
    return known
  }
  return async (statementId) => {
    const verdicts: LearnerVerdict[] = []
    for (const fact of await metering.factsOf(tenant, statementId)) {
      const identity = await identities.byIfi(tenant, fact.learner)
      const derivation = identity && (await derivationOf(identity.learner))
      const own = derivation?.classified.find(
        (one) => one.fact.seq === fact.seq && one.fact.learner === fact.learner,
      )
      if (!own || !identity) continue
      const reason = own.obstacles.find((obstacle) => obstacle !== 'voided') ?? 'tracked'
      verdicts.push({
        learner: identity.learner,
        identity: agentOfIdentifier(fact.learner),
        tracked: reason === 'tracked',
        reason,
        text: reasonText(reason),
        element: own.element,
        attempt: own.attempt,
      })
    }
    return verdicts
  }
}
