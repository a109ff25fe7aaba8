/**
 * Other facts for a statement that is there (`recount` mends what was damaged). One write changes them; whom the old ones
 * spoke of stays in `who`, so that the marks, which come after it, find both also after a crash. There it costs nothing but
 * an entry of the index: a reader takes the facts, not `who`, for what is so.
 */
import type { Fact } from '../../../attempts/fact.ts'
import type { MeteringStore } from '../../ports.ts'
import type { MarkAffected, NoteObjects } from '../commit/consequences.ts'
import type { Commit, Effect, Journal } from '../commit/journal.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { type Meeting, type Met, metOf } from '../learners/meet.ts'
import type { FactPart, StatementCollections } from '../schema/collections.ts'
import { factParts } from './fact-parts.ts'

export const FACTS = 'facts'

interface Replacement {
  readonly statementId: string
  readonly facts: readonly FactPart[]
}

export interface ReplaceParts {
  readonly collections: StatementCollections
  readonly meet: (commit: Commit, met: readonly Met[]) => Promise<Meeting>
  readonly noteObjects: NoteObjects
  readonly mark: MarkAffected
}

export function factsReplacer(
  { statements }: StatementCollections,
  journal: Pick<Journal, 'commit'>,
): MeteringStore['replaceFacts'] {
  return async (tenant, statementId, facts) => {
    const visible = { _id: keyOf(tenant, statementId), seq: { $gt: 0 } }
    if ((await retried(() => statements.countDocuments(visible, { limit: 1 }))) === 0) return
    const payload: Replacement = { statementId, facts: factParts(facts) }
    await journal.commit(tenant, FACTS, payload)
  }
}

export function factsEffect({ collections, meet, noteObjects, mark }: ReplaceParts): Effect {
  const { statements } = collections
  return async (commit, payload) => {
    const { statementId, facts } = payload as Replacement
    const given = facts.map(({ data }) => JSON.parse(data) as Fact)
    const [meeting] = await Promise.all([meet(commit, given.map(metOf)), noteObjects(commit, given)])
    const _id = keyOf(commit.tenant, statementId)
    // A process that slept must not put its facts over those of a later replacement.
    const notLater = { _id, mended: { $not: { $gt: commit.number } } }
    const change = {
      $set: { facts, mended: commit.number },
      $addToSet: { who: { $each: facts.map(({ who }) => who) } },
    }
    await retried(() => statements.updateOne(notLater, change))
    const found = await retried(() => statements.findOne({ _id }))
    if (found) await mark(commit, [found], meeting)
    await meeting.conclude()
  }
}
