/** What follows from facts, whatever commit they came with: their objects are noted, and whom they speak of is marked. */
import type { Fact } from '../../../attempts/fact.ts'
import { isActivity } from '../../../attempts/use.ts'
import { byIds, upsertAll } from '../driver/bulk.ts'
import { digest, keyOf } from '../driver/keys-of.ts'
import type { Meeting } from '../learners/meet.ts'
import { ALWAYS, markAll, type Spans, type Stamp, spanOf, widen } from '../metering/marks.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import type { Node } from '../statements/references.ts'
import type { Commit } from './journal.ts'

export type NoteObjects = (commit: Commit, facts: readonly Fact[]) => Promise<void>
/** Marks whom these statements speak of, and whose set of identities changed. */
export type MarkAffected = (
  commit: Commit & Stamp,
  statements: readonly Pick<Node, 'who' | 'timestamp' | 'stored' | 'provenance'>[],
  meeting: Meeting,
) => Promise<void>

/** Objects remembered as noted; there are few of them and many statements. */
const REMEMBERED = 100_000

export function objectNotes({ objects }: StatementCollections): NoteObjects {
  const noted = new Set<string>()
  return async ({ tenant }, facts) => {
    const activities = facts.map(({ object }) => object).filter(isActivity)
    const byId = new Map(activities.map(({ id }) => [keyOf(tenant, digest(id)), id]))
    const fresh = [...byId].filter(([_id]) => !noted.has(_id))
    await upsertAll(
      objects,
      fresh.map(([_id, object]) => ({ _id, update: { $setOnInsert: { tenant, object } } })),
    )
    if (noted.size > REMEMBERED) noted.clear()
    for (const [_id] of fresh) noted.add(_id)
  }
}

export function affectedMarker(collections: StatementCollections): MarkAffected {
  return async (commit, statements, meeting) => {
    const spans: Spans = new Map()
    for (const statement of statements) for (const who of statement.who) widen(spans, who, spanOf(statement))
    for (const { key } of meeting.changed) widen(spans, key, ALWAYS)
    const known = new Map<string, IdentityDoc>(meeting.identities)
    for (const doc of meeting.changed) known.set(doc.key, doc)
    const missing = [...spans.keys()].filter((who) => !known.has(who))
    const others = await byIds(
      collections.identities,
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
}
