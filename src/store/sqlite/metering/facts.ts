/** Facts, the identities they speak of, and the dirty marks: written in the commit of their statement. */

import type { Fact } from '../../../attempts/fact.ts'
import { isActivity } from '../../../attempts/use.ts'
import { automaticOf } from '../../automatic-links.ts'
import type { TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { addIdentity, linkIdentities } from '../learners/merge.ts'
import { createObjectNotes } from '../statements/objects.ts'
import { createFrameWriter, type FrameWriter, joinParts, type SplitFact, splitFact } from './fact-frames.ts'
import { markIdentity } from './marks.ts'

/** A Fact on its way to the writer. */
export interface PackedFact extends SplitFact {
  readonly ifi: string
  readonly name: string | null
  /** The id of the object; null when it is no activity. */
  readonly object: string | null
}

export function packFact(fact: Fact): PackedFact {
  return {
    ifi: fact.learner,
    name: fact.name ?? null,
    object: isActivity(fact.object) ? fact.object.id : null,
    ...splitFact(fact),
  }
}

/** The statement a fact belongs to. */
export interface FactOwner {
  readonly tenant: TenantId
  readonly seq: number
  readonly timestamp: number | null
  /** When it was received: `stored`, or what its source said. */
  readonly received: number
  readonly voided: 0 | 1
}

export interface FactWriter {
  add(owner: FactOwner, facts: readonly PackedFact[], commit: number): void
  /** The statement has been voided: marks its learners. */
  voided(owner: Omit<FactOwner, 'voided'>, commit: number): void
  /** Puts `facts` in place of the stored ones; marks the learners of both. */
  replace(owner: FactOwner, facts: readonly PackedFact[], commit: number): void
}

interface KnownIdentity {
  readonly id: number
  readonly name: string | null
}

/** Identities remembered of one tenant. */
const REMEMBERED = 100_000
/** A timestamp further ahead than this is not believed (in-the-wild §4.5, 3). */
const AHEAD_MS = 5 * 60 * 1000

export function createFactWriter(db: Database, context: WriteContext): FactWriter {
  const add = db.prepare<[number, number, number | null, string, number, number]>(
    'INSERT OR IGNORE INTO fact (identity, seq, frame, data, received, voided) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const frames = createFrameWriter(db, context)
  const setVoided = db.prepare<[number]>('UPDATE fact SET voided = 1 WHERE seq = ?')
  const identitiesOf = db.prepare<[number], number>('SELECT identity FROM fact WHERE seq = ?').pluck()
  const identityOf = createIdentities(db, context)
  const note = createObjectNotes(db, context)
  const remove = db.prepare<[number]>('DELETE FROM fact WHERE seq = ?')
  const addAll = (
    owner: FactOwner,
    facts: readonly PackedFact[],
    commit: number,
    numberOf: FrameWriter['numberOf'],
  ): void => {
    for (const fact of facts) {
      const identity = identityOf(owner, fact, commit)
      const frame = fact.frame === null ? null : numberOf(owner.tenant, fact.frame)
      const data = frame === null && fact.frame !== null ? joinParts(fact.frame, fact.data) : fact.data
      // A Group may name one person twice: one fact is enough.
      add.run(identity, owner.seq, frame, data, owner.received, owner.voided)
      if (fact.object !== null) note(owner.tenant, fact.object)
      mark(db, owner, identity, commit)
    }
  }
  const markLearnersOf = (owner: Omit<FactOwner, 'voided'>, commit: number): void => {
    for (const identity of identitiesOf.all(owner.seq)) mark(db, owner, identity, commit)
  }
  return {
    add: (owner, facts, commit) => addAll(owner, facts, commit, frames.numberOf),
    voided: (owner, commit) => {
      setVoided.run(owner.seq)
      markLearnersOf(owner, commit)
    },
    replace: (owner, facts, commit) => {
      markLearnersOf(owner, commit)
      remove.run(owner.seq)
      addAll(owner, facts, commit, frames.soundNumberOf)
    },
  }
}

function mark(
  db: Database,
  { tenant, timestamp, received }: Omit<FactOwner, 'voided'>,
  identity: number,
  commit: number,
): void {
  const at = timestamp === null || timestamp > received + AHEAD_MS ? received : timestamp
  markIdentity(db, tenant, identity, { from: at, to: at }, commit)
}

/** The identity of a fact, added and linked automatically (in-the-wild §6.2, 3) when it is seen for the first time. */
function createIdentities(
  db: Database,
  context: WriteContext,
): (owner: FactOwner, fact: PackedFact, commit: number) => number {
  const find = db.prepare<[TenantId, string], { id: number; name: string | null; seen: 0 | 1 }>(
    'SELECT id, name, seen FROM identity WHERE tenant = ? AND ifi = ?',
  )
  const see = db.prepare<[string | null, number]>(
    'UPDATE identity SET seen = 1, name = coalesce(?, name) WHERE id = ?',
  )
  const known = new Map<TenantId, Map<string, KnownIdentity>>()
  context.onRollback(() => known.clear())
  const knownOf = (tenant: TenantId): Map<string, KnownIdentity> => {
    const found = known.get(tenant)
    if (found !== undefined && found.size < REMEMBERED) return found
    const fresh = new Map<string, KnownIdentity>()
    known.set(tenant, fresh)
    return fresh
  }

  const meet = (owner: FactOwner, { ifi, name }: PackedFact, commit: number): KnownIdentity => {
    const row = find.get(owner.tenant, ifi)
    if (row?.seen === 1) return row
    const id = row?.id ?? addIdentity(db, owner.tenant, ifi, name, commit)
    if (row !== undefined) see.run(name, id)
    const links = automaticOf(ifi, commit)
    if (links.length > 0) linkIdentities(db, owner.tenant, links, commit)
    return { id, name: name ?? row?.name ?? null }
  }
  return (owner, fact, commit) => {
    const identities = knownOf(owner.tenant)
    const identity = identities.get(fact.ifi) ?? meet(owner, fact, commit)
    const renamed = fact.name !== null && fact.name !== identity.name
    if (renamed) see.run(fact.name, identity.id)
    identities.set(fact.ifi, renamed ? { id: identity.id, name: fact.name } : identity)
    return identity.id
  }
}
