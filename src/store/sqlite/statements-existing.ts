/** What a batch meets in the database: ids that are taken, and statements that it may not void. Reads only. */
import { parseExactly } from '../../xapi/exact-numbers.ts'
import { isSameStatement } from '../../xapi/immutability.ts'
import type { Statement } from '../../xapi/types.ts'
import type { Database } from './database.ts'
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
  /** Ids that are there with equal content. */
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
  return {
    compare: (tenant: number, { statements, version }: PackedBatch): Comparison => {
      const same: string[] = []
      const conflicts: string[] = []
      const fresh: Fresh[] = []
      let newest = 0
      for (const statement of statements) {
        const id = idBytes(statement.id)
        const taken = find.get(tenant, id)
        if (taken === undefined) fresh.push({ id, statement })
        else (isSame(taken, statement, version) ? same : conflicts).push(statement.id)
        newest = Math.max(newest, taken?.stored ?? 0)
      }
      return { same, conflicts, fresh, newest }
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
