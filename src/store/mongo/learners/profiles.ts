/** ProfileStore on MongoDB: a profile lies in the document of its identity, and goes where that goes. */

import { randomUUID } from 'node:crypto'
import { type GivenProfile, profileOf } from '../../../attempts/profile.ts'
import { automaticOf } from '../../automatic-links.ts'
import { groupRefsOf, isIn, saysTheSame } from '../../group-refs.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { GroupRef, Identity, ProfileEntry, ProfileStore, TenantId } from '../../ports.ts'
import type { Commit, Effect } from '../commit/journal.ts'
import { byIds, updateAll, upsertAll } from '../driver/bulk.ts'
import type { Core } from '../driver/core.ts'
import { groupKey, identityKey, keyOf } from '../driver/keys-of.ts'
import { identitiesOf } from '../metering/history.ts'
import { ALWAYS, markAll } from '../metering/marks.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import { type Joins, upsertLearners } from './join.ts'
import type { Redirects } from './redirects.ts'

export const PROFILES = 'profiles'

/** Identities looked at in one step. */
const STEP = 200

export function createProfileStore({ collections, journal, redirects }: Core): ProfileStore {
  const { identities } = collections
  return {
    put: async (tenant, entries) => {
      const last = new Map(entries.map((entry) => [entry.ifi, entry]))
      const found = await identitiesAmong(collections, tenant, [...last.keys()])
      const known = new Map(found.map(({ ifi, profile }) => [ifi, profile]))
      const changed = [...last.values()].filter(
        ({ ifi, ...profile }) => !saysTheSame(known.get(ifi), profile),
      )
      if (changed.length > 0) await journal.commit(tenant, PROFILES, changed)
      return changed.length
    },
    members: async (tenant, groups, { limit, cursor }) => {
      let [after = ''] = (keyIn(cursor, 's') ?? []) as readonly string[]
      const rows: Member[] = []
      for (let more = true; more && rows.length <= limit; ) {
        const step = await identities
          .find({ tenant, groups: groupKey(groups[0]), _id: { $gt: keyOf(tenant, after) } })
          .sort({ _id: 1 })
          .limit(STEP)
          .toArray()
        rows.push(...(await membersAmong(redirects, tenant, groups, step)))
        after = step.at(-1)?.key ?? after
        more = step.length === STEP
      }
      return pageOf(
        rows.slice(0, limit + 1),
        limit,
        ({ key }) => [key],
        ({ id, identities: all }) => ({ id, identities: all }),
      )
    },
    groups: async (tenant) => {
      const keys = (await identities.distinct('groups', { tenant })) as (string | null)[]
      return keys
        .flatMap((key) => (key === null ? [] : [groupOf(key)]))
        .filter(({ kind }) => kind !== 'test')
        .sort((a, b) => (groupKey(a) < groupKey(b) ? -1 : 1))
    },
  }
}

interface Member {
  readonly key: string
  readonly id: string
  readonly identities: readonly Identity[]
}

/** Several identifiers of one learner may be in the group: the first of them, by key, stands for the learner. */
async function membersAmong(
  redirects: Redirects,
  tenant: TenantId,
  groups: readonly [GroupRef, ...GroupRef[]],
  step: readonly IdentityDoc[],
): Promise<readonly Member[]> {
  const roots = await redirects.rootsOf(
    tenant,
    step.map(({ learner }) => learner),
  )
  const found: Member[] = []
  for (const { key, learner } of step) {
    const id = roots.get(learner)?.id ?? learner
    const family = await redirects.membersOf(tenant, [id])
    const inGroup = family.filter((one) => one.groups?.includes(groupKey(groups[0]))).map((one) => one.key)
    const all = identitiesOf(id, family)
    if (inGroup.sort()[0] === key && isIn(profileOf(all), groups)) found.push({ key, id, identities: all })
  }
  return found
}

function groupOf(key: string): GroupRef {
  const end = key.indexOf('\n')
  return { kind: key.slice(0, end) as GroupRef['kind'], name: key.slice(end + 1) }
}

function identitiesAmong({ identities }: StatementCollections, tenant: TenantId, ifis: readonly string[]) {
  return byIds(
    identities,
    ifis.map((ifi) => keyOf(tenant, identityKey(ifi))),
  )
}

/** Makes the identifiers known, with their hashed forms, gives them their profiles, and marks them. */
export function profilesEffect(collections: StatementCollections, joins: Joins): Effect {
  const { identities } = collections
  return async (commit, payload) => {
    const entries = payload as readonly ProfileEntry[]
    const ifis = entries.map(({ ifi }) => ifi)
    await become(collections, commit, ifis)
    const links = ifis.flatMap((ifi) => automaticOf(ifi, commit.stored))
    const joined = links.length === 0 ? [] : await joins.join(commit, links)
    await updateAll(
      identities,
      entries.map(({ ifi, ...profile }) => give(commit, ifi, profile)),
    )
    const own = await identitiesAmong(collections, commit.tenant, ifis)
    const marked = [...joined, ...own].map((identity) => ({ identity, span: ALWAYS }))
    await markAll(collections, commit, marked)
    if (links.length > 0) await joins.recordLinks(commit, links)
  }
}

/** A process that slept must not put its profile over one that was given later. */
function give({ tenant, number }: Commit, ifi: string, profile: GivenProfile) {
  return {
    _id: keyOf(tenant, identityKey(ifi)),
    within: { given: { $not: { $gt: number } } } as unknown as Partial<IdentityDoc>,
    update: { $set: { profile, given: number, groups: groupRefsOf(profile).map(groupKey) } },
  }
}

/** Identifiers nobody has heard of get a learner of their own, not seen. */
async function become(
  collections: StatementCollections,
  commit: Commit,
  ifis: readonly string[],
): Promise<void> {
  const { tenant } = commit
  const fresh = ifis.map((ifi) => {
    const key = identityKey(ifi)
    const unseen = { tenant, key, ifi, learner: randomUUID(), name: null, seen: false }
    return { _id: keyOf(tenant, key), update: { $setOnInsert: unseen } }
  })
  await upsertAll(collections.identities, fresh)
  const there = await identitiesAmong(collections, tenant, ifis)
  await upsertLearners(
    collections,
    commit,
    there.map(({ learner }) => learner),
  )
}
