/** Storing a batch: looked at whole, then written (write-batches.ts), and looked at again where somebody was faster (ruling 28). */
import { parseExactly } from '../../../xapi/exact-numbers.ts'
import { isSameStatement } from '../../../xapi/immutability.ts'
import type { Statement } from '../../../xapi/types.ts'
import type { Batch, BatchOutcome, IncomingStatement, TenantId } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import { byIds } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { StatementCollections } from '../schema/collections.ts'
import type { Purged } from '../statements/purged.ts'
import { isVoidedBy } from '../statements/references.ts'
import type { Claims, Taken } from './claims.ts'
import type { WriteBatch } from './write-batches.ts'

export interface InsertParts {
  readonly collections: Pick<StatementCollections, 'statements'>
  readonly claims: Claims
  readonly purged: Purged
  readonly write: WriteBatch
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

export function createInsert(parts: InsertParts) {
  const { claims, purged, write } = parts
  const { statements } = parts.collections

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
      const written = await write(tenant, { ...batch, statements: seen.fresh })
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
  const statement = parseExactly(taken.raw) as Statement
  const stored = { statement, timestamp: taken.timestamp ?? taken.stored }
  return isSameStatement(stored, parseExactly(incoming.raw) as Statement, version)
}
