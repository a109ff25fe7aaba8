/**
 * Works off what is dirty: expands mass changes, recounts learners, and closes the windows that are asked for, in slices under
 * one fenced lease (rulings 31, 33).
 */
import type { CloseDeps, Drain } from '../lrs/close/seal-window.ts'
import { deletionSlice } from '../lrs/deletion-slices.ts'
import { dueLearners, dueWindows } from '../lrs/due.ts'
import { type RecountDeps, recountLearners } from '../lrs/recount.ts'
import type { Lease } from '../store/ports.ts'
import { abandonDrafts, closeRequested } from './close.ts'

const LEASE = 'drain'
export const LEASE_MS = 10_000
/** Learners recounted in one commit: small enough to leave ingest its share of the writer. */
const SLICE = 64
/** Mass changes expanded at once: a catalogue feed records one for each element, and the store commits them together. */
const CHANGES = 64
/** Identities marked meanwhile, over all of them. */
const EXPANSION = 2_048
/** While there is always something to count, windows are looked at this often. */
const CLOSE_MS = 2_000

export interface DrainControl {
  /** Stop at the next slice. */
  readonly signal: AbortSignal
  /** Called between slices: keeps the job's lock alive. */
  touch(): Promise<void>
}

export type DrainDeps = CloseDeps

/** Runs until nothing is dirty, or another process holds the lease, or it is told to stop. */
export async function drain(deps: DrainDeps, holder: string, control: DrainControl): Promise<void> {
  const { leases } = deps.stores
  const first = await leases.acquire(LEASE, holder, LEASE_MS)
  if (!first) return
  const hold = keeper(deps, first, control)
  await abandonDrafts(deps)
  await recountDue(deps, first, control.signal)
  const close = closer(deps, hold)
  while (!control.signal.aborted) {
    const busy = await drainSlice(deps, hold.lease())
    if (busy === null) break
    const closed = await close(busy.more)
    const done = !busy.more && closed === 0
    if (closed === null || done || !(await hold.keep())) break
  }
  await leases.release(hold.lease())
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

/** Closes what is asked for: when there is nothing to count, and from time to time when there always is. */
function closer(deps: DrainDeps, hold: Hold): (busy: boolean) => Promise<number | null> {
  let looked = performance.now()
  return async (busy) => {
    if (busy && performance.now() - looked < CLOSE_MS) return 0
    looked = performance.now()
    return closeRequested(deps, drainOf(deps, hold))
  }
}

interface Hold {
  lease(): Lease
  /** False when the lease is lost, or it is time to stop. */
  keep(): Promise<boolean>
}

function keeper({ stores }: DrainDeps, first: Lease, control: DrainControl): Hold {
  let lease = first
  let held = performance.now()
  return {
    lease: () => lease,
    keep: async () => {
      if (control.signal.aborted) return false
      if (performance.now() - held < LEASE_MS / 4) return true
      held = performance.now()
      await control.touch()
      const renewed = await stores.leases.acquire(LEASE, lease.holder, LEASE_MS)
      if (renewed?.fence !== lease.fence) return false
      lease = renewed
      return true
    },
  }
}

function drainOf(deps: DrainDeps, hold: Hold): Drain {
  return {
    lease: hold.lease(),
    keep: hold.keep,
    count: async () => (await drainSlice(deps, hold.lease()))?.learners ?? null,
  }
}

interface Slice {
  /** There is something to do now; learners that fail stay marked and are tried again at the next run. */
  readonly more: boolean
  readonly learners: readonly { readonly tenant: string; readonly learner: string }[]
}

/** @returns null when the lease is lost */
async function drainSlice(deps: DrainDeps, lease: Lease): Promise<Slice | null> {
  const { metering } = deps.stores
  const changes = await metering.pendingChanges(CHANGES)
  const slice = Math.ceil(EXPANSION / Math.max(changes.length, 1))
  const expanded = await Promise.all(changes.map((change) => metering.expandChange(lease, change, slice)))
  if (expanded.includes('fenced')) return null
  const deleting = await deletionSlice(deps, lease)
  const learners = await metering.dirtyLearners(SLICE)
  const written = learners.length > 0 ? await recountLearners(deps, lease, learners) : 0
  return { more: changes.length > 0 || deleting || written > 0, learners }
}
