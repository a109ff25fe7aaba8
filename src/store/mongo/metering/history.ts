/**
 * The input of a recount (ruling 8). There is no snapshot, so the order of the reads carries the promise: first the number
 * of the learner's recount, then who the learner is, then the marks, then what they mark. A recount that came in between,
 * or an identity, makes the result stale; evidence that came in between has a mark that was not seen, and stays.
 */
import type { Db } from 'mongodb'
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import type { StoredFact } from '../../../attempts/fact.ts'
import { groupBy } from '../../../attempts/group-by.ts'
import type { Tombstone } from '../../../metering/tombstone.ts'
import type { Identity, LearnerHistory, TenantId } from '../../ports.ts'
import { byIds, whereIn } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { IdentityDoc, MarkDoc, StatementCollections, TombstoneDoc } from '../schema/collections.ts'
import { type LaunchDoc, meterCollections } from '../schema/meter-collections.ts'
import { EVIDENCE, type Evidence, factsIn } from '../statements/fact-parts.ts'

/** Learners whose histories are read together: a command for each kind of thing, instead of one for each learner. */
const AT_ONCE = 32

type Learner = Pick<LearnerHistory, 'tenant' | 'learner'>

/** Claims of batches that are not committed have none. */
const VISIBLE = { seq: { $gt: 0 } } as const

export function historyReads(
  db: Db,
  { statements, marks, tombstones }: StatementCollections,
  redirects: Redirects,
) {
  const { recounts, launches } = meterCollections(db)

  const evidenceOf = async (tenant: TenantId, keys: readonly string[]): Promise<readonly Evidence[]> => {
    const found = await whereIn(statements, { tenant, ...VISIBLE }, 'who', keys, EVIDENCE)
    // One statement may be about several of the identities.
    const distinct = new Map(found.map((statement) => [statement._id, statement as Evidence]))
    return [...distinct.values()].sort((a, b) => Number(a.seq) - Number(b.seq))
  }
  const membersOf = async (
    tenant: TenantId,
    roots: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, readonly IdentityDoc[]>> => {
    const members = await redirects.membersOf(tenant, roots)
    const merged = members.map(({ learner }) => learner).filter((learner) => !roots.has(learner))
    const rootOf = await redirects.rootsOf(tenant, merged)
    return groupBy(members, ({ learner }) =>
      roots.has(learner) ? learner : (rootOf.get(learner)?.id ?? null),
    )
  }
  /** What there is about these identities. */
  const knownOf = async (tenant: TenantId, identities: readonly IdentityDoc[]): Promise<Known> => {
    const seen = await byIds(
      marks,
      identities.map(({ _id }) => _id),
    )
    const keys = identities.map(({ key }) => key)
    return {
      marks: new Map(seen.map((mark) => [mark._id, mark])),
      evidence: await evidenceOf(tenant, keys),
      launches: await whereIn(launches, { tenant }, 'who', keys),
      tombstones: await whereIn(tombstones, { tenant }, 'who', keys),
    }
  }
  /** Of one tenant, by the id they were asked for by; one who was merged away answers with the elder's history. */
  const read = async (tenant: TenantId, ids: readonly string[]): Promise<Map<string, LearnerHistory>> => {
    const rootOf = await redirects.rootsOf(tenant, ids)
    const roots = new Set([...rootOf.values()].map(({ id }) => id))
    const counted = await byIds(
      recounts,
      [...roots].map((id) => keyOf(tenant, id)),
      NUMBER,
    )
    const numbers = new Map(counted.map(({ _id, n }) => [_id, n]))
    const members = await membersOf(tenant, roots)
    const known = await knownOf(tenant, [...members.values()].flat())
    const historyOf = (id: string): LearnerHistory => {
      const number = numbers.get(keyOf(tenant, id)) ?? 0
      return historyFrom({ tenant, learner: id, number }, members.get(id) ?? [], known)
    }
    return new Map([...rootOf].map(([id, root]) => [id, historyOf(root.id)]))
  }
  const history = async (tenant: TenantId, id: string): Promise<LearnerHistory | null> =>
    (await read(tenant, [id])).get(id) ?? null
  return {
    history,
    histories: async (asked: readonly Learner[]): Promise<readonly (LearnerHistory | null)[]> => {
      const [first] = asked
      if (!first) return []
      const step = asked.slice(0, AT_ONCE)
      try {
        const found = new Map<TenantId, Map<string, LearnerHistory>>()
        for (const [tenant, ones] of groupBy(step, (one) => one.tenant))
          found.set(
            tenant,
            await read(
              tenant,
              ones.map(({ learner }) => learner),
            ),
          )
        return step.map(({ tenant, learner }) => found.get(tenant)?.get(learner) ?? null)
      } catch {
        // Whose it is that cannot be read shows when each is first.
        return [await history(first.tenant, first.learner)]
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

interface Known {
  readonly marks: ReadonlyMap<string, MarkDoc>
  /** Ascending by seq. */
  readonly evidence: readonly Evidence[]
  readonly launches: readonly LaunchDoc[]
  readonly tombstones: readonly TombstoneDoc[]
}

const NUMBER = { projection: { n: 1 } } as const

/** @param own the learner's identities; `known` may be about others as well */
function historyFrom(
  { tenant, learner, number }: { tenant: TenantId; learner: string; number: number },
  own: readonly IdentityDoc[],
  known: Known,
): LearnerHistory {
  const keys = new Set(own.map(({ key }) => key))
  const isOwn = ({ who }: { readonly who: string }) => keys.has(who)
  const read = <T extends LaunchRecord | Tombstone>(docs: readonly { who: string; data: string }[]) =>
    docs
      .filter(isOwn)
      .map(({ data }) => JSON.parse(data) as T)
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
  return {
    tenant,
    learner,
    revision: number + own.length,
    identities: identitiesOf(learner, own),
    facts: known.evidence
      .filter(({ who }) => who.some((one) => keys.has(one)))
      .flatMap((statement) => factsIn(statement, isOwn)),
    launches: read<LaunchRecord>(known.launches),
    tombstones: read<Tombstone>(known.tombstones),
    marks: own
      .flatMap(({ _id }) => known.marks.get(_id) ?? [])
      .map(({ ifi, generation }) => ({ ifi, generation }))
      .sort((a, b) => (a.ifi < b.ifi ? -1 : 1)),
  }
}
