/**
 * All or nothing without transactions (ruling 28). A journal is written first, then the reservation is made, then claims;
 * one change of the journal's `state` commits all of it. From then on its effects are applied until they are complete,
 * by its writer or by whoever meets it, and each effect bears being applied again, also late and by two at once.
 *
 * The order makes every crash harmless: a reservation always has a journal, so a reservation without one is a writer that
 * came too late and cannot commit; an aborted journal is undone before it is deleted, a committed one is complete.
 */
import { randomUUID } from 'node:crypto'
import type { TenantId } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried, upserted } from '../driver/writing.ts'
import type { JournalDoc, Reservation, StatementCollections } from '../schema/collections.ts'
import type { Allocator } from './allocator.ts'
import { claimedFor } from './claim-keys.ts'
import type { Epochs } from './epochs.ts'

/** A committed journal, as its effect sees it. */
export interface Commit {
  readonly batch: string
  readonly tenant: TenantId
  readonly number: number
  readonly stored: number
  /** Seqs used from firstSeq(number) on. */
  readonly size: number
}

/** Applies what was committed. Must bear repetition at any time; `payload` is what `commit` was given. */
export type Effect = (commit: Commit, payload: unknown) => Promise<void>

export interface Journal {
  /** Commits one thing that needs no claims: `payload` (JSON) becomes true when its effect has run, and it will run. */
  commit(tenant: TenantId, kind: string, payload: unknown): Promise<Commit>
  begin(tenant: TenantId, kind: string): Promise<string>
  reserve(batch: string, size: number): Promise<Reservation>
  /** Null: it was aborted in the meantime, because our epoch had ended. `unknown`: it was decided and is settled already. */
  decide(reservation: Reservation, size: number): Promise<Commit | 'unknown' | null>
  /** The effects are complete. */
  end(batch: string): Promise<void>
  /** Brings a journal to its end, whoever wrote it: aborts it if it is open, completes it if it is committed. */
  settle(batch: string): Promise<void>
  /** What somebody else has begun: waits until it is complete or undone, and completes it when its writer does not. */
  awaitDecision(batch: string): Promise<void>
  isCommitted(batch: string): Promise<boolean>
  /** Ours went wrong: it is settled in the background, as soon as the database can be reached. */
  abandon(batch: string): void
  settleAbandoned(): Promise<void>
}

export interface JournalParts {
  readonly collections: StatementCollections
  readonly allocator: Allocator
  readonly epochs: Epochs
  readonly effects: Readonly<Record<string, Effect>>
  /** How long somebody else's undecided journal is waited for, ms: longer than it takes to end a silent epoch. */
  readonly patienceMs: number
}

/** So long a committed journal is left to its writer, ms. */
const HELP_AFTER_MS = 300
/** A commit is refused only after a pause longer than the lease. */
const REFUSALS = 5

export function createJournal({
  collections,
  allocator,
  epochs,
  effects,
  patienceMs,
}: JournalParts): Journal {
  const { journal, statements } = collections
  const abandoned = new Set<string>()

  const begin = async (tenant: TenantId, kind: string, payload?: string): Promise<string> => {
    const _id = keyOf(tenant, randomUUID())
    const fresh = {
      tenant,
      epoch: await epochs.current(),
      state: 'open' as const,
      kind,
      ...(payload && { payload }),
    }
    try {
      await upserted(() => journal.updateOne({ _id }, { $setOnInsert: fresh }, { upsert: true }))
    } catch (error) {
      // It may have been written all the same.
      abandoned.add(_id)
      throw error
    }
    return _id
  }
  const reserve = async (batch: string, size: number) =>
    allocator.reserve({ batch, epoch: await epochs.current(), size })

  const decide: Journal['decide'] = async ({ batch, number, stored }, size) => {
    const committed = { state: 'committed' as const, number, stored, size }
    const ours = await retried(() =>
      journal.findOneAndUpdate(
        { _id: batch, state: 'open' },
        { $set: committed },
        { returnDocument: 'after' },
      ),
    )
    const found = ours ?? (await retried(() => journal.findOne({ _id: batch })))
    if (!found) return 'unknown'
    return found.state === 'committed' && found.number === number ? commitOf(found) : null
  }
  const end = async (batch: string) => {
    // In any order: whatever is left of the two says nothing but that the other is to go as well.
    await Promise.all([allocator.close(batch), retried(() => journal.deleteOne({ _id: batch }))])
  }
  const complete = async (doc: JournalDoc) => {
    const effect = effects[doc.kind]
    if (!effect)
      throw new StoreError('newer-schema', `A journal of kind ${doc.kind} is from a newer Rollcall.`)
    await effect(commitOf(doc), doc.payload === undefined ? undefined : JSON.parse(doc.payload))
    await end(doc._id)
  }
  const settle = async (batch: string) => {
    const aborted = await retried(() =>
      journal.findOneAndUpdate(
        { _id: batch, state: 'open' },
        { $set: { state: 'aborted' } },
        { returnDocument: 'after' },
      ),
    )
    const found = aborted ?? (await retried(() => journal.findOne({ _id: batch })))
    if (found?.state === 'committed') return complete(found)
    await retried(() => statements.deleteMany(claimedFor(batch)))
    await end(batch)
  }
  const awaitDecision = async (batch: string): Promise<void> => {
    const started = performance.now()
    for (let pause = 5; performance.now() - started < patienceMs; pause = Math.min(pause * 1.5, 100)) {
      const found = await retried(() => journal.findOne({ _id: batch }))
      if (!found || found.state === 'aborted') return
      // Its writer is at it: helping at once would be the same work twice.
      const isLate = performance.now() - started > HELP_AFTER_MS
      if (found.state === 'committed' && isLate) return complete(found)
      await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())))
    }
    throw new StoreError(
      'unavailable',
      'another process is storing the same statement and does not come to an end',
    )
  }
  const commit: Journal['commit'] = async (tenant, kind, payload) => {
    for (let refused = 0; refused < REFUSALS; refused++) {
      const batch = await begin(tenant, kind, JSON.stringify(payload))
      try {
        const decided = await decide(await reserve(batch, 1), 1)
        if (decided === null || decided === 'unknown') {
          await settle(batch)
          continue
        }
        await effects[kind]?.(decided, payload)
        await end(batch)
        return decided
      } catch (error) {
        abandoned.add(batch)
        throw error
      }
    }
    throw new StoreError('unavailable', 'this process was stopped again and again while it was writing')
  }
  return {
    commit,
    begin,
    reserve,
    decide,
    end,
    settle,
    awaitDecision,
    isCommitted: async (batch) =>
      (await retried(() => journal.findOne({ _id: batch, state: 'committed' }))) !== null,
    abandon: (batch) => {
      abandoned.add(batch)
    },
    settleAbandoned: async () => {
      for (const batch of [...abandoned]) {
        await settle(batch)
        abandoned.delete(batch)
      }
    },
  }
}

function commitOf({ _id, tenant, number, stored, size }: JournalDoc): Commit {
  if (number === undefined || stored === undefined || size === undefined)
    throw new Error('a committed journal says under which reservation')
  return { batch: _id, tenant, number, stored, size }
}
