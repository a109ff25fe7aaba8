/**
 * Works off what is dirty: expands mass changes, then recounts learners, in slices under one fenced lease (rulings 31, 33).
 * A slow store gets shorter slices, so that lease and lock are renewed in time.
 */
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
  let renewed = elapsed()
  const keep = async (): Promise<Lease | null> => {
    if (elapsed() - renewed < LEASE_MS / 4) return lease
    renewed = elapsed()
    await control.touch()
    lease = await leases.acquire(LEASE, holder, LEASE_MS)
    return lease
  }
  while (lease && !signal.aborted) {
    const started = elapsed()
    const isMore = await drainSlice(deps, keep, pace)
    pace.took(elapsed() - started)
    if (!isMore) break
    await keep()
  }
  if (lease) await leases.release(lease)
}

/** @returns false when there is nothing more to do now; learners that fail stay marked and are tried again at the next run */
async function drainSlice(
  deps: RecountDeps,
  keep: () => Promise<Lease | null>,
  pace: Pace,
): Promise<boolean> {
  const { metering } = deps.stores
  const changes = await metering.pendingChanges(pace.of(CHANGES))
  const slice = Math.ceil(pace.of(EXPANSION) / Math.max(changes.length, 1))
  const lease = await keep()
  if (!lease) return false
  const expanded = await Promise.all(changes.map((change) => metering.expandChange(lease, change, slice)))
  if (expanded.includes('fenced')) return false
  const dirty = await metering.dirtyLearners(pace.of(SLICE))
  const still = await keep()
  if (!still) return false
  const written = dirty.length > 0 ? await recountLearners(deps, still, dirty) : 0
  return changes.length > 0 || written > 0
}
