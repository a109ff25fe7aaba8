/**
 * The input of a recount (ruling 8). There is no snapshot, so the order of the reads carries the promise: first the number
 * of the learner's recount, then who the learner is, then the marks, then what they mark. A recount that came in between,
 * or an identity, makes the result stale; evidence that came in between has a mark that was not seen, and stays.
 */
import type { Db } from 'mongodb'
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import type { StoredFact } from '../../../attempts/fact.ts'
import type { Tombstone } from '../../../metering/tombstone.ts'
import type { Identity, LearnerHistory, TenantId } from '../../ports.ts'
import { byIds, whereIn } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import { meterCollections } from '../schema/meter-collections.ts'
import { EVIDENCE, type Evidence, factsIn } from '../statements/fact-parts.ts'

/** Claims of batches that are not committed have none. */
const VISIBLE = { seq: { $gt: 0 } } as const

export function historyReads(
  db: Db,
  { statements, marks, tombstones }: StatementCollections,
  redirects: Redirects,
) {
  const { recounts, launches } = meterCollections(db)

  const evidenceOf = async (tenant: TenantId, keys: readonly string[]): Promise<readonly StoredFact[]> => {
    const found = await whereIn(statements, { tenant, ...VISIBLE }, 'who', keys, EVIDENCE)
    const known = new Set(keys)
    // One statement may be about several of the learner's identities.
    const distinct = new Map(found.map((statement) => [statement._id, statement as Evidence]))
    return [...distinct.values()]
      .sort((a, b) => Number(a.seq) - Number(b.seq))
      .flatMap((statement) => factsIn(statement, ({ who }) => known.has(who)))
  }
  const launchesOf = async (tenant: TenantId, keys: readonly string[]): Promise<readonly LaunchRecord[]> => {
    const found = await whereIn(launches, { tenant }, 'who', keys)
    return found
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
      .map(({ data }) => JSON.parse(data) as LaunchRecord)
  }
  const tombstonesOf = async (tenant: TenantId, keys: readonly string[]): Promise<readonly Tombstone[]> => {
    const found = await whereIn(tombstones, { tenant }, 'who', keys)
    return found
      .map(({ data }) => JSON.parse(data) as Tombstone)
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  }
  return {
    /** One who was merged away answers with the elder's history. */
    history: async (tenant: TenantId, id: string): Promise<LearnerHistory | null> => {
      const learner = (await redirects.rootsOf(tenant, [id])).get(id)?.id
      if (learner === undefined) return null
      const recount = await recounts.findOne({ _id: keyOf(tenant, learner) }, { projection: { n: 1 } })
      const members = await redirects.membersOf(tenant, [learner])
      const seen = await byIds(
        marks,
        members.map(({ _id }) => _id),
      )
      const keys = members.map(({ key }) => key)
      return {
        tenant,
        learner,
        revision: (recount?.n ?? 0) + members.length,
        identities: identitiesOf(learner, members),
        facts: await evidenceOf(tenant, keys),
        launches: await launchesOf(tenant, keys),
        tombstones: await tombstonesOf(tenant, keys),
        marks: seen
          .map(({ ifi, generation }) => ({ ifi, generation }))
          .sort((a, b) => (a.ifi < b.ifi ? -1 : 1)),
      }
    },
    factsOf: async (tenant: TenantId, statementId: string): Promise<readonly StoredFact[]> => {
      const found = await statements.findOne({ _id: keyOf(tenant, statementId), ...VISIBLE }, EVIDENCE)
      // One that no learner would find by `who` is none.
      return found ? factsIn(found, ({ who }) => found.who.includes(who)) : []
    },
  }
}

export function identityOf({ ifi, name, seen, profile }: IdentityDoc, learner: string): Identity {
  return { ifi, learner, name: name ?? null, seen, ...(profile && { profile }) }
}

/** In the order of their identifiers. */
export function identitiesOf(learner: string, members: readonly IdentityDoc[]): readonly Identity[] {
  return members.map((member) => identityOf(member, learner)).sort((a, b) => (a.ifi < b.ifi ? -1 : 1))
}
