/** The people a batch speaks of: their identities and learners, made or found, and what links them by itself. */

import { randomUUID } from 'node:crypto'
import type { Fact } from '../../../attempts/fact.ts'
import { automaticOf } from '../../automatic-links.ts'
import type { TenantId } from '../../ports.ts'
import type { Commit } from '../commit/journal.ts'
import { byIds, upsertAll } from '../driver/bulk.ts'
import { identityKey, keyOf } from '../driver/keys-of.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import { type Joins, upsertLearners } from './join.ts'

export interface Met {
  readonly ifi: string
  /** Null leaves the known name. */
  readonly name: string | null
}

export interface Meeting {
  /** By identityKey. */
  readonly identities: ReadonlyMap<string, IdentityDoc>
  /** Whose set of identities changed. */
  readonly changed: readonly IdentityDoc[]
  /** When everything that belongs to the commit is written: the links, and what may be remembered. */
  conclude(): Promise<void>
}

/** Identities remembered over all tenants; about 40 MB when full. */
const REMEMBERED = 100_000

export function createMeet(
  collections: StatementCollections,
  joins: Joins,
): (commit: Commit, met: readonly Met[]) => Promise<Meeting> {
  const { identities } = collections
  const known = new Map<string, IdentityDoc>()
  const remember = (docs: readonly IdentityDoc[]) => {
    if (known.size + docs.length > REMEMBERED) known.clear()
    for (const doc of docs) known.set(doc._id, doc)
  }

  /** Writes those that are new to this process, or have another name, and reads what they are then. */
  const see = async (commit: Commit, met: readonly Met[]): Promise<readonly IdentityDoc[]> => {
    const { tenant } = commit
    await upsertAll(
      identities,
      met.map(({ ifi, name }) => seeing(tenant, ifi, name)),
    )
    const seen = await byIds(
      identities,
      met.map(({ ifi }) => keyOf(tenant, identityKey(ifi))),
    )
    await upsertLearners(
      collections,
      commit,
      seen.map(({ learner }) => learner),
    )
    return seen
  }

  return async (commit, all) => {
    const { tenant } = commit
    const wanted = byKey(tenant, all)
    const fresh = [...wanted].filter(([_id, { name }]) => {
      const before = known.get(_id)
      return before === undefined || (name !== null && name !== before.name)
    })
    const seen =
      fresh.length === 0
        ? []
        : await see(
            commit,
            fresh.map(([, met]) => met),
          )
    const links = fresh.flatMap(([_id, { ifi }]) => (known.has(_id) ? [] : automaticOf(ifi, commit.stored)))
    const changed = links.length === 0 ? [] : await joins.join(commit, links)
    const docs = new Map(seen.map((doc) => [doc.key, doc]))
    for (const _id of wanted.keys()) {
      const doc = known.get(_id)
      if (doc && !docs.has(doc.key)) docs.set(doc.key, doc)
    }
    return {
      identities: docs,
      changed,
      conclude: async () => {
        if (links.length > 0) await joins.recordLinks(commit, links)
        remember(seen)
      },
    }
  }
}

export function metOf({ learner: ifi, name }: Fact): Met {
  return { ifi, name: name ?? null }
}

/** Each once; of several names the last one given. */
function byKey(tenant: TenantId, all: readonly Met[]): Map<string, Met> {
  const wanted = new Map<string, Met>()
  for (const { ifi, name } of all) {
    const _id = keyOf(tenant, identityKey(ifi))
    wanted.set(_id, { ifi, name: name ?? wanted.get(_id)?.name ?? null })
  }
  return wanted
}

function seeing(tenant: TenantId, ifi: string, name: string | null) {
  const key = identityKey(ifi)
  const fresh = { tenant, key, ifi, learner: randomUUID(), ...(name === null && { name }) }
  return {
    _id: keyOf(tenant, key),
    update: { $setOnInsert: fresh, $set: { seen: true, ...(name !== null && { name }) } },
  }
}
