/** What later facts change about closed windows: adjustments that come with a recount, never edits (Q13; rulings 15, 16). */
import { tokenOf } from '../../evidence/sealed-row.ts'
import { type Booked, type Difference, differenceId, differences } from '../../metering/closing.ts'
import type { LearnerCount } from '../../metering/count.ts'
import type { Adjustment, AdjustmentReason, Closing, Identity, LearnerHistory } from '../../store/ports.ts'
import { closedWindowOf } from '../counting/closings.ts'
import type { RecountDeps } from '../counting/recount.ts'

/**
 * The adjustments that make sealed rows + automatic ones + purges equal to what the learner counts for now.
 * @param counts what a recount of this history gives
 */
export async function laterFacts(
  deps: RecountDeps,
  closings: readonly Closing[],
  history: LearnerHistory,
  counts: readonly LearnerCount[],
): Promise<readonly Adjustment[]> {
  if (closings.length === 0) return []
  const { tenant, learner } = history
  const booked = await deps.stores.adjustments.booked(tenant, learner)
  const found = differences(learner, closings.map(closedWindowOf), booked, counts)
  return Promise.all(found.map((difference) => adjustmentOf(deps, history, booked, difference)))
}

async function adjustmentOf(
  deps: RecountDeps,
  history: LearnerHistory,
  booked: readonly Booked[],
  difference: Difference,
): Promise<Adjustment> {
  const { window, key, delta, learner, evidence } = difference
  const { policy, version, start } = window
  const snapshot = await deps.stores.snapshots.byWindow(history.tenant, window)
  const tokens = snapshot ? tokensOf(snapshot.secret, history.identities, key) : []
  const holds = async () =>
    snapshot !== null && (await deps.stores.snapshots.holds(history.tenant, snapshot.id, tokens))
  const reason =
    delta > 0 ? await reasonToAdd(history, difference, holds) : await reasonToDrop(deps, history, difference)
  const purged = reason === 'purge' || difference.unpurged
  return {
    id: differenceId(difference),
    policy,
    version,
    start,
    kind: purged ? 'purged' : 'automatic',
    reason,
    delta,
    learner,
    key,
    token: tokens[0] ?? null,
    evidence,
    author: null,
    at: deps.clock.now(),
    note: booked.length === 0 && reason === 'split' ? 'was one person with somebody in the snapshot' : null,
  }
}

/** The first is the one a row is known by (copy-rows.ts). */
export function tokensOf(secret: string, identities: readonly Identity[], key: string): readonly string[] {
  const seen = identities.filter((one) => one.seen)
  const known = (seen.length > 0 ? seen : identities).map(({ ifi }) => ifi).sort()
  return known.map((ifi) => tokenOf(secret, ifi, key))
}

async function reasonToAdd(
  { facts }: LearnerHistory,
  { window, evidence }: Difference,
  holds: () => Promise<boolean>,
): Promise<AdjustmentReason> {
  const seq = facts.find(({ statementId }) => statementId === evidence?.statementId)?.seq ?? 0
  // From before the window: it came too late for another one (late.ts).
  if (seq > window.cutoff || (evidence?.at ?? window.start) < window.start) return 'late'
  return (await holds()) ? 'split' : 'reclassified'
}

async function reasonToDrop(
  { stores }: RecountDeps,
  { tenant, learner: elder, identities, facts }: LearnerHistory,
  { window, evidence, merged, learner }: Difference,
): Promise<AdjustmentReason> {
  if (merged) return 'merge'
  const left = evidence ? await stores.metering.factsOf(tenant, evidence.statementId) : []
  if (left.length === 0) return 'purge'
  const ours = left.filter((fact) => identities.some(({ ifi }) => ifi === fact.learner))
  if (ours.length === 0) return 'split'
  if (ours.some(({ voided }) => voided)) return 'void'
  if (learner !== elder) return 'merge'
  return facts.some(({ seq }) => seq > window.cutoff) ? 'late' : 'reclassified'
}
