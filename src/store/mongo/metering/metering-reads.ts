/** What reports read of the counts: never a scan of statements. */

import type { Db, Filter } from 'mongodb'
import { groupBy } from '../../../attempts/group-by.ts'
import { countedParts } from '../../counted-parts.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { CountedLearner, Identity, MeteringStore, TenantId, WindowRef } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { behind } from '../driver/keyset.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { type CountedDoc, meterCollections } from '../schema/meter-collections.ts'
import { countedKeyOf } from './counted-rows.ts'
import { identitiesOf } from './history.ts'

export function countedReads(
  db: Db,
  redirects: Redirects,
): Pick<MeteringStore, 'counted' | 'countedKeys' | 'countSince'> {
  const { counted } = meterCollections(db)
  const people = learnersReader(redirects)
  return {
    counted: async (tenant, window, { limit, cursor, since }) => {
      const after = keyIn(cursor, 'nss') as [number, string, string] | null
      const from = since === undefined ? {} : { at: { $gte: since } }
      const rows = await counted
        .find({ ...inWindow(tenant, window), ...from, ...afterCounted(after) })
        .sort({ at: 1, learner: 1, key: 1 })
        .limit(limit + 1)
        .toArray()
      const identities = await people(
        tenant,
        rows.map(({ learner }) => learner),
      )
      return pageOf(
        rows,
        limit,
        (row) => [row.at, row.learner, row.key],
        (row): CountedLearner => ({
          ...countedKeyOf(row),
          learner: row.learner,
          identities: identities.get(row.learner) ?? [],
        }),
      )
    },
    countSince: (tenant, window, since) =>
      counted.countDocuments({ ...inWindow(tenant, window), at: { $gte: since } }),
    countedKeys: async (tenant, window, learner) => {
      const rows = await counted
        .find({ ...inWindow(tenant, window), learner })
        .sort({ key: 1 })
        .toArray()
      return rows.map(countedKeyOf)
    },
  }
}

/** One entry for every version of every policy, as `recount` gives them, in the order of PolicyStore.list. */
export function countsReader(db: Db): MeteringStore['countsOf'] {
  const { counted, policies, recounts } = meterCollections(db)
  return async (tenant, learner) => {
    const versions = await policies
      .find({ tenant }, { projection: { id: 1, version: 1 } })
      .sort({ id: 1, version: 1 })
      .toArray()
    const found = await recounts.findOne({ _id: keyOf(tenant, learner) })
    const rows = await counted
      .find({ tenant, learner, policy: { $gte: '' } })
      .sort({ policy: 1, version: 1, windowStart: 1, key: 1 })
      .toArray()
    return versions.map(({ id: policy, version }) => {
      const ours = (row: { policy: string; version: number }) =>
        row.policy === policy && row.version === version
      const firstQualified = found?.qualified.find(ours)?.first ?? null
      return { policy, version, ...countedParts(rows.filter(ours).map(countedKeyOf)), firstQualified }
    })
  }
}

interface Listed {
  readonly born: number
  readonly id: string
  readonly identities: readonly Identity[]
}

export function learnerPages(
  { learners }: StatementCollections,
  redirects: Redirects,
): MeteringStore['learners'] {
  const people = learnersReader(redirects)
  const next = async (tenant: TenantId, after: number, limit: number): Promise<readonly Listed[]> => {
    const younger = { tenant, redirect: null, born: { $gt: after } }
    const found = await learners.find(younger).sort({ born: 1 }).limit(limit).toArray()
    const ids = found.map(({ id }) => id)
    const known = await people(tenant, ids)
    return found.map(({ id, born }) => ({ id, born, identities: known.get(id) ?? [] }))
  }
  return async (tenant, { limit, cursor }) => {
    let [after = Number.MIN_SAFE_INTEGER] = (keyIn(cursor, 'n') ?? []) as readonly number[]
    const rows: Listed[] = []
    for (let more = true; more && rows.length <= limit; ) {
      const found = await next(tenant, after, limit + 1)
      // Nobody has met the others: they are known from a link only.
      rows.push(...found.filter(({ identities }) => identities.some(({ seen, profile }) => seen || profile)))
      after = found.at(-1)?.born ?? after
      more = found.length === limit + 1
    }
    return pageOf(
      rows.slice(0, limit + 1),
      limit,
      ({ born }) => [born],
      ({ id, identities }) => ({ id, identities }),
    )
  }
}

/** The identities of each of these learners, who may have been merged into others. */
export function learnersReader(redirects: Redirects) {
  return async (
    tenant: TenantId,
    learners: readonly string[],
  ): Promise<ReadonlyMap<string, readonly Identity[]>> => {
    const roots = await redirects.rootsOf(tenant, learners)
    const ids = [...new Set([...roots.values()].map(({ id }) => id))]
    const members = await redirects.membersOf(tenant, ids)
    const rootOfMember = await redirects.rootsOf(
      tenant,
      members.map(({ learner }) => learner),
    )
    const byRoot = groupBy(members, ({ learner }) => rootOfMember.get(learner)?.id ?? learner)
    return new Map([...roots].map(([learner, { id }]) => [learner, identitiesOf(id, byRoot.get(id) ?? [])]))
  }
}

function inWindow(tenant: TenantId, { policy, version, start }: WindowRef): Filter<CountedDoc> {
  return { tenant, policy, version, windowStart: start }
}

function afterCounted(after: [number, string, string] | null): Filter<CountedDoc> {
  if (after === null) return {}
  const [at, learner, key] = after
  return behind({ at, learner, key }, 1)
}
