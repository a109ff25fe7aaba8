/**
 * Mass changes (ruling 31): one row says what changed; a job marks the learners it touches in slices. Until the row is
 * gone, computedThrough stays before it.
 */
import type { Lease, PendingChange, TenantId } from '../ports.ts'
import { type Found, touchedBy } from './changes-touched.ts'
import type { Database, WriteContext } from './database.ts'
import { heldLease } from './leases.ts'
import { ALWAYS } from './marks.ts'

interface ChangeRow {
  readonly id: number
  readonly tenant: string
  readonly kind: PendingChange['kind']
  readonly subject: string
  readonly recorded: number
  readonly phase: number
  readonly position: string
}

/** Writes the change row in the commit of what changed. `recorded` in ms; a policy brings its own. */
export function recordChange(db: Database, context: Pick<WriteContext, 'now'>) {
  const insert = db.prepare(
    'INSERT INTO pending_change (tenant, kind, subject, recorded) VALUES (?, ?, ?, ?)',
  )
  return (tenant: TenantId, kind: PendingChange['kind'], subject: string, recorded = context.now()): void => {
    insert.run(tenant, kind, subject, recorded)
  }
}

const NOBODY: Found = { identities: [], next: null }

export function changeWrites(db: Database, context: WriteContext) {
  const held = heldLease(db)
  const one = db.prepare<[string, string], ChangeRow>(
    'SELECT * FROM pending_change WHERE id = ? AND tenant = ?',
  )
  const move = db.prepare('UPDATE pending_change SET phase = ?, position = ? WHERE id = ?')
  const close = db.prepare('DELETE FROM pending_change WHERE id = ?')
  const phases = touchedBy(db)
  const mark = changeMarker(db, context)
  const step = (row: ChangeRow, slice: number): 'more' | 'done' => {
    const looks = phases[row.kind]
    const { identities, next } = looks[row.phase]?.(row.tenant, row.subject, row.position, slice) ?? NOBODY
    for (const identity of new Set(identities)) mark(row.tenant, identity, row.recorded)
    if (next !== null) move.run(row.phase, next, row.id)
    else if (row.phase + 1 < looks.length) move.run(row.phase + 1, '', row.id)
    else close.run(row.id)
    return next === null && row.phase + 1 >= looks.length ? 'done' : 'more'
  }
  return {
    expandChange: (lease: Lease, change: PendingChange, slice: number): 'more' | 'done' | 'fenced' => {
      if (!held(lease)) return 'fenced'
      const row = one.get(change.id, change.tenant)
      return row ? step(row, slice) : 'done'
    },
    /** Marks the next slice of the tenant's identities for a rebuild; returns where to go on, null at the end. */
    markSlice: (tenant: TenantId, position: string, slice: number): string | null => {
      const found = phases.setting[0]?.(tenant, '', position, slice)
      const stored = context.stored()
      for (const identity of found?.identities ?? []) mark(tenant, identity, stored)
      return found?.next ?? null
    },
  }
}

/** A mark that holds computedThrough before the change, however late it is written. */
function changeMarker(db: Database, context: WriteContext) {
  const mark = db.prepare(
    `INSERT INTO mark (identity, tenant, from_at, to_at, generation, oldest_stored)
     VALUES (@identity, @tenant, @from, @to, @stored, @oldest)
     ON CONFLICT (identity) DO UPDATE SET from_at = excluded.from_at, to_at = excluded.to_at,
       generation = excluded.generation, oldest_stored = min(oldest_stored, excluded.oldest_stored)`,
  )
  return (tenant: TenantId, identity: number, oldest: number): void => {
    mark.run({ identity, tenant, ...ALWAYS, stored: context.stored(), oldest })
  }
}

export function changeReads(db: Database) {
  const all = db.prepare<[], Omit<PendingChange, 'id'> & { readonly id: number }>(
    'SELECT id, tenant, kind, subject, recorded FROM pending_change ORDER BY recorded, id',
  )
  return {
    pendingChanges: (): readonly PendingChange[] => all.all().map((row) => ({ ...row, id: String(row.id) })),
  }
}
