/**
 * A writer's lease. Clocks of processes differ by seconds, so no time is ever compared between them: a writer counts
 * `beat` up, and whoever has seen the same beat for longer than the lease, by their own steady clock, ends the epoch. An
 * ended epoch makes no wrong commit: each journal is decided by its own document (journal.ts), the lease only says when
 * waiting is over.
 */
import { randomUUID } from 'node:crypto'
import type { Collection } from 'mongodb'
import { retried } from '../driver/writing.ts'
import type { EpochDoc } from '../schema/collections.ts'

export interface Epochs {
  /** The epoch this process writes under; registers when it has none, or when its last was ended. */
  current(): Promise<string>
  beat(): Promise<void>
  /** Ends those that have not beaten for `silenceMs`; returns those that live. */
  living(silenceMs: number): Promise<ReadonlySet<string>>
  /** Nothing of ours is open any more. */
  leave(): Promise<void>
}

export function createEpochs(epochs: Collection<EpochDoc>): Epochs {
  let mine: Promise<string> | null = null
  const seen = new Map<string, { readonly beat: number; readonly at: number }>()
  const register = async (): Promise<string> => {
    const _id = randomUUID()
    await retried(() => epochs.updateOne({ _id }, { $setOnInsert: { beat: 0 } }, { upsert: true }))
    return _id
  }
  const isSilent = ({ _id, beat }: EpochDoc, silenceMs: number): boolean => {
    const now = performance.now()
    const before = seen.get(_id)
    if (before?.beat === beat) return now - before.at > silenceMs
    seen.set(_id, { beat, at: now })
    return false
  }
  /** @returns false when it beats just now */
  const ended = async ({ _id, beat }: EpochDoc): Promise<boolean> =>
    (await retried(() => epochs.deleteOne({ _id, beat }))).deletedCount > 0

  return {
    current: () => {
      mine ??= register().catch((error: unknown) => {
        mine = null
        throw error
      })
      return mine
    },
    beat: async () => {
      if (!mine) return
      const beating = mine
      const _id = await beating
      const { matchedCount } = await retried(() => epochs.updateOne({ _id }, { $inc: { beat: 1 } }))
      if (matchedCount === 0 && mine === beating) mine = null
    },
    living: async (silenceMs) => {
      const living = new Set<string>()
      for (const epoch of await retried(() => epochs.find().toArray())) {
        if (!isSilent(epoch, silenceMs) || !(await ended(epoch))) living.add(epoch._id)
      }
      for (const known of seen.keys()) if (!living.has(known)) seen.delete(known)
      return living
    },
    leave: async () => {
      if (!mine) return
      const _id = await mine
      mine = null
      await retried(() => epochs.deleteOne({ _id }))
    },
  }
}
