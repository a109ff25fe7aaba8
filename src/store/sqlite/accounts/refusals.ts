/** RefusalLog on SQLite: bounded per tenant (ruling 25), newest first. */

import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { Page, PageRequest, RefusalLog, RefusalRecord, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

type RefusalRow = RefusalRecord & { readonly number: number }

export function refusalWrites(db: Database) {
  const newest = db.prepare<[string], { number: number | null }>(
    'SELECT max(number) AS number FROM refusal WHERE tenant = ?',
  )
  const insert = db.prepare(
    `INSERT INTO refusal (tenant, number, at, credential, method, path, status, detail, requirement)
     VALUES (@tenant, @number, @at, @credential, @method, @path, @status, @detail, @requirement)`,
  )
  // Numbers have no holes, so the newest `keep` are exactly those above number - keep.
  const trim = db.prepare('DELETE FROM refusal WHERE tenant = ? AND number <= ?')
  return {
    addRefusal: (tenant: TenantId, refusal: RefusalRecord, keep: number): void => {
      const number = (newest.get(tenant)?.number ?? 0) + 1
      insert.run({ ...refusal, tenant, number })
      trim.run(tenant, number - keep)
    },
  }
}

export function refusalReads(db: Database) {
  const page = db.prepare<[string, number, number], RefusalRow>(
    `SELECT number, at, credential, method, path, status, detail, requirement FROM refusal
     WHERE tenant = ? AND number < ? ORDER BY number DESC LIMIT ?`,
  )
  return {
    refusals: (tenant: TenantId, { limit, cursor }: PageRequest): Page<RefusalRecord> => {
      const [before = Number.MAX_SAFE_INTEGER] = keyIn(cursor, 'n') ?? []
      const rows = page.all(tenant, before as number, limit + 1)
      return pageOf(
        rows,
        limit,
        (row) => [row.number],
        ({ number: _, ...record }) => record,
      )
    },
  }
}

export function createRefusalLog(
  writes: Remote<ReturnType<typeof refusalWrites>>,
  reads: Remote<ReturnType<typeof refusalReads>>,
): RefusalLog {
  return { add: writes.addRefusal, list: reads.refusals }
}
