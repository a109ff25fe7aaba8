/**
 * Works off what is dirty: expands mass changes, recounts learners, and closes the windows that are asked for, in slices
 * under one fenced lease (rulings 31, 33). A slow store gets shorter slices, so that lease and lock are renewed in time.
 */

import type { CloseDeps, Drain } from '../lrs/close/seal-window.ts'
import { dueLearners, dueWindows } from '../lrs/counting/due.ts'
import { type Named, recountLearners } from '../lrs/counting/recount.ts'
import { type Counter, shareOut } from '../lrs/counting/share-out.ts'
import { deletionSlice } from '../lrs/deleting/deletion-slices.ts'
import type { Lease } from '../store/ports.ts'
import { abandonDrafts, closeRequested, requestClosing } from './close.ts'
import { ALONE, type Crew, watch } from './crew.ts'
import { createPace, type Pace } from './pace.ts'

const LEASE = 'drain'
export const LEASE_MS = 10_000
/** Learners that each counter recounts before lock and lease are looked at again, at most. */
const SLICE = 1_024
/** Mass changes expanded at once: a catalogue feed records one for each element, and the store commits them together. */
const CHANGES = 64
/** Identities marked meanwhile, over all of them, at most. */
const EXPANSION = 2_048
/** While there is always something to count, windows are looked at this often. */
const CLOSE_MS = 2_000

export interface DrainControl {
  /** Stop at the next slice. */
  readonly signal: AbortSignal
  /** Called between slices: keeps the job's lock alive. */
  touch(): Promise<void>
  /** ms of a clock that never steps; tests bring their own. */
  readonly elapsed?: () => number
}

/** `crew`: without, the drain counts by itself. */
export type DrainDeps = CloseDeps & { readonly crew?: Crew }

/** What the slices of one drain share. */
interface Draining {
  readonly deps: DrainDeps
  readonly signal: AbortSignal
  readonly pace: Pace
  /** Whoever recounts: this thread, and who helps it. */
  counters(): readonly Counter[]
  /** Told of each slice: whether there is much to count. */
  watch(isMuch: boolean): void
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
  deps: DrainDeps,
  holder: string,
  control: DrainControl,
  pace: Pace = createPace(),
): Promise<void> {
  const { leases } = deps.stores
  const { crew = ALONE } = deps
  const { signal, elapsed = () => performance.now() } = control
  let lease = await leases.acquire(LEASE, holder, LEASE_MS)
  if (!lease) return
  let renewed = elapsed()
  const counting: Counter = (under, learners) => recountLearners(deps, under, learners)
  const draining: Draining = {
    deps,
    signal,
    pace,
    counters: () => [counting, ...crew.counters],
    watch: watch(crew, elapsed),
    keep: async () => {
      if (elapsed() - renewed < LEASE_MS / 4) return lease
      renewed = elapsed()
      await control.touch()
      const before = lease
      lease = await leases.acquire(LEASE, holder, LEASE_MS)
      // Somebody else has had it meanwhile.
      if (lease && lease.fence !== before?.fence) await abandonDrafts(deps)
      return lease
    },
    timed: async (slice) => {
      const started = elapsed()
      const result = await slice()
      pace.took(elapsed() - started)
      return result
    },
  }
  try {
    await abandonDrafts(deps)
    await requestClosing(deps)
    await recountDue(draining)
    const close = closer(draining, elapsed)
    while (!signal.aborted && (await draining.keep())) {
      const slice = await draining.timed(() => drainSlice(draining))
      if (!slice || !(await close(slice.more))) break
    }
  } finally {
    crew.dismiss()
  }
  if (lease) await leases.release(lease)
}

/**
 * Closes what is asked for: when there is nothing to count, and from time to time when there always is.
 * @returns of the function: whether to go on
 */
function closer(draining: Draining, elapsed: () => number): (busy: boolean) => Promise<boolean> {
  let looked = elapsed()
  return async (busy) => {
    if (busy && elapsed() - looked < CLOSE_MS) return true
    looked = elapsed()
    const lease = await draining.keep()
    const closed = lease && (await closeRequested(draining.deps, drainUnder(draining, lease)))
    return closed !== null && (busy || closed > 0)
  }
}

function drainUnder(draining: Draining, lease: Lease): Drain {
  const keep = async () => !draining.signal.aborted && (await draining.keep())?.fence === lease.fence
  return {
    lease,
    keep,
    count: () => draining.timed(() => drainSlice(draining)),
  }
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

interface Slice {
  /** There is something to do now; learners that fail stay marked and are tried again at the next run. */
  readonly more: boolean
  /** Who may have been counted. */
  readonly learners: readonly Named[]
}

/** @returns null when the lease is lost */
async function drainSlice(draining: Draining): Promise<Slice | null> {
  const { deps, pace } = draining
  const { metering } = deps.stores
  const changes = await metering.pendingChanges(pace.of(CHANGES))
  const slice = Math.ceil(pace.of(EXPANSION) / Math.max(changes.length, 1))
  const lease = await draining.keep()
  if (!lease) return null
  const expanded = await Promise.all(changes.map((change) => metering.expandChange(lease, change, slice)))
  if (expanded.includes('fenced')) return null
  const deleting = await deletionSlice(deps, lease)
  const share = pace.of(SLICE)
  const learners = await metering.dirtyLearners(share * draining.counters().length)
  draining.watch(learners.length >= share || changes.length > 0)
  const written = await recountSome(draining, learners)
  return { more: changes.length > 0 || deleting || written > 0, learners }
}

async function recountSome({ counters, keep }: Draining, learners: readonly Named[]): Promise<number> {
  const lease = learners.length > 0 ? await keep() : null
  return lease ? await shareOut(counters(), lease, learners) : 0
}
