/** LaunchStore on MongoDB (ruling 21): before or after the statements, each record once. */

import type { Db } from 'mongodb'
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import { automaticOf } from '../../automatic-links.ts'
import type { LaunchStore, TenantId } from '../../ports.ts'
import type { Commit, Effect, Journal } from '../commit/journal.ts'
import { byIds, upsertAll } from '../driver/bulk.ts'
import { identityKey, keyOf } from '../driver/keys-of.ts'
import type { Joins } from '../learners/join.ts'
import { ALWAYS, markAll } from '../metering/marks.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { meterCollections } from '../schema/meter-collections.ts'

export const LAUNCHES = 'launches'

export function createLaunchStore(db: Db, journal: Pick<Journal, 'commit'>): LaunchStore {
  const { launches } = meterCollections(db)
  const there = (tenant: TenantId, records: readonly LaunchRecord[]) =>
    byIds(
      launches,
      records.map(({ id }) => keyOf(tenant, id)),
    )
  return {
    add: async (tenant, records) => {
      const known = new Set((await there(tenant, records)).map(({ id }) => id))
      const fresh = records.filter(({ id }) => !known.has(id))
      if (fresh.length === 0) return 0
      const { batch } = await journal.commit(tenant, LAUNCHES, fresh)
      return (await there(tenant, fresh)).filter((launch) => launch.batch === batch).length
    },
  }
}

/** Stores the records that nobody stored before, and marks whom they are about. */
export function launchesEffect(db: Db, collections: StatementCollections, joins: Joins): Effect {
  const { launches } = meterCollections(db)
  const write = async ({ tenant, batch }: Commit, records: readonly LaunchRecord[]) => {
    const changes = records.toReversed().map((record) => {
      const { id, learner, at } = record
      const fresh = { tenant, id, who: identityKey(learner), at, data: JSON.stringify(record), batch }
      return { _id: keyOf(tenant, id), update: { $setOnInsert: fresh } }
    })
    await upsertAll(launches, changes)
    const stored = await byIds(
      launches,
      changes.map(({ _id }) => _id),
    )
    return stored.filter((launch) => launch.batch === batch)
  }
  return async (commit, payload) => {
    const records = payload as readonly LaunchRecord[]
    const mine = new Set((await write(commit, records)).map(({ id }) => id))
    const learners = [...new Set(records.filter(({ id }) => mine.has(id)).map(({ learner }) => learner))]
    // An identifier that is named before any statement must still find its hashed forms (in-the-wild §6.2, 3).
    const links = learners.flatMap((ifi) => automaticOf(ifi, commit.stored))
    const joined = links.length === 0 ? [] : await joins.join(commit, links)
    const own = await byIds(
      collections.identities,
      learners.map((ifi) => keyOf(commit.tenant, identityKey(ifi))),
    )
    // A record may decide statements hours away from it, so the span is open.
    const marked = [...joined, ...own].map((identity) => ({ identity, span: ALWAYS }))
    await markAll(collections, commit, marked)
    if (links.length > 0) await joins.recordLinks(commit, links)
  }
}
