/**
 * What follows from a committed batch, in an order that bears a crash at any point and repetition at any time: people,
 * edges, then the statements become visible (each with its facts: one document), then what depends on others being
 * visible, and last the marks. The journal is deleted only after that.
 */
import type { Fact } from '../../attempts/fact.ts'
import { chunksOf } from './bulk.ts'
import type { StatementCollections, StatementDoc } from './collections.ts'
import type { MarkAffected, NoteObjects } from './consequences.ts'
import type { NoteDescriptions } from './descriptions.ts'
import type { Commit } from './journal.ts'
import { firstSeq, keyOf } from './keys-of.ts'
import { type Meeting, type Met, metOf } from './meet.ts'
import type { References } from './references.ts'
import { retried } from './writing.ts'

export interface ApplyParts {
  readonly collections: StatementCollections
  readonly meet: (commit: Commit, met: readonly Met[]) => Promise<Meeting>
  readonly references: References
  readonly noteObjects: NoteObjects
  readonly describe: NoteDescriptions
  readonly mark: MarkAffected
}

export interface ApplyStatements {
  /** `claims`: all documents of the batch, as they were claimed. */
  apply(commit: Commit, claims: readonly StatementDoc[]): Promise<void>
  /** From the database alone: what a crash left, or somebody else met. */
  reapply(commit: Commit): Promise<void>
}

export function createApplyStatements({
  collections,
  meet,
  references,
  noteObjects,
  describe,
  mark,
}: ApplyParts): ApplyStatements {
  const { statements } = collections
  const show = async ({ batch }: Commit, claims: readonly StatementDoc[]) => {
    const ids = claims.map(({ _id }) => _id).sort()
    for (const chunk of chunksOf(ids)) {
      const change = { $rename: { claim: 'seq' }, $unset: { batch: '' as const, describes: '' as const } }
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

  const apply: ApplyStatements['apply'] = async (commit, claims) => {
    const facts = claims.flatMap((claim) => claim.facts.map(({ data }) => JSON.parse(data) as Fact))
    const [meeting] = await Promise.all([
      meet(commit, facts.map(metOf)),
      noteObjects(commit, facts),
      describe(commit, claims),
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
