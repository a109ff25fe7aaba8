/** Storing a batch: looked at whole, claimed, decided by its journal, and applied (ruling 28). */
import { isSameStatement } from '../../xapi/immutability.ts'
import type { Statement } from '../../xapi/types.ts'
import type { Batch, BatchOutcome, IncomingStatement, TenantId } from '../ports.ts'
import { StoreError } from '../store-error.ts'
import type { ApplyStatements } from './apply-statements.ts'
import { byIds } from './bulk.ts'
import type { Claims, Taken } from './claims.ts'
import type { Reservation, StatementCollections, StatementDoc } from './collections.ts'
import { factParts } from './fact-parts.ts'
import type { Commit, Journal } from './journal.ts'
import { firstSeq, keyOf } from './keys-of.ts'
import type { Purged } from './purged.ts'
import { isVoidedBy } from './references.ts'

export interface InsertParts {
  readonly collections: StatementCollections
  readonly journal: Journal
  readonly claims: Claims
  readonly application: ApplyStatements
  readonly purged: Purged
}

interface Comparison {
  /** Ids that are there with equal content, or were deleted: what they had cannot be compared any more. */
  readonly same: readonly string[]
  /** Ids that are there with other content. */
  readonly conflicts: readonly string[]
  readonly fresh: readonly IncomingStatement[]
  /** The latest `stored` of those that are there; 0 when none is. */
  readonly newest: number
}

/** A commit is refused when this process was stopped for longer than its lease; then all is done again. */
const REFUSALS = 5
export const KIND = 'statements'

export function createInsert(parts: InsertParts) {
  const { collections, journal, claims, application, purged } = parts
  const { statements } = collections

  const takenAmong = async (tenant: TenantId, ids: readonly string[]): Promise<readonly Taken[]> => {
    const found = await byIds(
      statements,
      ids.map((id) => keyOf(tenant, id)),
    )
    const decided: Taken[] = []
    for (const doc of found) {
      const taken = await claims.decided(doc)
      if (taken) decided.push(taken)
    }
    return decided
  }
  /** Voiding statements whose target is there and somebody else's. */
  const forbidden = async (
    tenant: TenantId,
    batch: Batch,
    fresh: readonly IncomingStatement[],
  ): Promise<readonly string[]> => {
    if (batch.voidsOthers) return []
    const voiding = fresh.flatMap(({ id, voids }) => (voids === null ? [] : [{ id, voids }]))
    if (voiding.length === 0) return []
    const targets = await takenAmong(
      tenant,
      voiding.map(({ voids }) => voids),
    )
    const voider = { voids: 1 as const, credential: batch.credential }
    const foreign = new Set(
      targets.filter((target) => !target.voiding && !isVoidedBy(target, voider)).map(({ id }) => id),
    )
    return voiding.filter(({ voids }) => foreign.has(voids)).map(({ id }) => id)
  }

  /** Claims, decides and applies. `taken`: an id was taken in the meantime; `refused`: our epoch had ended. */
  const write = async (
    tenant: TenantId,
    batch: Batch,
    fresh: readonly IncomingStatement[],
  ): Promise<Commit | 'taken' | 'refused'> => {
    const id = await journal.begin(tenant, KIND)
    try {
      const reservation = await journal.reserve(id, fresh.length)
      const docs = fresh.map((one, index) => claimOf(tenant, batch, one, reservation, index))
      const claimed = await claims.claim(docs)
      const commit = claimed ? await decided(reservation, docs) : null
      if (!commit) {
        await journal.settle(id)
        return claimed ? 'refused' : 'taken'
      }
      await application.apply(commit, docs)
      await journal.end(id)
      return commit
    } catch (error) {
      journal.abandon(id)
      throw error
    }
  }
  const decided = async (reservation: Reservation, docs: readonly StatementDoc[]): Promise<Commit | null> => {
    const answer = await journal.decide(reservation, docs.length)
    if (answer !== 'unknown') return answer
    // Somebody else brought it to its end: as a commit, if ours is what is visible.
    const [first] = docs as [StatementDoc]
    const [found] = await byIds(statements, [first._id], { projection: { seq: 1 } })
    if (found?.seq !== first.claim) return null
    const { batch, number, stored } = reservation
    return { batch, tenant: first.tenant, number, stored, size: docs.length }
  }

  /** What is there already decides, or what is to be written. */
  const look = async (tenant: TenantId, batch: Batch): Promise<BatchOutcome | Comparison> => {
    const found = await takenAmong(
      tenant,
      batch.statements.map(({ id }) => id),
    )
    const comparison = withoutPurged(
      compare(batch, found),
      await purged.among(tenant, missingIn(batch, found)),
    )
    const { same, conflicts, fresh, newest } = comparison
    if (conflicts.length > 0) return { outcome: 'conflict', ids: conflicts }
    const notAllowed = await forbidden(tenant, batch, fresh)
    if (notAllowed.length > 0) return { outcome: 'void-forbidden', ids: notAllowed }
    return fresh.length === 0 ? { outcome: 'stored', stored: newest, existing: same } : comparison
  }

  return async (tenant: TenantId, batch: Batch): Promise<BatchOutcome> => {
    for (let refused = 0; refused < REFUSALS; ) {
      const seen = await look(tenant, batch)
      if ('outcome' in seen) return seen
      const written = await write(tenant, batch, seen.fresh)
      if (typeof written === 'object')
        return { outcome: 'stored', stored: written.stored, existing: seen.same }
      // Taken: what has the ids now is compared like what was there before.
      if (written === 'refused') refused += 1
    }
    throw new StoreError('unavailable', 'this process was stopped again and again while it was writing')
  }
}

function compare({ statements, version }: Batch, found: readonly Taken[]): Comparison {
  const taken = new Map(found.map((doc) => [doc.id, doc]))
  const same: string[] = []
  const conflicts: string[] = []
  const fresh: IncomingStatement[] = []
  for (const statement of statements) {
    const doc = taken.get(statement.id)
    if (!doc) fresh.push(statement)
    else (isSame(doc, statement, version) ? same : conflicts).push(statement.id)
  }
  return { same, conflicts, fresh, newest: Math.max(0, ...found.map(({ stored }) => stored)) }
}

function missingIn({ statements }: Batch, found: readonly Taken[]): readonly string[] {
  const there = new Set(found.map(({ id }) => id))
  return statements.map(({ id }) => id).filter((id) => !there.has(id))
}

/** A deleted statement that is sent again is answered as a duplicate, and does not come back (counting §1.5). */
function withoutPurged(comparison: Comparison, purged: ReadonlySet<string>): Comparison {
  if (purged.size === 0) return comparison
  return {
    ...comparison,
    same: [...comparison.same, ...purged],
    fresh: comparison.fresh.filter(({ id }) => !purged.has(id)),
  }
}

function isSame(taken: Taken, incoming: IncomingStatement, version: Batch['version']): boolean {
  const statement = JSON.parse(taken.raw) as Statement
  const stored = { statement, timestamp: taken.timestamp ?? taken.stored }
  return isSameStatement(stored, JSON.parse(incoming.raw) as Statement, version)
}

function claimOf(
  tenant: TenantId,
  { credential, authority, voidsOthers }: Batch,
  statement: IncomingStatement,
  { batch, number, stored }: Reservation,
  index: number,
): StatementDoc {
  const { id, raw, timestamp, version, terms, voids, refersTo, provenance } = statement
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
    terms,
    voiding: voids !== null,
    ...(refers !== undefined && { refers }),
    voids: voidsLevel(voids, voidsOthers),
    facts,
    who: facts.map(({ who }) => who),
    ...(provenance && { provenance }),
    stored,
    voided: false,
    batch,
    claim: firstSeq(number) + index,
  }
}

function voidsLevel(voids: string | null, voidsOthers: boolean): 0 | 1 | 2 {
  if (voids === null) return 0
  return voidsOthers ? 2 : 1
}
