/**
 * Links between identities, and the merging of the learners they join (rulings 19, 20). Everything here bears repetition:
 * the link documents are written last (`recordLinks`), after the marks, so that a link that is there is done.
 */
import { randomUUID } from 'node:crypto'
import { unionFind } from '../../../attempts/union-find.ts'
import type { IdentityLink, LearnerMerge, TenantId } from '../../ports.ts'
import type { Commit } from '../commit/journal.ts'
import { byIds, updateAll, upsertAll, whereIn } from '../driver/bulk.ts'
import { firstSeq, identityKey, keyOf, linkKey } from '../driver/keys-of.ts'
import type { IdentityDoc, LearnerDoc, LinkDoc, StatementCollections } from '../schema/collections.ts'
import { byAge, createRedirects } from './redirects.ts'

/** Identities that the links make one learner. */
interface Component {
  /** The elder first. */
  readonly learners: readonly LearnerDoc[]
  /** Identifiers nobody has heard of yet. */
  readonly unknown: readonly string[]
}

interface LinkPlan {
  readonly fresh: readonly IdentityLink[]
  readonly components: readonly Component[]
  readonly merges: readonly LearnerMerge[]
  /** The learner each known identifier was met as. */
  readonly met: ReadonlyMap<string, string>
}

/** A link that nobody has removed. */
export const STANDING = { removed: { $exists: false } } as const

export interface Joins {
  /** What `join` would do; reads only. A link that exists, by id or as the same pair of the same source, is not fresh. */
  plan(tenant: TenantId, links: readonly IdentityLink[]): Promise<LinkPlan>
  /** Merges what the links join. @returns the identities of every learner that changed: all of them are to be marked */
  join(commit: Commit, links: readonly IdentityLink[]): Promise<readonly IdentityDoc[]>
  /** After the marks. */
  recordLinks(commit: Commit, links: readonly IdentityLink[]): Promise<void>
}

export function createJoins(collections: StatementCollections): Joins {
  const { identities, links: recorded } = collections
  const redirects = createRedirects(collections)

  const freshOf = async (tenant: TenantId, links: readonly IdentityLink[]): Promise<IdentityLink[]> => {
    const byKey = new Map(
      links.filter(({ a, b }) => a !== b).map((link) => [keyOf(tenant, linkKey(link)), link]),
    )
    const there = await whereIn(recorded, STANDING, '_id', byKey.keys(), { projection: { _id: 1 } })
    for (const { _id } of there) byKey.delete(_id)
    const ids = [...byKey.values()].map(({ id }) => id)
    const taken = new Set((await whereIn(recorded, { tenant, ...STANDING }, 'id', ids)).map(({ id }) => id))
    return [...byKey.values()].filter(({ id }) => !taken.has(id))
  }
  const identitiesOf = (tenant: TenantId, ifis: readonly string[]) =>
    byIds(
      identities,
      ifis.map((ifi) => keyOf(tenant, identityKey(ifi))),
    )

  const plan: Joins['plan'] = async (tenant, links) => {
    const fresh = await freshOf(tenant, links)
    const known = await identitiesOf(
      tenant,
      fresh.flatMap(({ a, b }) => [a, b]),
    )
    const roots = await redirects.rootsOf(
      tenant,
      known.map(({ learner }) => learner),
    )
    const rootOf = new Map(known.flatMap(({ ifi, learner }) => pairsOf(ifi, roots.get(learner))))
    const components = componentsOf(fresh, rootOf)
    const met = new Map(known.map(({ ifi, learner }) => [ifi, learner]))
    return { fresh, components, merges: components.flatMap(mergesOf), met }
  }

  /** Adds the unknown; @returns the learner each of them was met as, which another process may have decided */
  const addUnknown = async (commit: Commit, plan: LinkPlan): Promise<Map<string, string>> => {
    const { tenant } = commit
    const homeOf = homes(plan)
    const added = plan.components.flatMap(({ unknown }) =>
      unknown.map((ifi) => ({ ifi, learner: homeOf(ifi) })),
    )
    const fresh = added.map(({ ifi, learner }) => identityOf(tenant, ifi, learner))
    await upsertAll(
      identities,
      fresh.map(({ _id, ...rest }) => ({ _id, update: { $setOnInsert: rest } })),
    )
    const there = await identitiesOf(
      tenant,
      added.map(({ ifi }) => ifi),
    )
    await upsertLearners(
      collections,
      commit,
      there.map(({ learner }) => learner),
    )
    return new Map(there.map(({ ifi, learner }) => [ifi, learner]))
  }

  const join: Joins['join'] = async (commit, links) => {
    const { tenant } = commit
    const planned = await plan(tenant, links)
    // Also those that look joined: by this very commit before a crash, and not marked then.
    const met = await addUnknown(commit, planned)
    const roots: string[] = []
    for (const { learners: known, unknown } of planned.components) {
      const all = new Set([...known.map(({ id }) => id), ...unknown.flatMap((ifi) => met.get(ifi) ?? [])])
      const [only] = all
      roots.push(all.size === 1 && only ? only : (await redirects.unite(tenant, [...all])).id)
    }
    return redirects.membersOf(tenant, roots)
  }

  return {
    plan,
    join,
    recordLinks: async (commit, links) => {
      const { tenant, number } = commit
      const fresh = (await freshOf(tenant, links)).map((link, n) => ({
        _id: keyOf(tenant, linkKey(link)),
        doc: { ...link, tenant, seq: firstSeq(number) + n },
      }))
      // One that was removed before is made again; one that was removed since stays so.
      await updateAll(
        recorded,
        fresh.map(({ _id, doc }) => ({
          _id,
          within: { removed: { $lt: number } } as unknown as Partial<LinkDoc>,
          update: { $set: doc, $unset: { removed: '' } },
        })),
      )
      await upsertAll(
        recorded,
        fresh.map(({ _id, doc }) => ({ _id, update: { $setOnInsert: doc } })),
      )
    },
  }

  function identityOf(tenant: TenantId, ifi: string, learner: string): IdentityDoc {
    const key = identityKey(ifi)
    return { _id: keyOf(tenant, key), tenant, key, ifi, learner, name: null, seen: false }
  }
}

/**
 * The learner that an unknown identifier is met as: one of its own, so that it can part again; only what Rollcall links by
 * itself never parts, and shares one.
 */
function homes({ fresh, met }: LinkPlan): (ifi: string) => string {
  const sets = unionFind()
  for (const { a, b, source } of fresh) {
    for (const ifi of [a, b]) sets.add(ifi)
    if (source === 'automatic') sets.join(a, b)
  }
  const homeOf = new Map([...met].map(([ifi, learner]) => [sets.find(ifi), learner]))
  return (ifi) => {
    const set = sets.find(ifi)
    const home = homeOf.get(set) ?? randomUUID()
    homeOf.set(set, home)
    return home
  }
}

/** Learners that identities name have a document, also when the process that thought of them died before it wrote it. */
export async function upsertLearners(
  { learners }: Pick<StatementCollections, 'learners'>,
  { tenant, number }: Commit,
  ids: readonly string[],
): Promise<void> {
  await upsertAll(
    learners,
    [...new Set(ids)].map((id, n) => ({
      _id: keyOf(tenant, id),
      update: { $setOnInsert: { tenant, id, born: firstSeq(number) + n, redirect: null } },
    })),
  )
}

function pairsOf(ifi: string, root: LearnerDoc | undefined): [string, LearnerDoc][] {
  return root === undefined ? [] : [[ifi, root]]
}

/** Connected components of the links over learners and identifiers that have none yet. */
function componentsOf(
  links: readonly IdentityLink[],
  rootOf: ReadonlyMap<string, LearnerDoc>,
): readonly Component[] {
  const sets = unionFind()
  const nodeOf = (ifi: string) => (rootOf.has(ifi) ? `learner ${rootOf.get(ifi)?.id}` : `unknown ${ifi}`)
  for (const { a, b } of links) {
    for (const node of [nodeOf(a), nodeOf(b)]) sets.add(node)
    sets.join(nodeOf(a), nodeOf(b))
  }
  const learners = new Map([...rootOf.values()].map((root) => [`learner ${root.id}`, root]))
  const members = new Map<string, string[]>()
  for (const node of sets.items()) {
    const root = sets.find(node)
    members.set(root, [...(members.get(root) ?? []), node])
  }
  return [...members.values()].map((nodes) => ({
    learners: nodes.flatMap((node) => learners.get(node) ?? []).sort(byAge),
    unknown: nodes.flatMap((node) => (learners.has(node) ? [] : [node.slice('unknown '.length)])),
  }))
}

function mergesOf({ learners: [elder, ...others] }: Component): LearnerMerge[] {
  return elder === undefined || others.length === 0
    ? []
    : [{ into: elder.id, from: others.map(({ id }) => id) }]
}
