/** ActLog on SQLite. */

import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { Act, ActLog, Page, PageRequest, TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'

export function actWrites(db: Database) {
  const put = db.prepare<[string, string, number, string]>(
    'INSERT INTO act (tenant, id, at, data) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  return {
    addAct: (tenant: TenantId, act: Act): void => {
      put.run(tenant, act.id, act.at, JSON.stringify(act))
    },
  }
}

export function actReads(db: Database) {
  const page = db.prepare<[object], { at: number; id: string; data: string }>(
    `SELECT at, id, data FROM act WHERE tenant = @tenant AND (at, id) < (@at, @id) ORDER BY at DESC, id DESC LIMIT @limit`,
  )
  return {
    acts: (tenant: TenantId, { limit, cursor }: PageRequest): Page<Act> => {
      const [at, id] = keyIn(cursor, 'ns') ?? [Number.MAX_SAFE_INTEGER, '']
      return pageOf(
        page.all({ tenant, at, id, limit: limit + 1 }),
        limit,
        (row) => [row.at, row.id],
        (row) => JSON.parse(row.data) as Act,
      )
    },
  }
}

export function createActLog(
  writes: Remote<ReturnType<typeof actWrites>>,
  reads: Remote<ReturnType<typeof actReads>>,
): ActLog {
  return { add: writes.addAct, list: reads.acts }
}
