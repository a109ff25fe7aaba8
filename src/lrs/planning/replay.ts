/** Everybody's history under drafts of policies: what would have counted, and is written nowhere (F7). */
import type { CountedKey } from '../../metering/count.ts'
import { recount } from '../../metering/recount.ts'
import type { PolicyVersion } from '../../metering/windows.ts'
import type { TenantId } from '../../store/ports.ts'
import { circumstancesOf, deriveHistory, type RecountDeps } from '../counting/recount.ts'

/** Learners of one slice: each history is read by itself, so others get their turn between any two. */
const SLICE = 50

export interface Replayed {
  readonly learner: string
  /** Of each draft, in its order: what the learner would count for. */
  readonly counted: readonly (readonly CountedKey[])[]
}

export interface ReplayedSlice {
  readonly learners: readonly Replayed[]
  /** Where the next slice begins; null: there is none. */
  readonly position: string | null
}

/**
 * Slice by slice, everybody who is there meanwhile.
 * @param now ms, for what counts by age alone (`minAgeHours`)
 * @param position where to begin; null: with the first learner
 */
export async function* replay(
  deps: RecountDeps,
  tenant: TenantId,
  drafts: readonly PolicyVersion[],
  { now, position }: { readonly now: number; readonly position: string | null },
): AsyncGenerator<ReplayedSlice> {
  const then = { ...deps, clock: { now: () => now } }
  let cursor = position
  do {
    const page = await deps.stores.metering.learners(tenant, { limit: SLICE, ...(cursor && { cursor }) })
    const learners: Replayed[] = []
    for (const { id } of page.items)
      learners.push({ learner: id, counted: await countedOf(then, tenant, id, drafts) })
    cursor = page.next
    yield { learners, position: cursor }
  } while (cursor !== null)
}

async function countedOf(
  deps: RecountDeps,
  tenant: TenantId,
  learner: string,
  drafts: readonly PolicyVersion[],
): Promise<Replayed['counted']> {
  const history = await deps.stores.metering.history(tenant, learner)
  if (!history || history.facts.length === 0) return drafts.map(() => [])
  const { classified } = await deriveHistory(deps, history)
  // What is left of purged evidence is kept for the policies there were then, and no window of a draft was ever closed.
  const circumstances = { ...circumstancesOf(deps, history, []), tombstones: [] }
  return drafts.map((draft) =>
    recount(classified, [draft], circumstances).flatMap(({ counted }) => [...counted]),
  )
}

/** A policy as if it decided since the beginning. */
export function draftOf(policy: PolicyVersion['policy']): PolicyVersion {
  return { policy, version: 1, effectiveFrom: null }
}
