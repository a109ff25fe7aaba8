/**
 * Removing a link, and what it parts (ruling 19). Learners are worked out anew from the links that remain: each set of them
 * gets the eldest of those its identifiers were met as, and the others redirect there. A redirect always leads from the younger
 * to the elder, so that no order of writes makes a circle.
 *
 * No document decides both a link and a redirect, so each side writes first and looks second: a split removes its link and then
 * reads those that remain, again until nothing has changed; a merge records its links and then looks whether they hold.
 */

import { groupBy } from '../../../attempts/group-by.ts'
import { automaticLinks } from '../../../attempts/identity.ts'
import { unionFind } from '../../../attempts/union-find.ts'
import type { IdentityLink, IdentityStore, TenantId, Unlinking } from '../../ports.ts'
import type { Commit, Effect, Journal } from '../commit/journal.ts'
import { byIds, whereIn } from '../driver/bulk.ts'
import { identityKey, keyOf, linkKey } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { ALWAYS, markAll } from '../metering/marks.ts'
import type { IdentityDoc, LearnerDoc, LinkDoc, StatementCollections } from '../schema/collections.ts'
import { STANDING } from './join.ts'
import { byAge, createRedirects } from './redirects.ts'

export const UNLINK = 'unlink'

type Removed = Pick<IdentityLink, 'id' | 'a' | 'b' | 'source'>

export function unlinker(
  collections: StatementCollections,
  journal: Pick<Journal, 'commit'>,
): IdentityStore['unlink'] {
  const families = createFamilies(collections)
  return async (tenant, id, { dryRun }) => {
    const [link] = await whereIn(collections.links, { tenant, ...STANDING }, 'id', [id])
    if (!link || link.source === 'automatic') return null
    const { a, b, source } = link
    const family = await families.of(tenant, [a, b])
    const parts = partsOf(
      family,
      (await families.links(tenant, family)).filter((one) => one.id !== id),
    )
    const removed: Removed = { id, a, b, source }
    if (!dryRun) await journal.commit(tenant, UNLINK, removed)
    return unlinkingOf(parts)
  }
}

export function unlinkEffect(collections: StatementCollections): Effect {
  const { links } = collections
  const settle = settler(collections)
  return async (commit, payload) => {
    const { a, b, source, id } = payload as Removed
    const _id = keyOf(commit.tenant, linkKey({ a, b, source }))
    await retried(() => links.updateOne({ _id, id, ...STANDING }, { $set: { removed: commit.number } }))
    await settle(commit, [a, b])
  }
}

/** After links are recorded: whether they hold, or a split in between has parted what they join, or they are removed again. */
export function createHold(collections: StatementCollections) {
  const owners = createOwners(collections)
  const settle = settler(collections)
  return async (commit: Commit, links: readonly IdentityLink[]): Promise<void> => {
    const { tenant } = commit
    const given = links.filter(({ a, b, source }) => a !== b && source !== 'automatic')
    if (given.length === 0) return
    const ifis = given.flatMap(({ a, b }) => [a, b])
    const { docs, roots } = await owners(tenant, ifis)
    const rootOf = new Map(docs.map(({ ifi, learner }) => [ifi, roots.get(learner)?.id]))
    const removed = await whereIn(
      collections.links,
      { tenant, removed: { $exists: true } },
      '_id',
      given.map((link) => keyOf(tenant, linkKey(link))),
    )
    const isHeld = removed.length === 0 && given.every(({ a, b }) => rootOf.get(a) === rootOf.get(b))
    if (!isHeld) await settle(commit, ifis)
  }
}

/** Identities by their identifiers, and whose each is now. */
function createOwners(collections: StatementCollections) {
  const redirects = createRedirects(collections)
  return async (tenant: TenantId, ifis: readonly string[]) => {
    const docs = await byIds(
      collections.identities,
      ifis.map((ifi) => keyOf(tenant, identityKey(ifi))),
    )
    const roots = await redirects.rootsOf(
      tenant,
      docs.map(({ learner }) => learner),
    )
    return { docs, roots }
  }
}

interface Families {
  /** The identities of whoever these identifiers belong to now. */
  of(tenant: TenantId, ifis: readonly string[]): Promise<Family>
  links(tenant: TenantId, family: Family): Promise<readonly LinkDoc[]>
}

interface Family {
  readonly members: readonly IdentityDoc[]
  readonly learners: ReadonlyMap<string, LearnerDoc>
}

function createFamilies(collections: StatementCollections): Families {
  const { learners, links } = collections
  const redirects = createRedirects(collections)
  const owners = createOwners(collections)
  return {
    of: async (tenant, ifis) => {
      const { roots } = await owners(tenant, ifis)
      const members = await redirects.membersOf(tenant, new Set([...roots.values()].map(({ id }) => id)))
      const met = await byIds(learners, new Set(members.map(({ learner }) => keyOf(tenant, learner))))
      return { members, learners: new Map(met.map((doc) => [doc.id, doc])) }
    },
    links: (tenant, { members }) =>
      whereIn(
        links,
        { tenant, ...STANDING },
        'a',
        members.map(({ ifi }) => ifi),
      ),
  }
}

interface Part {
  readonly elder: LearnerDoc
  readonly learners: readonly LearnerDoc[]
  readonly ifis: readonly string[]
}

/** By age of their elders: the first keeps the id. */
function partsOf({ members, learners }: Family, links: readonly Pick<LinkDoc, 'a' | 'b'>[]): readonly Part[] {
  const sets = unionFind()
  const metAs = new Map(members.map(({ ifi, learner }) => [ifi, learner]))
  for (const learner of metAs.values()) sets.add(learner)
  const join = (a: string, b: string) => {
    const [first, second] = [metAs.get(a), metAs.get(b)]
    if (first !== undefined && second !== undefined) sets.join(first, second)
  }
  for (const { a, b } of links) join(a, b)
  for (const ifi of metAs.keys()) for (const other of automaticLinks(ifi)) join(ifi, other)
  return [...groupBy([...learners.values()], ({ id }) => sets.find(id)).values()]
    .flatMap((group): Part[] => {
      const sorted = [...group].sort(byAge)
      const ids = new Set(sorted.map(({ id }) => id))
      const ifis = members.filter(({ learner }) => ids.has(learner)).map(({ ifi }) => ifi)
      return sorted[0] ? [{ elder: sorted[0], learners: sorted, ifis: ifis.sort() }] : []
    })
    .sort((a, b) => byAge(a.elder, b.elder))
}

function unlinkingOf(parts: readonly Part[]): Unlinking {
  return { learner: parts[0]?.elder.id ?? '', parts: parts.map(({ ifis }) => ifis) }
}

/** Brings the redirects of these identifiers' families into line with the links, and marks them all. Bears repetition. */
function settler(collections: StatementCollections) {
  const { learners } = collections
  const families = createFamilies(collections)
  const redirect = async ({ _id, redirect: before }: LearnerDoc, to: string | null): Promise<void> => {
    if (before !== to) await retried(() => learners.updateOne({ _id }, { $set: { redirect: to } }))
  }
  const align = async (family: Family, links: readonly LinkDoc[]): Promise<void> => {
    for (const { elder, learners: all } of partsOf(family, links)) {
      for (const one of all) if (one.id !== elder.id) await redirect(one, elder.id)
      await redirect(elder, null)
    }
  }
  return async (commit: Commit, ifis: readonly string[]): Promise<void> => {
    for (let seen: string | null = null; ; ) {
      const family = await families.of(commit.tenant, ifis)
      const links = await families.links(commit.tenant, family)
      await align(family, links)
      await markAll(
        collections,
        commit,
        family.members.map((identity) => ({ identity, span: ALWAYS })),
      )
      const now = namesOf(links)
      if (now === seen) return
      seen = now
    }
  }
}

function namesOf(links: readonly LinkDoc[]): string {
  return links
    .map(({ _id }) => _id)
    .sort()
    .join()
}
