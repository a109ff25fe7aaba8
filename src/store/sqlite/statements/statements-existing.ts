/** What a batch meets in the database: ids that are taken, and statements that it may not void. Reads only. */
import { parseExactly } from '../../../xapi/exact-numbers.ts'
import { isSameStatement } from '../../../xapi/immutability.ts'
import type { Statement } from '../../../xapi/types.ts'
import type { Database } from '../database.ts'
import { isPurged } from './purged.ts'
import type { PackedBatch, PackedStatement } from './statements.ts'
import { uuidBytes } from './uuid.ts'
import { isForbiddenTarget, prepareTarget } from './voids.ts'

interface Taken {
  readonly raw: string
  readonly stored: number
  readonly timestamp: number | null
}

/** A statement whose id is not taken. */
export interface Fresh {
  readonly id: Buffer
  readonly statement: PackedStatement
}

export interface Comparison {
  /** Ids that are there with equal content, or were deleted: what they had cannot be compared any more. */
  readonly same: readonly string[]
  /** Ids that are there with other content. */
  readonly conflicts: readonly string[]
  readonly fresh: readonly Fresh[]
  /** The latest `stored` of those that are there; 0 when none is. */
  readonly newest: number
}

export function createExisting(db: Database) {
  const find = db.prepare<[number, Buffer], Taken>(
    'SELECT raw, stored, timestamp FROM statement WHERE tenant = ? AND id = ?',
  )
  const target = prepareTarget(db)
  const standingOf = (tenant: number, id: Buffer, taken: Taken | undefined, same: () => boolean) => {
    if (taken !== undefined) return same() ? 'same' : 'conflict'
    return isPurged(db, tenant, id) ? 'same' : 'fresh'
  }
  return {
    compare: (tenant: number, { statements, version }: PackedBatch): Comparison => {
      const found = statements.map((statement) => {
        const id = idBytes(statement.id)
        const taken = find.get(tenant, id)
        const same = () => taken !== undefined && isSame(taken, statement, version)
        return { id, statement, stored: taken?.stored ?? 0, standing: standingOf(tenant, id, taken, same) }
      })
      const idsOf = (wanted: string) =>
        found.filter(({ standing }) => standing === wanted).map(({ statement }) => statement.id)
      return {
        same: idsOf('same'),
        conflicts: idsOf('conflict'),
        fresh: found.filter(({ standing }) => standing === 'fresh'),
        newest: found.reduce((most, { stored }) => Math.max(most, stored), 0),
      }
    },
    isForbidden: (tenant: number, batch: PackedBatch, { voids }: PackedStatement): boolean => {
      const found = voids === null ? undefined : target(tenant, idBytes(voids))
      return found !== undefined && isForbiddenTarget(found, batch)
    },
  }
}

function isSame(taken: Taken, incoming: PackedStatement, version: PackedBatch['version']): boolean {
  const statement = parseExactly(taken.raw) as Statement
  const stored = { statement, timestamp: taken.timestamp ?? taken.stored }
  return isSameStatement(stored, parseExactly(incoming.raw) as Statement, version)
}

/** The port promises lower-case UUIDs; anything else is the caller's mistake. */
export function idBytes(id: string): Buffer {
  const bytes = uuidBytes(id)
  if (bytes === null) throw new Error(`not a lower-case UUID: ${id}`)
  return bytes
}
