/**
 * What follows from a committed batch, in an order that bears a crash at any point and repetition at any time: people,
 * edges, then the statements become visible (each with its facts: one document), then what depends on others being
 * visible, and last the marks. The journal is deleted only after that.
 */
import type { Fact } from '../../../attempts/fact.ts'
import type { AttachmentTaking } from '../attachments/attachment-taking.ts'
import { updateAll } from '../driver/bulk.ts'
import { firstSeq } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { type Meeting, type Met, metOf } from '../learners/meet.ts'
import type { ReferenceDoc, StatementCollections, StatementDoc } from '../schema/collections.ts'
import type { NoteDescriptions } from '../statements/descriptions.ts'
import type { References } from '../statements/references.ts'
import { claimedFor, claimPath, describesPath } from './claim-keys.ts'
import type { MarkAffected, NoteObjects } from './consequences.ts'
import type { Commit } from './journal.ts'

export interface ApplyParts {
  readonly collections: StatementCollections
  readonly meet: (commit: Commit, met: readonly Met[]) => Promise<Meeting>
  readonly references: References
  readonly noteObjects: NoteObjects
  readonly describe: NoteDescriptions
  readonly mark: MarkAffected
  readonly taking: Pick<AttachmentTaking, 'refer'>
}

export interface ApplyStatements {
  /** `claims`: all documents of the batch, as they were claimed; `edges`: those on them that were there then. */
  apply(commit: Commit, claims: readonly StatementDoc[], edges?: readonly ReferenceDoc[]): Promise<void>
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
  taking,
}: ApplyParts): ApplyStatements {
  const { statements } = collections
  const show = ({ batch }: Commit, claims: readonly StatementDoc[], voided: ReadonlySet<string>) =>
    updateAll(
      statements,
      claims.map(({ _id, id, describes }) => ({
        _id,
        update: {
          $rename: { [claimPath(batch)]: 'seq' },
          ...(voided.has(id) && { $set: { voided: true } }),
          ...(describes && { $unset: { [describesPath(batch)]: '' } }),
        },
      })),
    )

  const apply: ApplyStatements['apply'] = async (commit, claims, edges) => {
    const { tenant } = commit
    const facts = claims.flatMap((claim) => claim.facts.map(({ data }) => JSON.parse(data) as Fact))
    const [meeting, before] = await Promise.all([
      meet(commit, facts.map(metOf)),
      edges ?? references.on(tenant, claims),
      noteObjects(commit, facts),
      describe(commit, claims),
      references.write(claims),
      taking.refer(commit, claims),
    ])
    await show(commit, claims, references.voidedBy(before, claims))
    const [affected] = await Promise.all([references.settle(tenant, claims), mark(commit, claims, meeting)])
    // Under a generation of its own: who has counted what the first marks say may not clear these.
    if (affected.length > 0) await mark({ ...commit, later: true }, affected, meeting)
    await meeting.conclude()
  }
  return {
    apply,
    reapply: async (commit) => {
      const { tenant, batch, number, size } = commit
      const first = firstSeq(number)
      // Claims first: one that becomes visible in between is found by its seq.
      const claimed = await retried(() => statements.find(claimedFor(batch)).toArray())
      const visible = await retried(() =>
        statements.find({ tenant, seq: { $gte: first, $lt: first + size } }).toArray(),
      )
      const all = new Map([...claimed, ...visible].map((doc) => [doc._id, doc]))
      await apply(commit, [...all.values()])
    },
  }
}
