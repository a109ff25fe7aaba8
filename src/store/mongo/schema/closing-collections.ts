/** The collections of closed windows, the shapes of their documents, and the indexes that every query of them uses. */
import type { Collection, Db, IndexDescription } from 'mongodb'
import type { Seal } from '../../../evidence/seal.ts'
import type { AdjustmentKind, Cutoff, SnapshotRow, TenantId, Verification } from '../../ports.ts'
import type { Written } from '../driver/writing.ts'

/** One window that was asked to close. This one document decides which draft is sealed, and that it is sealed once. */
export interface ClosingDoc extends Written {
  /** keyOf(tenant, policy, version, start) */
  readonly _id: string
  readonly tenant: TenantId
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly window: string
  readonly end: number
  readonly requested: number
  readonly author: string | null
  readonly reason: string | null
  readonly draft: string | null
  /** All that were ever begun: who begins another removes the rows of these. */
  readonly drafts?: readonly string[]
  /** `requested`, only until it is closed. */
  readonly waiting?: number
  readonly closed?: number
  readonly cutoff?: Cutoff
  readonly count?: number
  readonly secret?: string
  readonly seal?: Seal
  readonly verification?: Verification
}

export interface SnapshotRowDoc extends Omit<SnapshotRow, 'others'> {
  /** keyOf(tenant, draft, token) */
  readonly _id: string
  readonly tenant: TenantId
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly draft: string
  /** Its token first, then the others. */
  readonly tokens: readonly string[]
}

export interface AdjustmentDoc extends Written {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly kind: AdjustmentKind
  readonly delta: number
  readonly learner: string | null
  readonly key: string
  readonly at: number
  /** The Adjustment as JSON text. */
  readonly data: string
}

export interface DisputeDoc extends Written {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly at: number
  /** keyOf(tenant, policy, version, start, learner), only while it is open: unique. */
  readonly open?: string
  /** The Dispute as JSON text. */
  readonly data: string
  /** The Adjustment its acceptance brings, as JSON text, until that is written. */
  readonly owed?: string
}

export interface ActDoc extends Written {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly at: number
  /** The Act as JSON text. */
  readonly data: string
}

const IN_WINDOW = { tenant: 1, policy: 1, version: 1, start: 1 } as const

export const CLOSING_COLLECTIONS = {
  closings: [
    { key: IN_WINDOW },
    { key: { tenant: 1, draft: 1 } },
    { key: { waiting: 1, end: 1 }, sparse: true },
  ],
  snapshot_rows: [
    { key: { tenant: 1, draft: 1, token: 1 } },
    { key: { tenant: 1, draft: 1, tokens: 1 } },
    { key: { tenant: 1, learner: 1, draft: 1 } },
    { key: { ...IN_WINDOW, draft: 1 } },
  ],
  adjustments: [{ key: { ...IN_WINDOW, at: 1, id: 1 } }, { key: { tenant: 1, learner: 1 } }],
  disputes: [{ key: { ...IN_WINDOW, at: 1, id: 1 } }, { key: { open: 1 }, unique: true, sparse: true }],
  acts: [{ key: { tenant: 1, at: 1, id: 1 } }],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export interface ClosingCollections {
  readonly closings: Collection<ClosingDoc>
  readonly rows: Collection<SnapshotRowDoc>
  readonly adjustments: Collection<AdjustmentDoc>
  readonly disputes: Collection<DisputeDoc>
  readonly acts: Collection<ActDoc>
}

export function closingCollections(db: Db): ClosingCollections {
  return {
    closings: db.collection('closings'),
    rows: db.collection('snapshot_rows'),
    adjustments: db.collection('adjustments'),
    disputes: db.collection('disputes'),
    acts: db.collection('acts'),
  }
}
