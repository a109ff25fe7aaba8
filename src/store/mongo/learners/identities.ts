/** IdentityStore on MongoDB (rulings 19, 20). Merging itself is in join.ts. */

import type { Filter } from 'mongodb'
import { automaticOf } from '../../automatic-links.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { Identity, IdentityLink, IdentityStore, TenantId } from '../../ports.ts'
import { whereIn } from '../driver/bulk.ts'
import type { Core } from '../driver/core.ts'
import { identityKey, keyOf } from '../driver/keys-of.ts'
import { identitiesOf, identityOf } from '../metering/history.ts'
import { learnersReader } from '../metering/metering-reads.ts'
import type { IdentityDoc, LinkDoc } from '../schema/collections.ts'
import { STANDING } from './join.ts'
import { unlinker } from './split.ts'

/** Identities looked at in one step for those that nobody has linked. */
const STEP = 200
/** After every key of a tenant. */
const END = '\u{10FFFF}'

export function createIdentityStore(core: Core): IdentityStore {
  const { identities, links } = core.collections
  return {
    link: linker(core),
    learner: async (tenant, id) => {
      const root = (await core.redirects.rootsOf(tenant, [id])).get(id)
      if (!root) return null
      return {
        id: root.id,
        identities: identitiesOf(root.id, await core.redirects.membersOf(tenant, [root.id])),
      }
    },
    ofLearners: learnersReader(core.redirects),
    byIfi: async (tenant, ifi) => {
      const found = await identities.findOne({ _id: keyOf(tenant, identityKey(ifi)) })
      const root = found && (await core.redirects.rootsOf(tenant, [found.learner])).get(found.learner)
      return root ? identityOf(found, root.id) : null
    },
    links: async (tenant, { limit, cursor }) => {
      const [after = -1] = keyIn(cursor, 'n') ?? []
      const rows = await links
        .find({ tenant, seq: { $gt: after as number }, ...STANDING })
        .sort({ seq: 1 })
        .limit(limit + 1)
        .toArray()
      return pageOf(rows, limit, ({ seq }) => [seq], linkOf)
    },
    linksOf: async (tenant, id) => {
      const root = (await core.redirects.rootsOf(tenant, [id])).get(id)
      const members = root ? await core.redirects.membersOf(tenant, [root.id]) : []
      const byPeople: Filter<LinkDoc> = { tenant, source: { $ne: 'automatic' }, ...STANDING }
      const found = await whereIn(
        links,
        byPeople,
        'a',
        members.map(({ ifi }) => ifi),
      )
      return found.sort((a, b) => a.seq - b.seq).map(linkOf)
    },
    unlink: unlinker(core.collections, core.journal),
    unlinked: async (tenant, { limit, cursor }) => {
      const [start = ''] = keyIn(cursor, 's') ?? []
      const rows: { readonly key: string; readonly identity: Identity }[] = []
      for (let after: string | null = start as string; after !== null && rows.length <= limit; ) {
        const step: Step = await unlinkedAfter(core, tenant, after)
        rows.push(...step.found)
        after = step.next
      }
      return pageOf(
        rows.slice(0, limit + 1),
        limit,
        ({ key }) => [key],
        ({ identity }) => identity,
      )
    },
  }
}

function linker({ journal, joins }: Core): IdentityStore['link'] {
  return async (tenant, links, { dryRun, confirmAbove }) => {
    const automatic = links.flatMap(({ a, b, at }) => [...automaticOf(a, at), ...automaticOf(b, at)])
    const all = [...automatic, ...links]
    const { merges, fresh } = await joins.plan(tenant, all)
    const given = new Set(links.map(({ id }) => id))
    const added = fresh.filter(({ id }) => given.has(id)).length
    if (dryRun) return { outcome: 'dry-run', added, merges }
    const mergedAway = merges.reduce((sum, { from }) => sum + from.length, 0)
    if (mergedAway > confirmAbove) return { outcome: 'too-many', added: 0, merges }
    if (fresh.length > 0) await journal.commit(tenant, 'links', all)
    return { outcome: 'linked', added, merges }
  }
}

interface Step {
  readonly found: readonly { readonly key: string; readonly identity: Identity }[]
  /** Null when there are no more identities. */
  readonly next: string | null
}

/** Those of the next identities, by key, whose learner has no link but automatic ones. */
async function unlinkedAfter(
  { collections, redirects }: Core,
  tenant: TenantId,
  after: string,
): Promise<Step> {
  const { identities, links } = collections
  const rest: Filter<IdentityDoc> = {
    _id: { $gt: keyOf(tenant, after), $lt: keyOf(tenant, END) },
    seen: true,
  }
  const rows = await identities.find(rest).sort({ _id: 1 }).limit(STEP).toArray()
  const roots = await redirects.rootsOf(
    tenant,
    rows.map(({ learner }) => learner),
  )
  const found: Step['found'][number][] = []
  const members = new Map<string, readonly IdentityDoc[]>()
  for (const row of rows) {
    const root = roots.get(row.learner)?.id ?? row.learner
    const family = members.get(root) ?? (await redirects.membersOf(tenant, [root]))
    members.set(root, family)
    if (!(await isLinked(family))) found.push({ key: row.key, identity: identityOf(row, root) })
  }
  return { found, next: rows.length < STEP ? null : (rows.at(-1)?.key ?? null) }

  async function isLinked(family: readonly IdentityDoc[]): Promise<boolean> {
    const ifis = family.map(({ ifi }) => ifi)
    const byPeople: Filter<LinkDoc> = { tenant, source: { $ne: 'automatic' }, ...STANDING }
    const [a, b] = await Promise.all([
      whereIn(links, byPeople, 'a', ifis),
      whereIn(links, byPeople, 'b', ifis),
    ])
    return a.length + b.length > 0
  }
}

function linkOf({ id, a, b, author, source, at }: LinkDoc): IdentityLink {
  return { id, a, b, author, source, at }
}
