/**
 * Who stands for whom: a union-find whose links are `redirect` in the learner documents. Each is set once, from the
 * younger root to the elder, by compare-and-set: merges of several processes meet without a lock and in any order give
 * the same learner, the eldest (ruling 19).
 */
import type { TenantId } from '../../ports.ts'
import { byIds, whereIn } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import type { IdentityDoc, LearnerDoc, StatementCollections } from '../schema/collections.ts'

export interface Redirects {
  /** Who stands for each of these learners now; unknown ones are left out. */
  rootsOf(tenant: TenantId, learners: Iterable<string>): Promise<Map<string, LearnerDoc>>
  /** The learners merged into these roots, directly or not, and the roots themselves. */
  groupOf(tenant: TenantId, roots: Iterable<string>): Promise<Set<string>>
  /** The identities of these roots and of all merged into them. */
  membersOf(tenant: TenantId, roots: Iterable<string>): Promise<readonly IdentityDoc[]>
  /** Makes them one learner; returns the eldest. Repetition does nothing. */
  unite(tenant: TenantId, learners: readonly string[]): Promise<LearnerDoc>
}

export function createRedirects({ learners, identities }: StatementCollections): Redirects {
  const rootsOf = async (tenant: TenantId, asked: Iterable<string>): Promise<Map<string, LearnerDoc>> => {
    const docs = new Map<string, LearnerDoc>()
    for (let open = [...new Set(asked)]; open.length > 0; ) {
      const found = await byIds(
        learners,
        open.map((id) => keyOf(tenant, id)),
      )
      for (const doc of found) docs.set(doc.id, doc)
      open = found.flatMap(({ redirect }) => (redirect === null || docs.has(redirect) ? [] : [redirect]))
    }
    const rootOf = (id: string): LearnerDoc | undefined => {
      let doc = docs.get(id)
      while (doc && doc.redirect !== null) doc = docs.get(doc.redirect)
      return doc
    }
    return new Map([...asked].flatMap((id) => pairOf(id, rootOf(id))))
  }
  const groupOf = async (tenant: TenantId, roots: Iterable<string>): Promise<Set<string>> => {
    const group = new Set(roots)
    for (let open = [...group]; open.length > 0; ) {
      const merged = await whereIn(learners, { tenant }, 'redirect', open)
      open = merged.map(({ id }) => id).filter((id) => !group.has(id))
      for (const id of open) group.add(id)
    }
    return group
  }
  const rootDocs = async (tenant: TenantId, ids: readonly string[]): Promise<readonly LearnerDoc[]> => {
    const roots = new Map([...(await rootsOf(tenant, ids)).values()].map((root) => [root.id, root]))
    return [...roots.values()].sort(byAge)
  }
  return {
    rootsOf,
    groupOf,
    membersOf: async (tenant, roots) =>
      whereIn(identities, { tenant }, 'learner', await groupOf(tenant, roots)),
    unite: async (tenant, ids) => {
      for (;;) {
        const [elder, ...others] = await rootDocs(tenant, ids)
        if (!elder) throw new Error('learners that are to be united exist')
        if (others.length === 0) return elder
        for (const { _id } of others) {
          // Unless another process was faster: then the next round follows where it leads.
          await retried(() => learners.updateOne({ _id, redirect: null }, { $set: { redirect: elder.id } }))
        }
      }
    },
  }
}

/** The elder first; the same order in every process, or redirects could go round. */
export function byAge(a: LearnerDoc, b: LearnerDoc): number {
  return a.born - b.born || (a.id < b.id ? -1 : 1)
}

function pairOf(id: string, root: LearnerDoc | undefined): [string, LearnerDoc][] {
  return root === undefined ? [] : [[id, root]]
}
