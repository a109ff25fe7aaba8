/**
 * LeaseStore on MongoDB (ruling 33). Processes never compare their clocks: a lease runs out for a process that has itself
 * watched it for the whole of its life, on its own monotonic clock, without seeing it renewed. So clocks may be set apart by
 * any amount; the price is that a process that starts after a crash watches for one life before it takes over.
 * Time only says when another may come. What is written is protected by the fence, which grows with every change of holder
 * and is never used twice: a released lease keeps its document.
 */
import { randomUUID } from 'node:crypto'
import type { Db, UpdateFilter } from 'mongodb'
import type { Lease, LeaseStore } from '../../ports.ts'
import { isDuplicate, retried } from '../driver/writing.ts'

interface LeaseDocument {
  readonly _id: string
  readonly holder: string | null
  readonly fence: number
  /** How long it lives without being renewed, ms. */
  readonly life: number
  /** Another one with each renewal. */
  readonly beat: string
}

interface Watched {
  readonly beat: string
  /** When it was seen first, on the monotonic clock. */
  readonly since: number
}

const MAJORITY = { readConcern: { level: 'majority' } } as const

/** @param elapsed ms of a clock that never steps; tests bring their own */
export function createLeaseStore(db: Db, elapsed: () => number = () => performance.now()): LeaseStore {
  const leases = db.collection<LeaseDocument>('leases')
  const watched = new Map<string, Watched>()

  const hasRunOut = ({ _id, beat, life }: LeaseDocument): boolean => {
    const seen = watched.get(_id)
    const since = seen?.beat === beat ? seen.since : elapsed()
    watched.set(_id, { beat, since })
    return elapsed() - since >= life
  }
  const create = async (name: string, holder: string, life: number): Promise<Lease | null> => {
    try {
      await retried(() => leases.insertOne({ _id: name, holder, fence: 1, life, beat: randomUUID() }))
      return { name, holder, fence: 1 }
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return null
    }
  }
  /** Null when it changed since it was read. */
  const take = async (found: LeaseDocument, holder: string, life: number): Promise<Lease | null> => {
    const { _id, fence, beat } = found
    const next = found.holder === holder ? fence : fence + 1
    const update: UpdateFilter<LeaseDocument> = { $set: { holder, fence: next, life, beat: randomUUID() } }
    const { matchedCount } = await retried(() => leases.updateOne({ _id, fence, beat }, update))
    return matchedCount === 1 ? { name: _id, holder, fence: next } : null
  }
  return {
    acquire: async (name, holder, life) => {
      for (;;) {
        const found = await leases.findOne({ _id: name }, MAJORITY)
        if (found && found.holder !== null && found.holder !== holder && !hasRunOut(found)) return null
        const lease = found ? await take(found, holder, life) : await create(name, holder, life)
        if (lease) return lease
      }
    },
    release: async ({ name, holder, fence }) => {
      const release = { $set: { holder: null, beat: randomUUID() } }
      await retried(() => leases.updateOne({ _id: name, holder, fence }, release))
    },
  }
}

/**
 * True while nobody else took the lease and it was not released. One that ran out but that nobody took is still held:
 * the fence protects what is written, the time only says when another may come.
 */
export function heldLease(db: Db): (lease: Lease) => Promise<boolean> {
  const leases = db.collection<LeaseDocument>('leases')
  return async ({ name, holder, fence }) =>
    (await leases.findOne({ _id: name, holder, fence }, MAJORITY)) !== null
}
