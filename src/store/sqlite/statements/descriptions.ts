/** DescriptionStore on SQLite, and its writer, which runs in the commit of the statements. */
import type { Description } from '../../../xapi/description.ts'
import type { Remote } from '../../calls.ts'
import {
  type DescriptionStore,
  type IncomingStatement,
  MOST_DESCRIPTIONS,
  type TenantId,
} from '../../ports.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database, WriteContext } from '../database.ts'

type Texts = ReadonlyMap<string, readonly string[]>

/** Subjects whose newest description is remembered; there are few of them and many statements. */
const REMEMBERED = 100_000

/** Writes only what is new, or was not the newest of its subject: most statements repeat what the last one said. */
export function createDescriptionWriter(db: Database, context: WriteContext) {
  const put = db.prepare<[number, string, string, string, string, number, number]>(
    `INSERT INTO description (tenant, kind, subject, hash, text, first, last) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET last = excluded.last`,
  )
  const newest = new Map<string, string>()
  context.onRollback(() => newest.clear())
  return (tenant: number, { describes = [] }: Pick<IncomingStatement, 'describes'>, seq: number): void => {
    for (const { kind, subject, hash, text } of describes) {
      const key = `${tenant} ${kind} ${subject}`
      if (newest.get(key) === hash) continue
      put.run(tenant, kind, subject, hash, text, seq, seq)
      if (newest.size >= REMEMBERED) newest.clear()
      newest.set(key, hash)
    }
  }
}

export function descriptionReads(db: Database) {
  const numberOf = createTenantNumberReader(db)
  const texts = db
    .prepare<[number, string, string, number], string>(
      `SELECT text FROM description WHERE tenant = ? AND kind = ? AND subject = ? ORDER BY last DESC, hash LIMIT ?`,
    )
    .pluck()
  return {
    descriptionsOf: (tenant: TenantId, kind: Description['kind'], subjects: readonly string[]): Texts => {
      const number = numberOf(tenant)
      if (number === null) return new Map()
      const found = [...new Set(subjects)].map(
        (subject) => [subject, texts.all(number, kind, subject, MOST_DESCRIPTIONS)] as const,
      )
      return new Map(found.filter(([, all]) => all.length > 0))
    },
  }
}

export function createDescriptionStore(reads: Remote<ReturnType<typeof descriptionReads>>): DescriptionStore {
  return {
    definitionsOf: (tenant, subjects) => reads.descriptionsOf(tenant, 'activity', subjects),
    namesOf: (tenant, subjects) => reads.descriptionsOf(tenant, 'agent', subjects),
  }
}
