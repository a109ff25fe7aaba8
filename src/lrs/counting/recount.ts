/** The only way a count changes (design.md): what one learner's history gives, and writing it. */
import type { Derivation, Obstacle } from '../../attempts/derivation.ts'
import { derive } from '../../attempts/derive.ts'
import { groupsOf } from '../../attempts/profile.ts'
import type { LearnerCount } from '../../metering/count.ts'
import { type Circumstances, recount } from '../../metering/recount.ts'
import type { Closing, LearnerHistory, Lease, RecountResult, TenantId } from '../../store/ports.ts'
import { laterFacts } from '../close/later-facts.ts'
import type { Lrs } from '../context.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { closedWindowOf, closingsOf } from './closings.ts'
import { policiesOf } from './policies.ts'

/** The jobs thread has no more than this of the product. */
export type RecountDeps = Pick<Lrs, 'stores' | 'catalogueOf' | 'clock'>

/** Everything derived from a history: facts + catalogue + launches + settings (ruling 8). */
export async function deriveHistory(deps: RecountDeps, history: LearnerHistory): Promise<Derivation> {
  return derive(history.facts, {
    tenant: history.tenant,
    catalogue: await deps.catalogueOf(history.tenant),
    launches: history.launches,
    settings: DEFAULT_SETTINGS,
  })
}

/**
 * What the learner counts for, under every version of every policy of the tenant.
 * @param closings of the tenant: what was stored after one may be late for its window (ruling 15)
 */
export async function countHistory(
  deps: RecountDeps,
  history: LearnerHistory,
  derivation: Derivation,
  closings: readonly Closing[],
): Promise<readonly LearnerCount[]> {
  const policies = await policiesOf(deps.stores, history.tenant)
  const circumstances = circumstancesOf(deps, history, closings)
  return policies.flatMap(({ versions }) => recount(derivation.classified, versions, circumstances))
}

/** What counting depends on beside the statements: the time (`minAgeHours`), whose groups the learner is in, what is closed. */
export function circumstancesOf(
  { clock }: Pick<Lrs, 'clock'>,
  { identities, tombstones }: LearnerHistory,
  closings: readonly Closing[],
): Circumstances {
  const groups = new Set(groupsOf(identities))
  return { now: clock.now(), groups, tombstones, closed: closings.map(closedWindowOf) }
}

/** A slow store gets shorter slices: the lease and the job's lock are renewed between them, ms. */
const LONGEST_MS = 1_000

/**
 * Recounts learners, as many as there is time for, and writes all results in one commit.
 * @returns how many were written; a stale one stays dirty
 */
export async function recountLearners(
  deps: RecountDeps,
  lease: Lease,
  learners: readonly { readonly tenant: TenantId; readonly learner: string }[],
): Promise<number> {
  const results: RecountResult[] = []
  const closings = closingsOf(deps)
  const started = performance.now()
  for (const { tenant, learner } of learners) {
    if (results.length > 0 && performance.now() - started > LONGEST_MS) break
    try {
      const result = await recountOne(deps, closings, tenant, learner)
      if (result) results.push(result)
    } catch (error) {
      await deps.stores.metering.markFailed(
        tenant,
        learner,
        error instanceof Error ? error.message : String(error),
      )
    }
  }
  if (results.length === 0) return 0
  const written = await deps.stores.metering.writeRecounts(lease, results)
  return written.filter((one) => one === 'written').length
}

async function recountOne(
  deps: RecountDeps,
  closingsIn: (tenant: TenantId) => Promise<readonly Closing[]>,
  tenant: TenantId,
  learner: string,
): Promise<RecountResult | null> {
  const history = await deps.stores.metering.history(tenant, learner)
  if (!history) return null
  const derivation = await deriveHistory(deps, history)
  const closings = await closingsIn(tenant)
  const counts = await countHistory(deps, history, derivation, closings)
  return {
    tenant,
    learner,
    revision: history.revision,
    marks: history.marks,
    attempts: derivation.attempts,
    untracked: untrackedOf(derivation),
    counts,
    adjustments: await laterFacts(deps, closings, history, counts),
  }
}

/** Statements that are no evidence, by their first obstacle; a voided one was evidence. */
export function untrackedOf(derivation: Derivation): Partial<Record<Obstacle, number>> {
  const counts: Partial<Record<Obstacle, number>> = {}
  for (const { obstacles } of derivation.classified) {
    const [reason] = obstacles
    if (reason === undefined || reason === 'voided') continue
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}
