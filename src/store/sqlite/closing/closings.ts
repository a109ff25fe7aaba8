/** Requests to close windows, and what they become: one row for each window, sealed once and for all. */
import type { Seal } from '../../../evidence/seal.ts'
import type {
  CloseRequest,
  Closing,
  Cutoff,
  Lease,
  Snapshot,
  TenantId,
  Verification,
  WindowRef,
} from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { heldLease } from '../jobs/leases.ts'
import { createMoments } from '../statements/moments.ts'

const IS_WINDOW = 'tenant = @tenant AND policy = @policy AND version = @version AND window_start = @start'
const REQUEST = `tenant, policy, version, window_start AS start, window_end AS "end", "window", requested, author, reason, draft`

export function closingWrites(db: Database, context: WriteContext) {
  const held = heldLease(db)
  const request = db.prepare(
    `INSERT INTO closing (tenant, policy, version, window_start, window_end, "window", requested, author, reason)
     VALUES (@tenant, @policy, @version, @start, @end, @window, @requested, @author, @reason) ON CONFLICT DO NOTHING`,
  )
  const setDraft = db.prepare(`UPDATE closing SET draft = @draft WHERE ${IS_WINDOW} AND closed IS NULL`)
  const register = db.prepare(
    'INSERT INTO snapshot_draft (tenant, policy, version, window_start, draft) VALUES (@tenant, @policy, @version, @start, @draft)',
  )
  const seal = db.prepare(
    `UPDATE closing SET closed = @closed, cutoff_at = @cutoffAt, cutoff_seq = @cutoffSeq, count = @count, secret = @secret,
       seal = @seal WHERE ${IS_WINDOW} AND closed IS NULL AND draft = @id`,
  )
  const verified = db.prepare(
    `UPDATE closing SET verification = @verification WHERE ${IS_WINDOW} AND closed IS NOT NULL`,
  )
  return {
    requestClose: (given: Omit<CloseRequest, 'draft'>): void => {
      request.run(given)
    },
    beginDraft: (tenant: TenantId, window: WindowRef, draft: string): 'begun' | 'sealed' => {
      const at = placeOf(tenant, window)
      if (setDraft.run({ ...at, draft }).changes === 0) return 'sealed'
      register.run({ ...at, draft })
      return 'begun'
    },
    abandonDraft: (tenant: TenantId, window: WindowRef): void => {
      setDraft.run({ ...placeOf(tenant, window), draft: null })
    },
    sealSnapshot: (
      lease: Lease,
      tenant: TenantId,
      snapshot: Snapshot,
    ): 'sealed' | 'superseded' | 'fenced' => {
      if (!held(lease)) return 'fenced'
      const { id, closed, cutoff, count, secret, content, signature, publicKey } = snapshot
      const sealText = JSON.stringify({ content, signature, publicKey } satisfies Seal)
      const row = { ...placeOf(tenant, snapshot), id, closed, count, secret, seal: sealText }
      const { changes } = seal.run({ ...row, cutoffAt: cutoff.at, cutoffSeq: cutoff.seq })
      return changes === 1 ? 'sealed' : 'superseded'
    },
    noteVerification: (tenant: TenantId, window: WindowRef, verification: Verification): void => {
      verified.run({ ...placeOf(tenant, window), verification: JSON.stringify(verification) })
    },
    /** The newest commit: nothing visible is later. */
    cutoff: cutoffReader(db, context),
  }
}

/** In the writer, so that nothing is half visible: whatever comes later is stored later, and numbered higher. */
function cutoffReader(db: Database, context: WriteContext): () => Cutoff {
  // Not the last statement's: that one may have been deleted, and its tombstones are of its number.
  const { newest } = createMoments(db)
  return () => ({ at: context.stored(), seq: newest().lastSeq })
}

interface ClosedRow {
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly window: string
  readonly id: string
  readonly closed: number
  readonly cutoffAt: number
  readonly cutoffSeq: number
  readonly count: number
  readonly secret: string
  readonly seal: string
  readonly verification: string | null
}

const CLOSED = `policy, version, window_start AS start, "window", draft AS id, closed, cutoff_at AS cutoffAt, cutoff_seq AS cutoffSeq,
  count, secret, seal, verification`

export function closingReads(db: Database) {
  const requests = db.prepare<[number], CloseRequest>(
    `SELECT ${REQUEST} FROM closing WHERE closed IS NULL ORDER BY requested, window_end LIMIT ?`,
  )
  const request = db.prepare<[object], CloseRequest>(
    `SELECT ${REQUEST} FROM closing WHERE ${IS_WINDOW} AND closed IS NULL`,
  )
  const one = db.prepare<[object], ClosedRow>(
    `SELECT ${CLOSED} FROM closing WHERE ${IS_WINDOW} AND closed IS NOT NULL`,
  )
  const all = db.prepare<[string], ClosedRow>(
    `SELECT ${CLOSED} FROM closing WHERE tenant = ? AND closed IS NOT NULL ORDER BY policy, version, window_start`,
  )
  const links = db
    .prepare<[string], number>('SELECT coalesce(max(number), 0) FROM identity_link WHERE tenant = ?')
    .pluck()
  return {
    closeRequests: (limit: number): readonly CloseRequest[] => requests.all(limit),
    closeRequestOf: (tenant: TenantId, window: WindowRef): CloseRequest | null =>
      request.get(placeOf(tenant, window)) ?? null,
    linksMade: (tenant: TenantId): number => links.get(tenant) ?? 0,
    snapshotOf: (tenant: TenantId, window: WindowRef): Snapshot | null => {
      const row = one.get(placeOf(tenant, window))
      return row ? snapshotOf(row) : null
    },
    closings: (tenant: TenantId): readonly Closing[] => all.all(tenant).map(closingOf),
  }
}

function snapshotOf(row: ClosedRow): Snapshot {
  const { verification: _, seal: __, ...closing } = { ...closingOf(row), seal: null }
  return { ...closing, secret: row.secret, ...(JSON.parse(row.seal) as Seal) }
}

function closingOf({ policy, version, start, window, id, cutoffAt, cutoffSeq, ...row }: ClosedRow): Closing {
  const { count, closed, verification } = row
  return {
    id,
    window,
    policy,
    version,
    start,
    cutoff: { at: cutoffAt, seq: cutoffSeq },
    count,
    closed,
    verification: verification === null ? null : (JSON.parse(verification) as Verification),
  }
}

function placeOf(tenant: TenantId, { policy, version, start }: WindowRef) {
  return { tenant, policy, version, start }
}
