/**
 * Brings to an end what others left: what a crash cut off, and what a process that slept too long may still hold
 * (ruling 28). Every process sweeps, at its start and every few seconds; two at once do no harm.
 */

import { byIds } from '../driver/bulk.ts'
import { retried } from '../driver/writing.ts'
import type { StatementCollections } from '../schema/collections.ts'
import type { Allocator } from './allocator.ts'
import { batchOf, claimedFor } from './claim-keys.ts'
import type { Epochs } from './epochs.ts'
import type { Journal } from './journal.ts'

export interface Timing {
  /** Between two beats of a writer, ms. */
  readonly beatMs: number
  /** A writer that has not beaten for so long is taken for dead, ms. */
  readonly silenceMs: number
  /** Between two sweeps, ms. */
  readonly sweepMs: number
}

export const TIMING: Timing = { beatMs: 1_000, silenceMs: 8_000, sweepMs: 2_000 }

export interface Tending {
  stop(): Promise<void>
}

export interface SweepParts {
  readonly collections: StatementCollections
  readonly allocator: Allocator
  readonly epochs: Epochs
  readonly journal: Journal
  /** Brings to an end what a document says is to be done (documents.ts). */
  finish?(): Promise<void>
}

/** Journals, or claims, looked at by one sweep; the rest has its turn at the next. */
const MOST = 1_000
/** Sweeps between two looks at every tenant's claims. */
const CLAIMS_EACH = 150

/** Settles everything whose epoch has ended. */
export async function sweep(parts: SweepParts, silenceMs: number): Promise<void> {
  const { collections, allocator, epochs, journal } = parts
  // Before the epochs: each is registered before the first journal under it is written.
  const reserved = await allocator.open()
  const journals = await retried(() =>
    collections.journal
      .find({}, { projection: { epoch: 1 } })
      .sort({ _id: 1 })
      .limit(MOST)
      .toArray(),
  )
  const begun = [
    ...journals.map(({ _id, epoch }) => ({ batch: _id, epoch })),
    ...reserved.map(({ batch, epoch }) => ({ batch, epoch })),
  ]
  const living = await epochs.living(silenceMs)
  const left = new Set(begun.filter(({ epoch }) => !living.has(epoch)).map(({ batch }) => batch))
  for (const batch of left) await journal.settle(batch)
}

/**
 * Deletes claims that a process wrote after its journal had been aborted and undone. They are in nobody's way: no reader sees
 * them, and who wants the id takes it.
 */
export async function sweepClaims({ collections: { statements, journal } }: SweepParts): Promise<void> {
  for (const tenant of await retried(() => statements.distinct('tenant'))) {
    const hidden = { tenant, seq: { $exists: false } }
    const claims = await retried(() =>
      statements
        .find(hidden, { projection: { tenant: 1, claim: 1 } })
        .limit(MOST)
        .toArray(),
    )
    const batches = [...new Set(claims.map(batchOf))]
    const there = new Set((await byIds(journal, batches, { projection: { _id: 1 } })).map(({ _id }) => _id))
    for (const batch of batches)
      if (!there.has(batch)) await retried(() => statements.deleteMany(claimedFor(batch)))
  }
}

/** Beats, and settles what of ours went wrong; with `sweeps`, sweeps too. */
export function tend(
  parts: SweepParts,
  { beatMs, silenceMs, sweepMs }: Timing,
  sweeps: boolean,
  report: (error: unknown) => void,
): Tending {
  const loops = [
    loop(beatMs, report, async () => {
      await parts.epochs.beat()
      await parts.journal.settleAbandoned()
    }),
  ]
  if (sweeps) {
    loops.push(
      loop(sweepMs, report, async (round) => {
        await sweep(parts, silenceMs)
        await parts.finish?.()
        if (round % CLAIMS_EACH === 0) await sweepClaims(parts)
      }),
    )
  }
  return {
    stop: async () => {
      await Promise.all(loops.map((stop) => stop()))
    },
  }
}

/** Runs at once, then again a while after each end. @returns stops it and waits for the last run */
function loop(
  pauseMs: number,
  report: (error: unknown) => void,
  work: (round: number) => Promise<void>,
): () => Promise<void> {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let failing = false
  const run = async (round: number): Promise<void> => {
    try {
      await work(round)
      failing = false
    } catch (error) {
      // Once, not every second while the database is gone.
      if (!failing) report(error)
      failing = true
    }
    if (stopped) return
    timer = setTimeout(() => {
      running = run(round + 1)
    }, pauseMs)
    timer.unref()
  }
  running = run(0)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}
