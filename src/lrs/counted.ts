/** Who is counted in a window, and why anybody is or is not. */
import type { Obstacle } from '../attempts/derivation.ts'
import { profileOf } from '../attempts/profile.ts'
import { reasonText } from '../attempts/reasons.ts'
import type { Evidence } from '../metering/count.ts'
import { explain } from '../metering/explain.ts'
import type { CountedLearner, Identity, Page, PageRequest } from '../store/ports.ts'
import { agentOfIdentifier } from '../xapi/actor.ts'
import type { Identifier } from '../xapi/types.ts'
import { type Caller, demand } from './access.ts'
import type { Lrs } from './context.ts'
import { circumstancesOf, deriveHistory } from './recount.ts'
import { Refusal } from './refusal.ts'
import { findWindow, refOf, sinceOf } from './windows.ts'

export interface EvidenceView {
  readonly statementId: string
  readonly at: string
  readonly stored: string
  readonly rule: string
}

export interface CountedView {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  /** What is counted: `learner`, unless the policy counts other keys (ruling 7). */
  readonly key: string
  readonly firstEvidence: EvidenceView
}

/** One page of the counted list; over all pages its length is the count (F2). */
export async function listCounted(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<CountedView>> {
  demand(caller, 'read reports')
  const { window } = await findWindow(lrs, caller, windowId)
  const { items, next } = await lrs.stores.metering.counted(caller.tenant, refOf(window), {
    ...page,
    ...sinceOf(window),
  })
  return { items: items.map(countedView), next }
}

function countedView(counted: CountedLearner): CountedView {
  return {
    learner: counted.learner,
    name: nameOf(counted.identities),
    identities: identifiersOf(counted.identities),
    key: counted.key,
    firstEvidence: evidenceView(counted.evidence),
  }
}

function evidenceView({ statementId, at, stored, rule }: Evidence): EvidenceView {
  return { statementId, at: new Date(at).toISOString(), stored: new Date(stored).toISOString(), rule }
}

/** What the LMS calls them, else what their statements do. */
export function nameOf(identities: readonly Identity[]): string | null {
  const { name: given } = profileOf(identities)
  if (given !== null) return given
  return identities.find(({ seen, name }) => seen && name !== null)?.name ?? null
}

/** Only identifiers that really came in, or that somebody linked. */
export function identifiersOf(identities: readonly Identity[]): readonly Identifier[] {
  return identities.filter(({ seen }) => seen).map(({ ifi }) => agentOfIdentifier(ifi))
}

export interface Explanation {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly window: { readonly id: string; readonly start: string; readonly end: string }
  readonly counted: boolean
  readonly keys?: readonly string[]
  readonly evidence?: EvidenceView
  readonly nearestMiss?: {
    readonly statementId: string
    readonly at: string
    readonly reason: string
    readonly text: string
  } | null
}

/**
 * Counted or not, by which statement and rule, or the nearest miss and why (F1). The answer is worked out from the facts
 * and agrees with the stored rows once the learner's last statement is counted.
 * @param learner learner id; one that was merged away answers for the elder
 * @throws Refusal `not-found`
 */
export async function explainLearner(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  learner: string,
): Promise<Explanation> {
  demand(caller, 'read reports')
  const { history: policy, window } = await findWindow(lrs, caller, windowId)
  const known = await lrs.stores.identities.learner(caller.tenant, learner)
  const history = known && (await lrs.stores.metering.history(caller.tenant, known.id))
  if (!known || !history) throw new Refusal('not-found', `there is no learner «${learner}»`)
  const derivation = await deriveHistory(lrs, history)
  const circumstances = circumstancesOf(lrs, history)
  const result = explain(derivation.classified, policy.versions, window, circumstances)
  const about = {
    learner: known.id,
    name: nameOf(known.identities),
    identities: identifiersOf(known.identities),
    window: {
      id: window.id,
      start: new Date(window.start).toISOString(),
      end: new Date(window.end).toISOString(),
    },
  }
  if (result.counted) {
    return {
      ...about,
      counted: true,
      keys: result.keys.map(({ key }) => key),
      evidence: evidenceView(result.evidence),
    }
  }
  const miss = result.nearestMiss
  return {
    ...about,
    counted: false,
    nearestMiss: miss && {
      statementId: miss.statementId,
      at: new Date(miss.at).toISOString(),
      reason: miss.reason,
      // The policy has its own sentence; an obstacle has that of the attempt rules.
      text: miss.detail || reasonText(miss.reason as Obstacle),
    },
  }
}
