/** Who a closed window counts, as it was sealed (F1, F2): later facts stand beside it, never in it. */
import type { Identity, Page, PageRequest, Snapshot, SnapshotRow, TenantId } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import type { Lrs } from '../context.ts'
import { type EvidenceView, evidenceView, learnerView } from '../people/people-view.ts'
import { tokensOf } from './later-facts.ts'

/** Names and evidence are null once they are erased; the token stays, and with it the count (ruling 17). */
export interface SealedView {
  readonly learner: string | null
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly key: string
  readonly firstEvidence: EvidenceView | null
  readonly token: string
  readonly commitment: string
}

/** Ascending by token; over all pages its length is the closed count. */
export async function listSealed(
  { stores }: Lrs,
  tenant: TenantId,
  { id }: Snapshot,
  page: PageRequest,
): Promise<Page<SealedView>> {
  const { items, next } = await stores.snapshots.rows(tenant, id, page)
  const people = await stores.identities.ofLearners(
    tenant,
    items.flatMap(({ learner }) => learner ?? []),
  )
  return { items: items.map((row) => sealedView(row, people)), next }
}

function sealedView(row: SnapshotRow, people: ReadonlyMap<string, readonly Identity[]>): SealedView {
  const { learner, key, evidence, token, commitment } = row
  const identities = (learner !== null && people.get(learner)) || []
  return {
    ...learnerView(learner, identities),
    key,
    firstEvidence: evidence && evidenceView(evidence),
    token,
    commitment,
  }
}

/** The sealed rows of one person: of the learner asked for, and of all who were merged into them since; their own first. */
export async function sealedRowsOf(
  { stores }: Lrs,
  tenant: TenantId,
  { id, policy, version, start }: Snapshot,
  learner: string,
): Promise<readonly SnapshotRow[]> {
  const booked = await stores.adjustments.booked(tenant, learner)
  const family = booked.filter(
    (one) => one.policy === policy && one.version === version && one.start === start,
  )
  const learners = new Set([learner, ...family.map((one) => one.learner)])
  const rows = await Promise.all([...learners].map((one) => stores.snapshots.rowsOf(tenant, id, one)))
  return rows.flat()
}

/** Why somebody who counts by what is known today is not in the snapshot: as the adjustment says that adds them. */
export async function whyNotSealed(
  { stores }: Lrs,
  tenant: TenantId,
  { id, cutoff, secret }: Snapshot,
  found: {
    readonly learner: string
    readonly keys?: readonly string[]
    readonly evidence?: { readonly statementId: string }
  },
): Promise<'late' | 'split' | 'reclassified'> {
  const facts = await stores.metering.factsOf(tenant, found.evidence?.statementId ?? '')
  if (facts.every(({ seq }) => seq > cutoff.seq)) return 'late'
  const identities = (await stores.identities.learner(tenant, found.learner))?.identities ?? []
  const tokens = (found.keys ?? []).flatMap((key) => tokensOf(secret, identities, key))
  return (await stores.snapshots.holds(tenant, id, tokens)) ? 'split' : 'reclassified'
}
