/** Who waits because a recount fails, told apart from who only waits (ruling 30). */
import type { Db } from 'mongodb'
import type { FailingLearners, TenantId } from '../../ports.ts'
import { byIds, slicesOf } from '../driver/bulk.ts'
import { keyOf, keysAfter } from '../driver/keys-of.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { type FailureDoc, meterCollections } from '../schema/meter-collections.ts'

/** @returns those of the tenant; null when there are none. `before`: `others` stays before it in any case */
export function failingReader(
  db: Db,
  { marks }: StatementCollections,
  redirects: Redirects,
): (tenant: TenantId, before: number) => Promise<FailingLearners | null> {
  const { failures } = meterCollections(db)

  const rootsOfMarks = (tenant: TenantId, found: readonly { readonly learner: string }[]) =>
    redirects.rootsOf(
      tenant,
      found.map(({ learner }) => learner),
    )
  /** Those of these learners who are dirty still. One who was merged away is not: whoever absorbs is. */
  const dirtyAmong = async (tenant: TenantId, learners: readonly string[]): Promise<ReadonlySet<string>> => {
    const asked = new Set(learners)
    const roots = await redirects.rootsOf(tenant, asked)
    const current = learners.filter((learner) => roots.get(learner)?.id === learner)
    const members = await redirects.membersOf(tenant, current)
    const marked = await byIds(
      marks,
      members.map(({ _id }) => _id),
    )
    const owners = await rootsOfMarks(tenant, marked)
    return new Set([...owners.values()].map(({ id }) => id).filter((id) => asked.has(id)))
  }
  const failingOf = async (tenant: TenantId): Promise<ReadonlyMap<string, number>> => {
    const failing = new Map<string, number>()
    for await (const slice of slicesOf<FailureDoc>(failures.find({ _id: keysAfter(tenant) }))) {
      const at = new Map(slice.map((failed) => [failed._id.slice(keyOf(tenant, '').length), failed.at]))
      for (const learner of await dirtyAmong(tenant, [...at.keys()]))
        failing.set(learner, at.get(learner) ?? 0)
    }
    return failing
  }
  const oldestOther = async (tenant: TenantId, failing: ReadonlyMap<string, number>): Promise<number> => {
    for await (const slice of slicesOf(marks.find({ tenant }).sort({ oldest: 1 }))) {
      const owners = await rootsOfMarks(tenant, slice)
      const other = slice.find(({ learner }) => !failing.has(owners.get(learner)?.id ?? learner))
      if (other) return other.oldest
    }
    return Infinity
  }
  return async (tenant, before) => {
    const failing = await failingOf(tenant)
    if (failing.size === 0) return null
    const others = Math.min(await oldestOther(tenant, failing), before) - 1
    return { learners: failing.size, tried: [...failing.values()].reduce((a, b) => Math.min(a, b)), others }
  }
}
