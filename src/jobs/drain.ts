/**
 * Works off what is dirty: expands mass changes, then recounts learners, in slices under one fenced lease (rulings 31, 33).
 * A slow store gets shorter slices, so that lease and lock are renewed in time.
 */

import { deletionSlice } from '../lrs/deletion-slices.ts'
import { dueLearners, dueWindows } from '../lrs/due.ts'
import { type RecountDeps, recountLearners } from '../lrs/recount.ts'
import type { Lease } from '../store/ports.ts'
import { createPace, type Pace } from './pace.ts'

const LEASE = 'drain'
export const LEASE_MS = 10_000
/** Learners recounted in one commit, at most: small enough to leave ingest its share of the writer. */
const SLICE = 64
/** Mass changes expanded at once: a catalogue feed records one for each element, and the store commits them together. */
const CHANGES = 64
/** Identities marked meanwhile, over all of them, at most. */
const EXPANSION = 2_048

export interface DrainControl {
  /** Stop at the next slice. */
  readonly signal: AbortSignal
  /** Called between slices: keeps the job's lock alive. */
  touch(): Promise<void>
  /** ms of a clock that never steps; tests bring their own. */
  readonly elapsed?: () => number
}

/** What the slices of one drain share. */
interface Draining {
  readonly deps: RecountDeps
  readonly signal: AbortSignal
  readonly pace: Pace
  /** Renews lock and lease when it is time. @returns null when the lease is lost */
  keep(): Promise<Lease | null>
  /** Runs a slice and learns what it takes. */
  timed<T>(slice: () => Promise<T>): Promise<T>
}

/**
 * Runs until nothing is dirty, or another process holds the lease, or it is told to stop.
 * @param pace what earlier drains have learned of the store's speed
 */
export async function drain(
  deps: RecountDeps,
  holder: string,
  control: DrainControl,
  pace: Pace = createPace(),
): Promise<void> {
  const { leases } = deps.stores
  const { signal, elapsed = () => performance.now() } = control
  let lease = await leases.acquire(LEASE, holder, LEASE_MS)
  if (!lease) return
  let renewed = elapsed()
  const draining: Draining = {
    deps,
    signal,
    pace,
    keep: async () => {
      if (elapsed() - renewed < LEASE_MS / 4) return lease
      renewed = elapsed()
      await control.touch()
      lease = await leases.acquire(LEASE, holder, LEASE_MS)
      return lease
    },
    timed: async (slice) => {
      const started = elapsed()
      const result = await slice()
      pace.took(elapsed() - started)
      return result
    },
  }
  await recountDue(draining)
  while (!signal.aborted && (await draining.keep())) {
    if (!(await draining.timed(() => drainSlice(draining)))) break
  }
  if (lease) await leases.release(lease)
}

/** Time alone makes a key old enough (ruling 10): whoever came of age since is recounted. */
async function recountDue(draining: Draining): Promise<void> {
  for (const window of await dueWindows(draining.deps)) {
    for (let more = true; more && !draining.signal.aborted; ) {
      more = await draining.timed(async () => {
        const slice = draining.pace.of(SLICE)
        const due = await dueLearners(draining.deps, window, slice)
        return (await recountSome(draining, due)) > 0 && due.length === slice
      })
    }
  }
}

/** @returns false when there is nothing more to do now; learners that fail stay marked and are tried again at the next run */
async function drainSlice(draining: Draining): Promise<boolean> {
  const { deps, pace } = draining
  const { metering } = deps.stores
  const changes = await metering.pendingChanges(pace.of(CHANGES))
  const slice = Math.ceil(pace.of(EXPANSION) / Math.max(changes.length, 1))
  const lease = await draining.keep()
  if (!lease) return false
  const expanded = await Promise.all(changes.map((change) => metering.expandChange(lease, change, slice)))
  if (expanded.includes('fenced')) return false
  const deleting = await deletionSlice(deps, lease)
  const written = await recountSome(draining, await metering.dirtyLearners(pace.of(SLICE)))
  return changes.length > 0 || deleting || written > 0
}

async function recountSome(
  { deps, keep }: Draining,
  learners: Parameters<typeof recountLearners>[2],
): Promise<number> {
  const lease = learners.length > 0 ? await keep() : null
  return lease ? await recountLearners(deps, lease, learners) : 0
}
