/**
 * Where `stored` and seqs come from (ruling 29): one document, changed by compare-and-set. A reservation is in its list
 * from before the first trace of its statements until everything of them is visible; the lowest is the horizon, at which
 * lists and Consistent-Through end. Whose clock is behind the others' gets instants ahead of it: `stored` never goes back.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Collection } from 'mongodb'
import type { Clock } from '../../../clock.ts'
import { coalesced, grouped } from '../driver/coalesced.ts'
import { firstSeq, SEQS } from '../driver/keys-of.ts'
import { retried, upserted } from '../driver/writing.ts'
import type { AllocatorDoc, Reservation } from '../schema/collections.ts'

interface Request {
  /** The journal's id. */
  readonly batch: string
  readonly epoch: string
  /** Seqs needed. */
  readonly size: number
}

interface Horizon {
  /** Everything with `stored` up to this is visible, and nothing with an earlier one will come. */
  readonly through: number
  /** The same as a seq, inclusive. */
  readonly seq: number
}

export interface Allocator {
  /** Those who ask together share one `stored`, each under a number of its own. */
  reserve(request: Request): Promise<Reservation>
  /** A number and an instant that nobody else has, for what needs no reservation. */
  stamp(): Promise<{ readonly number: number; readonly stored: number }>
  /** Everything of the journal is visible, or it is undone. */
  close(batch: string): Promise<void>
  /** As far as readers may look now. */
  horizon(): Promise<Horizon>
  /** The same, first raised to about now if nothing is on its way: costs a write. */
  raisedHorizon(): Promise<Horizon>
  open(): Promise<readonly Reservation[]>
}

type Known = Pick<AllocatorDoc, 'number' | 'stored'>

const ID = 'allocator'
/** In place of a journal's id. */
const NOT_WAITED_FOR = ''
/** Reservations made, or closed, by one write. */
const GROUP = 64
/** How far `stored` may be ahead of the clock before it is taken for another clock, and not waited for, ms. */
const STEP_BACK_MS = 5

export function createAllocator(allocator: Collection<AllocatorDoc>, clock: Clock): Allocator {
  /** What we last saw: a guess that the compare-and-set proves. */
  let known: Known | null = null
  const learn = (doc: AllocatorDoc): AllocatorDoc => {
    known = { number: doc.number, stored: doc.stored }
    return doc
  }
  const read = coalesced(async () => {
    const found = await retried(() => allocator.findOne({ _id: ID }))
    return learn(found ?? (await createdAllocator(allocator)))
  })

  /** @returns what was reserved, or null when somebody else was faster */
  const tryReserve = async (
    requests: readonly Request[],
    seen: Known,
  ): Promise<readonly Reservation[] | null> => {
    const reservations = reservationsOf(requests, seen, await instantAfter(seen.stored, clock))
    const last = reservations.at(-1) as Reservation
    const next: Known = { number: endOf(requests, seen.number), stored: last.stored }
    const done = await retried(() =>
      allocator.findOneAndUpdate(
        { _id: ID, number: seen.number, stored: seen.stored },
        { $set: next, ...pushed(reservations) },
        { returnDocument: 'after' },
      ),
    )
    if (!done) return null
    learn(done)
    return reservations
  }
  const reserve = async (requests: readonly Request[]): Promise<readonly Reservation[]> => {
    for (let seen = known ?? (await read()); ; await sleep(Math.random() * 4)) {
      const reserved = await tryReserve(requests, seen)
      if (reserved) return reserved
      const doc = await read()
      // Our answer may have been lost, not the race.
      const mine = requests.map(({ batch }) => doc.open.find((one) => one.batch === batch))
      if (mine.every((one) => one !== undefined)) return mine
      seen = doc
    }
  }
  const raise = async (): Promise<Horizon> => {
    // One ms behind the clock, so that asking does not push the next commit ahead of it.
    const now = clock.now() - 1
    const raised = await retried(() =>
      allocator.findOneAndUpdate(
        { _id: ID, open: { $size: 0 }, stored: { $lt: now } },
        { $set: { stored: now } },
        { returnDocument: 'after' },
      ),
    )
    return horizonOf(raised ? learn(raised) : await read())
  }

  const stamp = grouped(GROUP, (asked: readonly null[]) =>
    reserve(asked.map(() => ({ batch: NOT_WAITED_FOR, epoch: '', size: 1 }))),
  )

  return {
    reserve: grouped(GROUP, reserve),
    stamp: () => stamp(null),
    close: grouped(GROUP, async (batches: readonly string[]) => {
      await retried(() =>
        allocator.updateOne({ _id: ID }, { $pull: { open: { batch: { $in: [...batches] } } } }),
      )
      return batches.map(() => undefined)
    }),
    horizon: async () => horizonOf(await read()),
    raisedHorizon: coalesced(raise),
    open: async () => (await read()).open,
  }
}

async function createdAllocator(allocator: Collection<AllocatorDoc>): Promise<AllocatorDoc> {
  const fresh = { number: 0, stored: 0, open: [] }
  const created = await upserted(() =>
    allocator.findOneAndUpdate(
      { _id: ID },
      { $setOnInsert: fresh },
      { upsert: true, returnDocument: 'after' },
    ),
  )
  return created ?? { _id: ID, ...fresh }
}

function numbersFor({ size }: Request): number {
  return Math.max(1, Math.ceil(size / SEQS))
}

function endOf(requests: readonly Request[], number: number): number {
  return requests.reduce((sum, request) => sum + numbersFor(request), number)
}

function reservationsOf(requests: readonly Request[], seen: Known, stored: number): readonly Reservation[] {
  let last = seen.number
  return requests.map((request) => {
    const number = last + 1
    last += numbersFor(request)
    return { batch: request.batch, number, first: seen.number + 1, stored, epoch: request.epoch }
  })
}

function pushed(reservations: readonly Reservation[]) {
  const waitedFor = reservations.filter(({ batch }) => batch !== NOT_WAITED_FOR)
  return waitedFor.length === 0 ? {} : { $push: { open: { $each: waitedFor } } }
}

/** At most one instant a millisecond, or `stored` would run ahead of the clock under many small commits. */
async function instantAfter(last: number, clock: Clock): Promise<number> {
  for (let ahead = last + 1 - clock.now(); ahead > 0 && ahead <= STEP_BACK_MS; ) {
    await sleep(ahead)
    ahead = last + 1 - clock.now()
  }
  return Math.max(clock.now(), last + 1)
}

function horizonOf({ number, stored, open }: AllocatorDoc): Horizon {
  if (open.length === 0) return { through: stored, seq: firstSeq(number + 1) - 1 }
  return {
    through: Math.min(...open.map((one) => one.stored)) - 1,
    // All of an instant or nothing: who polls with `since` asks for what is later than the last instant seen.
    seq: firstSeq(Math.min(...open.map((one) => one.first))) - 1,
  }
}
