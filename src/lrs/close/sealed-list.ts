/** Who a closed window counts, as it was sealed (F1, F2): later facts stand beside it, never in it. */
import type { Identity, Page, PageRequest, Snapshot, SnapshotRow, TenantId } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import type { Lrs } from '../context.ts'
import { type EvidenceView, evidenceView, identifiersOf, nameOf } from '../people/people-view.ts'

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
    learner,
    name: nameOf(identities),
    identities: identifiersOf(identities),
    key,
    firstEvidence: evidence && evidenceView(evidence),
    token,
    commitment,
  }
}

/** The sealed rows of a learner, or of the one who was asked for before they were merged. */
export async function sealedRowsOf(
  { stores }: Lrs,
  tenant: TenantId,
  { id }: Snapshot,
  learners: readonly string[],
): Promise<readonly SnapshotRow[]> {
  const rows = await Promise.all(
    [...new Set(learners)].map((learner) => stores.snapshots.rowsOf(tenant, id, learner)),
  )
  return rows.flat()
}
