/** The only way a count changes (design.md): what one learner's history gives, and writing it. */
import type { Catalogue, Derivation, Obstacle } from '../../attempts/derivation.ts'
import { derive } from '../../attempts/derive.ts'
import { groupsOf } from '../../attempts/profile.ts'
import type { LearnerCount } from '../../metering/count.ts'
import { type Circumstances, recount } from '../../metering/recount.ts'
import type { Closing, LearnerHistory, Lease, RecountResult, TenantId } from '../../store/ports.ts'
import { laterFacts } from '../close/later-facts.ts'
import type { Lrs } from '../context.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { closedWindowOf } from './closings.ts'
import { policiesOf } from './policies.ts'
import { type Rules, rulesReader } from './rules.ts'

/** The jobs thread has no more than this of the product. */
export type RecountDeps = Pick<Lrs, 'stores' | 'catalogueOf' | 'clock'>

/** Everything derived from a history: facts + catalogue + launches + settings (ruling 8). */
export async function deriveHistory(deps: RecountDeps, history: LearnerHistory): Promise<Derivation> {
  return deriveUnder(await deps.catalogueOf(history.tenant), history)
}

export function deriveUnder(catalogue: Catalogue, { tenant, facts, launches }: LearnerHistory): Derivation {
  return derive(facts, { tenant, catalogue, launches, settings: DEFAULT_SETTINGS })
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
  return countUnder({ policies, closings }, deps, history, derivation)
}

/** What the learner counts for, under every version of every policy. */
export function countUnder(
  { policies, closings }: Pick<Rules, 'policies' | 'closings'>,
  deps: RecountDeps,
  history: LearnerHistory,
  { classified }: Derivation,
): readonly LearnerCount[] {
  const circumstances = circumstancesOf(deps, history, closings)
  return policies.flatMap(({ versions }) => recount(classified, versions, circumstances))
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
export const LONGEST_MS = 1_000

export type Named = Pick<LearnerHistory, 'tenant' | 'learner'>

/**
 * Recounts learners, as many as there is time for, and writes what they count for in one commit. Of one lease nobody else
 * may be given the same ones meanwhile.
 * @param learners each once
 * @returns how many were written; a stale one stays dirty
 */
export async function recountLearners(
  deps: RecountDeps,
  lease: Lease,
  learners: readonly Named[],
): Promise<number> {
  // Safe to read once, since only the drain expands the change that a new policy or catalogue entry is, and only it seals
  // windows, under the lease these results are written under: whoever it touches is marked after their history was read,
  // and a mark that a recount has not seen stays.
  const rules = rulesReader(deps)
  const started = performance.now()
  const results: RecountResult[] = []
  for (let looked = 0; looked < learners.length; ) {
    const first = await recountFirst(deps, rules, learners.slice(looked))
    results.push(...first.results)
    looked += first.looked
    if (performance.now() - started > LONGEST_MS) break
  }
  if (results.length === 0) return 0
  const written = await deps.stores.metering.writeRecounts(lease, results)
  return written.filter((one) => one === 'written').length
}

type Recounted = { readonly results: readonly RecountResult[]; readonly looked: number }

/** Recounts as many as the store reads in one step. @returns their results, and how many were looked at: at least one */
async function recountFirst(
  deps: RecountDeps,
  rules: (tenant: TenantId) => Promise<Rules>,
  learners: readonly Named[],
): Promise<Recounted> {
  const results: RecountResult[] = []
  let looked = 0
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    const { tenant, learner } = learners[looked] as Named
    try {
      await work()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      await deps.stores.metering.markFailed(tenant, learner, why)
    }
    looked += 1
  }
  let histories: readonly (LearnerHistory | null)[] = []
  try {
    histories = await deps.stores.metering.histories(learners)
  } catch (error) {
    await attempt(() => Promise.reject(error))
  }
  for (const history of histories) {
    const { learner } = learners[looked] as Named
    await attempt(async () => {
      if (history) results.push(await resultOf(deps, await rules(history.tenant), { ...history, learner }))
    })
  }
  return { results, looked }
}

async function resultOf(deps: RecountDeps, rules: Rules, history: LearnerHistory): Promise<RecountResult> {
  const { tenant, learner, revision, marks } = history
  const derivation = deriveUnder(rules.catalogue, history)
  const counts = countUnder(rules, deps, history, derivation)
  return {
    tenant,
    learner,
    revision,
    marks,
    attempts: derivation.attempts,
    untracked: untrackedOf(derivation),
    counts,
    adjustments: await laterFacts(deps, rules.closings, history, counts),
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
