/** Works off what is dirty: expands mass changes, then recounts learners, in slices under one fenced lease (rulings 31, 33). */

import { deletionSlice } from '../lrs/deletion-slices.ts'
import { dueLearners, dueWindows } from '../lrs/due.ts'
import { type RecountDeps, recountLearners } from '../lrs/recount.ts'
import type { Lease } from '../store/ports.ts'

const LEASE = 'drain'
export const LEASE_MS = 10_000
/** Learners recounted in one commit: small enough to leave ingest its share of the writer. */
const SLICE = 64
/** Mass changes expanded at once: a catalogue feed records one for each element, and the store commits them together. */
const CHANGES = 64
/** Identities marked meanwhile, over all of them. */
const EXPANSION = 2_048

export interface DrainControl {
  /** Stop at the next slice. */
  readonly signal: AbortSignal
  /** Called between slices: keeps the job's lock alive. */
  touch(): Promise<void>
}

/** Runs until nothing is dirty, or another process holds the lease, or it is told to stop. */
export async function drain(deps: RecountDeps, holder: string, control: DrainControl): Promise<void> {
  const { leases } = deps.stores
  let lease = await leases.acquire(LEASE, holder, LEASE_MS)
  let held = performance.now()
  if (lease) await recountDue(deps, lease, control.signal)
  while (lease && !control.signal.aborted) {
    if (!(await drainSlice(deps, lease))) break
    if (performance.now() - held < LEASE_MS / 4) continue
    held = performance.now()
    await control.touch()
    lease = await leases.acquire(LEASE, holder, LEASE_MS)
  }
  if (lease) await leases.release(lease)
}

/** Time alone makes a key old enough (ruling 10): whoever came of age since is recounted. */
async function recountDue(deps: RecountDeps, lease: Lease, signal: AbortSignal): Promise<void> {
  for (const window of await dueWindows(deps)) {
    for (let more = true; more && !signal.aborted; ) {
      const due = await dueLearners(deps, window, SLICE)
      const written = due.length > 0 ? await recountLearners(deps, lease, due) : 0
      more = written > 0 && due.length === SLICE
    }
  }
}

/** @returns false when there is nothing more to do now; learners that fail stay marked and are tried again at the next run */
async function drainSlice(deps: RecountDeps, lease: Lease): Promise<boolean> {
  const { metering } = deps.stores
  const changes = await metering.pendingChanges(CHANGES)
  const slice = Math.ceil(EXPANSION / Math.max(changes.length, 1))
  const expanded = await Promise.all(changes.map((change) => metering.expandChange(lease, change, slice)))
  if (expanded.includes('fenced')) return false
  const deleting = await deletionSlice(deps, lease)
  const dirty = await metering.dirtyLearners(SLICE)
  const written = dirty.length > 0 ? await recountLearners(deps, lease, dirty) : 0
  return changes.length > 0 || deleting || written > 0
}
