/**
 * What follows from a committed batch, in an order that bears a crash at any point and repetition at any time: people,
 * edges, then the statements become visible (each with its facts: one document), then what depends on others being
 * visible, and last the marks. The journal is deleted only after that.
 */
import type { Fact } from '../../attempts/fact.ts'
import { byIds, chunksOf, upsertAll } from './bulk.ts'
import type { IdentityDoc, StatementCollections, StatementDoc } from './collections.ts'
import type { Commit } from './journal.ts'
import { digest, firstSeq, keyOf } from './keys-of.ts'
import { ALWAYS, markAll, type Spans, spanOf, widen } from './marks.ts'
import type { Meeting, Met } from './meet.ts'
import type { Node, References } from './references.ts'
import { retried } from './writing.ts'

export interface ApplyParts {
  readonly collections: StatementCollections
  readonly meet: (commit: Commit, met: readonly Met[]) => Promise<Meeting>
  readonly references: References
}

export interface ApplyStatements {
  /** `claims`: all documents of the batch, as they were claimed. */
  apply(commit: Commit, claims: readonly StatementDoc[]): Promise<void>
  /** From the database alone: what a crash left, or somebody else met. */
  reapply(commit: Commit): Promise<void>
}

/** Objects remembered as noted; there are few of them and many statements. */
const REMEMBERED = 100_000

export function createApplyStatements({ collections, meet, references }: ApplyParts): ApplyStatements {
  const { statements, objects, identities } = collections
  const noted = new Set<string>()
  const noteObjects = async ({ tenant }: Commit, facts: readonly Fact[]) => {
    const byId = new Map(facts.map(({ object }) => [keyOf(tenant, digest(object.id)), object.id]))
    const fresh = [...byId].filter(([_id]) => !noted.has(_id))
    await upsertAll(
      objects,
      fresh.map(([_id, object]) => ({ _id, update: { $setOnInsert: { tenant, object } } })),
    )
    if (noted.size > REMEMBERED) noted.clear()
    for (const [_id] of fresh) noted.add(_id)
  }
  const show = async ({ batch }: Commit, claims: readonly StatementDoc[]) => {
    const ids = claims.map(({ _id }) => _id).sort()
    for (const chunk of chunksOf(ids)) {
      const change = { $rename: { claim: 'seq' }, $unset: { batch: '' as const } }
      await retried(() => statements.updateMany({ _id: { $in: chunk }, batch }, change))
    }
  }
  const hideVoided = async ({ tenant, batch }: Commit, claims: readonly StatementDoc[]) => {
    const voided = await references.voidedAmong(tenant, claims)
    const ids = [...voided].map((id) => keyOf(tenant, id)).sort()
    for (const chunk of chunksOf(ids)) {
      await retried(() => statements.updateMany({ _id: { $in: chunk }, batch }, { $set: { voided: true } }))
    }
  }
  const mark = async (commit: Commit, nodes: readonly Node[], meeting: Meeting) => {
    const spans: Spans = new Map()
    for (const node of nodes) for (const who of node.who) widen(spans, who, spanOf(node))
    for (const { key } of meeting.changed) widen(spans, key, ALWAYS)
    const known = new Map<string, IdentityDoc>(meeting.identities)
    for (const doc of meeting.changed) known.set(doc.key, doc)
    const missing = [...spans.keys()].filter((who) => !known.has(who))
    const others = await byIds(
      identities,
      missing.map((who) => keyOf(commit.tenant, who)),
    )
    for (const doc of others) known.set(doc.key, doc)
    await markAll(
      collections,
      commit,
      [...spans].flatMap(([who, span]) => {
        const identity = known.get(who)
        return identity ? [{ identity, span }] : []
      }),
    )
  }

  const apply: ApplyStatements['apply'] = async (commit, claims) => {
    const facts = claims.flatMap((claim) => claim.facts.map(({ data }) => JSON.parse(data) as Fact))
    const [meeting] = await Promise.all([
      meet(commit, facts.map(metOf)),
      noteObjects(commit, facts),
      references.write(claims),
    ])
    await hideVoided(commit, claims)
    await show(commit, claims)
    const affected = await references.settle(commit.tenant, claims)
    await mark(commit, [...claims, ...affected], meeting)
    await meeting.conclude()
  }
  return {
    apply,
    reapply: async (commit) => {
      const { tenant, batch, number, size } = commit
      const first = firstSeq(number)
      // Claims first: one that becomes visible in between is found by its seq.
      const claimed = await retried(() => statements.find({ batch }).toArray())
      const visible = await retried(() =>
        statements.find({ tenant, seq: { $gte: first, $lt: first + size } }).toArray(),
      )
      const all = new Map([...claimed, ...visible].map((doc) => [doc._id, doc]))
      await apply(commit, [...all.values()])
    },
  }
}

function metOf({ learner: ifi, name }: Fact): Met {
  return { ifi, name: name ?? null }
}
