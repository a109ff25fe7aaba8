/** IdentityStore on SQLite (rulings 19, 20). Merging itself is in merge.ts. */

import { automaticOf } from '../../automatic-links.ts'
import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type {
  Identity,
  IdentityLink,
  IdentityStore,
  LearnerMerge,
  Page,
  PageRequest,
  TenantId,
} from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { IDENTITY_ROWS, type IdentityRow, identityOf, learnerLookup } from './learners.ts'
import { knownIdentity, linkIdentities, planLinks } from './merge.ts'
import { splitWrites } from './split.ts'

interface LinkOptions {
  readonly dryRun: boolean
  readonly confirmAbove: number
}

interface LinkOutcome {
  readonly outcome: 'linked' | 'dry-run' | 'too-many'
  readonly added: number
  readonly merges: readonly LearnerMerge[]
}

export function identityWrites(db: Database, context: WriteContext) {
  return {
    ...splitWrites(db, context),
    linkGiven: (tenant: TenantId, links: readonly IdentityLink[], options: LinkOptions): LinkOutcome => {
      const automatic = links.flatMap(({ a, b, at }) => [...automaticOf(a, at), ...automaticOf(b, at)])
      const { merges } = planLinks(db, tenant, [...automatic, ...links])
      if (options.dryRun)
        return { outcome: 'dry-run', added: planLinks(db, tenant, links).fresh.length, merges }
      const mergedAway = merges.reduce((sum, { from }) => sum + from.length, 0)
      if (mergedAway > options.confirmAbove) return { outcome: 'too-many', added: 0, merges }
      const stored = context.stored()
      // Met as learners of their own, so that whoever parts again is who they were (decision 0011).
      for (const { a, b } of links) for (const ifi of [a, b]) knownIdentity(db, tenant, ifi, stored)
      linkIdentities(db, tenant, automatic, stored)
      return { outcome: 'linked', added: linkIdentities(db, tenant, links, stored).added, merges }
    },
  }
}

export function identityReads(db: Database) {
  const learners = learnerLookup(db)
  const byIfi = db.prepare<[string, string], IdentityRow>(`${IDENTITY_ROWS} WHERE i.tenant = ? AND i.ifi = ?`)
  const links = db.prepare<[string, number, number], IdentityLink & { readonly number: number }>(
    `SELECT k.number, k.id, a.ifi AS a, b.ifi AS b, k.author, k.source, k.at
     FROM identity_link k JOIN identity a ON a.id = k.a JOIN identity b ON b.id = k.b
     WHERE k.tenant = ? AND k.number > ? ORDER BY k.number LIMIT ?`,
  )
  const unlinked = db.prepare<[string, string, number], IdentityRow>(
    `${IDENTITY_ROWS} WHERE i.tenant = ? AND i.ifi > ? AND i.seen = 1
       AND NOT EXISTS (SELECT 1 FROM identity j JOIN identity_link k ON k.a = j.id
                       WHERE j.learner = i.learner AND k.source <> 'automatic')
       AND NOT EXISTS (SELECT 1 FROM identity j JOIN identity_link k ON k.b = j.id
                       WHERE j.learner = i.learner AND k.source <> 'automatic')
     ORDER BY i.ifi LIMIT ?`,
  )
  const ofLearner = db.prepare<[number], IdentityLink>(
    `SELECT k.id, a.ifi AS a, b.ifi AS b, k.author, k.source, k.at
     FROM identity a JOIN identity_link k ON k.a = a.id JOIN identity b ON b.id = k.b
     WHERE a.learner = ? AND k.source <> 'automatic' ORDER BY k.number`,
  )
  const read = db.transaction((tenant: TenantId, id: string) => {
    const learner = learners.current(tenant, id)
    return learner && { id: learner.id, identities: learners.identities(learner.number) }
  })
  return {
    learnerById: (tenant: TenantId, id: string) => read(tenant, id),
    identitiesOfLearners: (
      tenant: TenantId,
      ids: readonly string[],
    ): ReadonlyMap<string, readonly Identity[]> =>
      new Map(ids.flatMap((id) => pairOf(id, read(tenant, id)?.identities))),
    identityByIfi: (tenant: TenantId, ifi: string): Identity | null => {
      const row = byIfi.get(tenant, ifi)
      return row ? identityOf(row) : null
    },
    identityLinks: (tenant: TenantId, { limit, cursor }: PageRequest): Page<IdentityLink> => {
      const [after = 0] = keyIn(cursor, 'n') ?? []
      return pageOf(
        links.all(tenant, after as number, limit + 1),
        limit,
        (row) => [row.number],
        ({ number: _, ...link }) => link,
      )
    },
    linksOfLearner: (tenant: TenantId, id: string): readonly IdentityLink[] => {
      const learner = learners.current(tenant, id)
      return learner ? ofLearner.all(learner.number) : []
    },
    unlinkedIdentities: (tenant: TenantId, { limit, cursor }: PageRequest): Page<Identity> => {
      const [after = ''] = keyIn(cursor, 's') ?? []
      return pageOf(unlinked.all(tenant, after as string, limit + 1), limit, (row) => [row.ifi], identityOf)
    },
  }
}

function pairOf<T>(id: string, found: T | undefined): [string, T][] {
  return found === undefined ? [] : [[id, found]]
}

export function createIdentityStore(
  writes: Remote<ReturnType<typeof identityWrites>>,
  reads: Remote<ReturnType<typeof identityReads>>,
): IdentityStore {
  return {
    link: writes.linkGiven,
    learner: reads.learnerById,
    ofLearners: reads.identitiesOfLearners,
    byIfi: reads.identityByIfi,
    links: reads.identityLinks,
    linksOf: reads.linksOfLearner,
    unlink: writes.unlinkGiven,
    unlinked: reads.unlinkedIdentities,
  }
}
