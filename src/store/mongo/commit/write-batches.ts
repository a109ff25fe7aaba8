/** Writing batches that were looked at: claimed, decided by their journal, and applied (ruling 28). */
import type { Batch, IncomingStatement, TenantId } from '../../ports.ts'
import type { AttachmentTaking } from '../attachments/attachment-taking.ts'
import { byIds } from '../driver/bulk.ts'
import { firstSeq, keyOf } from '../driver/keys-of.ts'
import type { Reservation, StatementCollections, StatementDoc } from '../schema/collections.ts'
import { factParts } from '../statements/fact-parts.ts'
import { hiddenWords } from '../statements/hidden-words.ts'
import type { References } from '../statements/references.ts'
import type { ApplyStatements } from './apply-statements.ts'
import { claimUnder, describesUnder } from './claim-keys.ts'
import type { Claims } from './claims.ts'
import type { Commit, Journal } from './journal.ts'

/** `taken`: an id was taken in the meantime, look again; `refused`: our epoch had ended. Nothing is stored then. */
export type Written = Pick<Commit, 'stored'> | 'taken' | 'refused'
export type WriteBatch = (tenant: TenantId, batch: Batch) => Promise<Written>

export interface WriteParts {
  readonly collections: Pick<StatementCollections, 'statements'>
  readonly journal: Journal
  readonly claims: Claims
  readonly references: Pick<References, 'on'>
  readonly application: ApplyStatements
  readonly taking: Pick<AttachmentTaking, 'take'>
}

export const KIND = 'statements'

/** Writes batches with different ids of one tenant under one journal. Several do not wait for ids that others claim. */
export function createWriter(parts: WriteParts) {
  const { collections, journal, claims, references, application, taking } = parts
  const decided = async (reservation: Reservation, docs: readonly StatementDoc[]): Promise<Commit | null> => {
    const answer = await journal.decide(reservation, docs.length)
    if (answer !== 'unknown') return answer
    // Somebody else brought it to its end: as a commit, if ours is what is visible.
    const { batch, number, stored } = reservation
    const [first] = docs as [StatementDoc]
    const [found] = await byIds(collections.statements, [first._id], { projection: { seq: 1 } })
    if (found?.seq !== firstSeq(number)) return null
    return { batch, tenant: first.tenant, number, stored, size: docs.length }
  }
  return async (tenant: TenantId, batches: readonly Batch[]): Promise<Written> => {
    const all = batches.flatMap(({ statements }) => statements)
    const id = await journal.begin(tenant, KIND)
    try {
      await taking.take(tenant, id, all)
      const reservation = await journal.reserve(id, all.length)
      const docs = claimsOf(tenant, batches, reservation)
      const [claimed, edges] = await Promise.all([
        claims.claim(docs, batches.length === 1),
        references.on(tenant, docs),
      ])
      const commit = claimed ? await decided(reservation, docs) : null
      if (!commit) {
        await journal.settle(id)
        return claimed ? 'refused' : 'taken'
      }
      await application.apply(commit, docs, edges)
      await journal.end(id)
      return commit
    } catch (error) {
      journal.abandon(id)
      throw error
    }
  }
}

function claimsOf(
  tenant: TenantId,
  batches: readonly Batch[],
  reservation: Reservation,
): readonly StatementDoc[] {
  const all = batches.flatMap((batch) => batch.statements.map((statement) => ({ batch, statement })))
  return all.map(({ batch, statement }, index) => claimOf(tenant, batch, statement, reservation, index))
}

function claimOf(
  tenant: TenantId,
  { credential, authority, voidsOthers }: Batch,
  statement: IncomingStatement,
  { batch, number, stored }: Reservation,
  index: number,
): StatementDoc {
  const { id, raw, timestamp, version, terms, voids, refersTo, provenance, describes } = statement
  const { attachments = [] } = statement
  const refers = voids ?? refersTo ?? undefined
  const facts = factParts(statement.facts)
  return {
    _id: keyOf(tenant, id),
    tenant,
    id,
    raw,
    timestamp,
    version,
    credential,
    authority,
    terms: hiddenWords(terms),
    at: timestamp ?? stored,
    voiding: voids !== null,
    ...(refers !== undefined && { refers }),
    voids: voidsLevel(voids, voidsOthers),
    facts,
    who: facts.map(({ who }) => who),
    ...(attachments.length > 0 && { attachments: attachments.map(({ sha2, bytes }) => ({ sha2, bytes })) }),
    ...(provenance && { provenance }),
    ...describesUnder(batch, describes),
    stored,
    voided: false,
    claim: claimUnder(batch, firstSeq(number) + index),
  }
}

function voidsLevel(voids: string | null, voidsOthers: boolean): 0 | 1 | 2 {
  if (voids === null) return 0
  return voidsOthers ? 2 : 1
}
