/** Who is dirty, and how far counts are complete because of it. */

import type { Db } from 'mongodb'
import type { ComputedThrough, MeteringStore, TenantId } from '../../ports.ts'
import { MOST_MARKS, stillToCount } from '../../still-to-count.ts'
import type { Allocator } from '../commit/allocator.ts'
import { deletingSince } from '../deleting/deletions.ts'
import { byIds, slicesOf } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { MarkDoc, StatementCollections } from '../schema/collections.ts'
import { meterCollections } from '../schema/meter-collections.ts'
import type { Changes } from './changes.ts'
import { failingReader } from './failing.ts'

interface Dirty {
  readonly tenant: TenantId
  readonly learner: string
  readonly failedAt: number | null
}

/** Of every so many learners handed out, one may be of those whose recount has failed. */
const TURNS = 8

export function dirtyReads(db: Db, { marks }: StatementCollections, redirects: Redirects) {
  const { failures } = meterCollections(db)

  /** In the order of the marks, which may name learners who were merged away since. */
  const learnersOf = async (slice: readonly MarkDoc[]): Promise<readonly Dirty[]> => {
    const roots = new Map<string, string>()
    for (const tenant of new Set(slice.map((mark) => mark.tenant))) {
      const ids = slice.filter((mark) => mark.tenant === tenant).map(({ learner }) => learner)
      for (const [id, root] of await redirects.rootsOf(tenant, ids)) roots.set(keyOf(tenant, id), root.id)
    }
    const found = slice.flatMap(({ tenant, learner: met }) => {
      const learner = roots.get(keyOf(tenant, met))
      return learner === undefined ? [] : [{ tenant, learner }]
    })
    const failed = await byIds(
      failures,
      found.map(({ tenant, learner }) => keyOf(tenant, learner)),
    )
    const failedAt = new Map(failed.map(({ _id, at }) => [_id, at]))
    return found.map((one) => ({ ...one, failedAt: failedAt.get(keyOf(one.tenant, one.learner)) ?? null }))
  }
  return {
    /**
     * Oldest first. One whose recount has failed waits behind the others, so that it cannot hold them up, but keeps its
     * turn: it is never skipped (ruling 30).
     */
    dirtyLearners: async (limit: number): ReturnType<MeteringStore['dirtyLearners']> => {
      const fresh = new Map<string, Dirty>()
      const failed = new Map<string, Dirty>()
      for await (const slice of slicesOf(marks.find().sort({ oldest: 1 }))) {
        for (const one of await learnersOf(slice))
          (one.failedAt === null ? fresh : failed).set(keyOf(one.tenant, one.learner), one)
        if (fresh.size >= limit) break
      }
      return inTurn([...fresh.values()], [...failed.values()], limit)
    },
  }
}

/**
 * How far the tenant's counts are complete. What holds them back moves on from left to right (a batch on its way, a change,
 * a mark), so it is asked for in this order: whatever moves in between is seen on its new place.
 */
export function computedThroughReader(
  db: Db,
  collections: StatementCollections,
  redirects: Redirects,
  allocator: Allocator,
  changes: Changes,
): MeteringStore['computedThrough'] {
  const { marks } = collections
  const { failures } = meterCollections(db)
  const deleting = deletingSince(db)
  const deletionIn = async (tenant: TenantId): Promise<Holding | undefined> => {
    const found = await deleting(tenant)
    return found ? { recorded: found.at, kind: 'deleted attempts', subject: found.id } : undefined
  }
  const failingIn = failingReader(db, collections, redirects)
  const wordsFor = async ({ tenant, learner: met }: MarkDoc): Promise<string> => {
    const learner = (await redirects.rootsOf(tenant, [met])).get(met)?.id ?? met
    const failed = await failures.findOne({ _id: keyOf(tenant, learner) })
    if (failed) return `the recount of learner ${learner} has failed ${failed.times} times: ${failed.error}`
    return stillToCount(await marks.countDocuments({ tenant }, { limit: MOST_MARKS + 1 }))
  }
  return async (tenant): Promise<ComputedThrough> => {
    const visible = (await allocator.raisedHorizon()).through
    const change = earlier(await changes.oldest(tenant), await deletionIn(tenant))
    const [mark] = await marks.find({ tenant }).sort({ oldest: 1 }).limit(1).toArray()
    const oldest = Math.min(change?.recorded ?? Infinity, mark?.oldest ?? Infinity)
    if (oldest > visible) return { at: visible, behind: null, failing: null }
    const failing = await failingIn(tenant, Math.min(change?.recorded ?? Infinity, visible + 1))
    if (change?.recorded === oldest) {
      const behind = `the change of ${change.kind} «${change.subject}» is still being applied to everybody it touches`
      return { at: oldest - 1, behind, failing }
    }
    return { at: oldest - 1, behind: mark ? await wordsFor(mark) : null, failing }
  }
}

/** A mass change that is not yet complete. */
interface Holding {
  readonly recorded: number
  readonly kind: string
  readonly subject: string
}

function earlier(a: Holding | null | undefined, b: Holding | undefined): Holding | undefined {
  return a && (!b || a.recorded <= b.recorded) ? a : b
}

function inTurn(fresh: readonly Dirty[], failed: readonly Dirty[], limit: number) {
  const longestWaiting = failed.toSorted((a, b) => Number(a.failedAt) - Number(b.failedAt))
  const turns = Math.max(limit - fresh.length, Math.ceil(limit / TURNS))
  const retried = longestWaiting.slice(0, Math.min(turns, limit))
  return [...fresh.slice(0, limit - retried.length), ...retried].map(({ tenant, learner }) => ({
    tenant,
    learner,
  }))
}
