/** Dirty marks (ruling 30): what must be recounted, written in the same commit as what made it so. */
import type { TenantId } from '../../ports.ts'
import type { Database } from '../database.ts'
import { memoized } from '../memoized.ts'

/** Effective times, ms, both inclusive. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** All of time, for a change whose span is not known; the bounds of a JavaScript Date. */
export const ALWAYS: Span = { from: -8.64e15, to: 8.64e15 }

const statements = memoized((db) => ({
  mark: db.prepare<[number, TenantId, number, number, number, number]>(
    `INSERT INTO mark (identity, tenant, from_at, to_at, generation, oldest_stored) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (identity) DO UPDATE SET from_at = min(from_at, excluded.from_at), to_at = max(to_at, excluded.to_at),
       generation = excluded.generation`,
  ),
}))

/** Marks one identity (identity.id). `stored`: of this commit; it is the mark's generation, and grows with each commit. */
export function markIdentity(
  db: Database,
  tenant: TenantId,
  identity: number,
  span: Span,
  stored: number,
): void {
  statements(db).mark.run(identity, tenant, span.from, span.to, stored, stored)
}
