/**
 * Mass changes (ruling 31): one row says what changed; a job marks the learners it touches in slices. Until the row is
 * gone, computedThrough stays before it.
 */
import type { Lease, PendingChange, TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { heldLease } from '../jobs/leases.ts'
import { type Look, touchedBy } from './changes-touched.ts'
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

export function changeWrites(db: Database, context: WriteContext) {
  const held = heldLease(db)
  const one = db.prepare<[string, string], ChangeRow>(
    'SELECT * FROM pending_change WHERE id = ? AND tenant = ?',
  )
  const move = db.prepare('UPDATE pending_change SET phase = ?, position = ? WHERE id = ?')
  const close = db.prepare('DELETE FROM pending_change WHERE id = ?')
  const ofLearner = db
    .prepare<[string, string], number>(
      'SELECT i.id FROM learner l JOIN identity i ON i.learner = l.number WHERE l.id = ? AND l.tenant = ?',
    )
    .pluck()
  const phases = touchedBy(db)
  const mark = changeMarker(db, context)
  const step = (row: ChangeRow, slice: number): 'more' | 'done' => {
    const looks = phases[row.kind]
    const { phase, position } = walk(row, looks, slice, (identity) =>
      mark(row.tenant, identity, row.recorded),
    )
    if (phase < looks.length) move.run(phase, position, row.id)
    else close.run(row.id)
    return phase < looks.length ? 'more' : 'done'
  }
  return {
    expandChange: (lease: Lease, change: PendingChange, slice: number): 'more' | 'done' | 'fenced' => {
      if (!held(lease)) return 'fenced'
      const row = one.get(change.id, change.tenant)
      return row ? step(row, slice) : 'done'
    },
    markLearners: (tenant: TenantId, learners: readonly string[]): void => {
      const stored = context.stored()
      for (const learner of learners)
        for (const identity of ofLearner.all(learner, tenant)) mark(tenant, identity, stored)
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

/** Goes through what a change touches, from where it stands, until `slice` identities are found. @returns where it stands */
function walk(
  { tenant, subject, phase: from, position: at }: ChangeRow,
  looks: readonly Look[],
  slice: number,
  found: (identity: number) => void,
): Pick<ChangeRow, 'phase' | 'position'> {
  let left = slice
  let position = at
  for (const [phase, look] of looks.entries()) {
    if (phase < from) continue
    if (left <= 0) return { phase, position }
    const { identities, next } = look(tenant, subject, position, left)
    for (const identity of new Set(identities)) found(identity)
    if (next !== null) return { phase, position: next }
    left -= identities.length
    position = ''
  }
  return { phase: looks.length, position: '' }
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
  const oldest = db.prepare<[number], Omit<PendingChange, 'id'> & { readonly id: number }>(
    'SELECT id, tenant, kind, subject, recorded FROM pending_change ORDER BY recorded, id LIMIT ?',
  )
  return {
    pendingChanges: (limit: number): readonly PendingChange[] =>
      oldest.all(limit).map((row) => ({ ...row, id: String(row.id) })),
  }
}
