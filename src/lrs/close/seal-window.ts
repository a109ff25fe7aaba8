/**
 * Sealing a window (Q13, rulings 15 and 17), step by step:
 *
 *  1. Take the cutoff, and count until nothing known by then is missing. Who is counted meanwhile may owe that to later
 *     statements: those learners are worked out again as of the cutoff.
 *  2. Copy the counted rows into a draft, slice by slice (copy-rows.ts).
 *  3. Mark the learners of 1, so that what came later becomes adjustments; then seal the draft.
 *
 * Whoever does this holds the drain's lease, so no count changes while it copies. A crash leaves a draft that can never be
 * sealed, since the next holder of the lease abandons it first; everything begins anew, with a new cutoff.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Window } from '../../metering/count.ts'
import { windowById } from '../../metering/windows.ts'
import type { CloseRequest, Cutoff, Lease } from '../../store/ports.ts'
import { randomSecret } from '../access/secrets.ts'
import type { Lrs } from '../context.ts'
import { type PolicyHistory, policyOf } from '../counting/policies.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { copyRows } from './copy-rows.ts'
import { snapshotOf } from './snapshot.ts'

export type CloseDeps = RecountDeps & Pick<Lrs, 'newId'> & { readonly keys: Pick<Lrs['keys'], 'signing'> }

/** The drain, as far as closing needs it. */
export interface Drain {
  readonly lease: Lease
  /** Between slices: renews the lease. False when it is lost, or the process is to stop. */
  keep(): Promise<boolean>
  /** Counts one slice of what is dirty; null when the lease is lost. */
  count(): Promise<Counted | null>
}

interface Counted {
  /** There was something to do. Learners whose recount fails are none of it. */
  readonly more: boolean
  /** Who may have been counted. */
  readonly learners: readonly { readonly tenant: string; readonly learner: string }[]
}

/** `waiting`: counts are still being worked out; it is asked for again. `lost`: the lease is. */
export type Sealing = 'closed' | 'waiting' | 'lost'

/** Looks at what is still on its way into the store, and how long apart, ms. */
const LOOKS = 20
const APART_MS = 25

export async function sealWindow(deps: CloseDeps, request: CloseRequest, drain: Drain): Promise<Sealing> {
  const { tenant } = request
  const { metering, snapshots } = deps.stores
  const { at, behind } = await metering.computedThrough(tenant)
  if (behind !== null && at < request.requested) return 'waiting'
  const cutoff = await snapshots.cutoff()
  const later = await countUntil(deps, request, cutoff, drain)
  if (!(later instanceof Set)) return later
  const policy = await policyOf(deps.stores, tenant, request.policy, 'POST /windows/{id}/close')
  const window = windowById(policy.versions, request.window)
  if (!window) throw new Error(`there is no window ${request.window} to be closed`)
  const draft: Draft = { request, policy, window, cutoff, id: deps.newId(), secret: randomSecret() }
  if ((await snapshots.begin(tenant, request, draft.id)) === 'sealed') return 'closed'
  if (!(await copyRows(deps, draft, later, drain))) return 'lost'
  const snapshot = await snapshotOf(deps, draft, drain)
  if (snapshot === null) return 'lost'
  await metering.mark(tenant, [...later])
  const outcome = await snapshots.seal(drain.lease, tenant, snapshot)
  return outcome === 'sealed' ? 'closed' : 'lost'
}

export interface Draft {
  readonly request: CloseRequest
  readonly policy: PolicyHistory
  readonly window: Window
  readonly cutoff: Cutoff
  readonly id: string
  readonly secret: string
}

/** @returns the learners counted since the cutoff */
async function countUntil(
  { stores }: CloseDeps,
  { tenant }: CloseRequest,
  cutoff: Cutoff,
  drain: Drain,
): Promise<Set<string> | 'waiting' | 'lost'> {
  const later = new Set<string>()
  for (let looks = 0; looks < LOOKS; ) {
    if ((await stores.metering.computedThrough(tenant)).at >= cutoff.at) return later
    const counted = await drain.count()
    if (counted === null || !(await drain.keep())) return 'lost'
    const ours = counted.learners.filter((one) => one.tenant === tenant)
    for (const { learner } of ours) later.add(learner)
    if (!counted.more) {
      looks += 1
      await sleep(APART_MS)
    }
  }
  return 'waiting'
}
