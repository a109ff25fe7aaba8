/** Closed windows: who asked for it, the sealed rows, and what was found out later. A sealed window never changes. */
import type { Seal } from '../../evidence/seal.ts'
import type { SealedRow } from '../../evidence/sealed-row.ts'
import type { Booked } from '../../metering/closing.ts'
import type { Evidence } from '../../metering/count.ts'
import type { Lease } from './leases.ts'
import type { WindowRef } from './metering.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

/** A window that is to be closed, and is not yet. */
export interface CloseRequest extends WindowRef {
  readonly tenant: TenantId
  /** Id of the window. */
  readonly window: string
  readonly end: number
  readonly requested: number
  /** Null when its grace ran out. */
  readonly author: string | null
  readonly reason: string | null
  /** The draft that is being written; null when none is. */
  readonly draft: string | null
}

/** What was known at a moment, of all tenants: whatever comes later has a later instant and a greater seq. */
export interface Cutoff {
  readonly at: number
  readonly seq: number
}

/** A counted key of a closed window. Beside what the root covers: who and by what, both erasable (ruling 17). */
export interface SnapshotRow extends SealedRow {
  readonly learner: string | null
  readonly key: string
  readonly evidence: Evidence | null
  readonly salt: string | null
  /** Tokens of the person's other identifiers: who comes back under one of them is known. */
  readonly others: readonly string[]
}

export interface Snapshot extends WindowRef, Seal {
  /** Id of the window. */
  readonly window: string
  /** Of its rows: the draft it was sealed from. */
  readonly id: string
  readonly cutoff: Cutoff
  readonly count: number
  readonly closed: number
  /** Makes the tokens (evidence/sealed-row.ts). */
  readonly secret: string
}

/** The last comparison of a snapshot with what is worked out from scratch. */
export interface Verification {
  readonly at: number
  /** A sentence for each difference, the first hundred. */
  readonly mismatches: readonly string[]
}

/** A closed window in short. */
export type Closing = Pick<
  Snapshot,
  'id' | 'window' | 'policy' | 'version' | 'start' | 'cutoff' | 'count' | 'closed'
> & {
  readonly verification: Verification | null
}

export interface SnapshotStore {
  /** Does nothing for a window that is asked for already, or closed. */
  request(request: Omit<CloseRequest, 'draft'>): Promise<void>
  /** Of all tenants, by when they were asked for, then by the end of the window. */
  requests(limit: number): Promise<readonly CloseRequest[]>
  requestOf(tenant: TenantId, window: WindowRef): Promise<CloseRequest | null>
  /** Everything visible now is at or before it; it is no promise that everything at or before it is visible. */
  cutoff(): Promise<Cutoff>
  /** How many links between identifiers the tenant has had: grows with each. */
  aliases(tenant: TenantId): Promise<number>
  /**
   * Makes `draft` the only one that can be sealed, and removes the rows of the ones before. `sealed` when the window is
   * closed, or nobody asked for it.
   */
  begin(tenant: TenantId, window: WindowRef, draft: string): Promise<'begun' | 'sealed'>
  /** Ends the draft, if there is one: it cannot be sealed any more. For whoever takes over the counts it was made of. */
  abandon(tenant: TenantId, window: WindowRef): Promise<void>
  /**
   * Many at once, in commits that leave ingest its share; cheapest in the order of their tokens. Repetition changes nothing.
   * @param rest awaited after each commit; `false` ends it
   * @returns `superseded` when the draft cannot be sealed any more, `stopped` when `rest` said so: then nothing is promised of the rows
   */
  addRows(
    tenant: TenantId,
    window: WindowRef,
    draft: string,
    rows: readonly SnapshotRow[],
    rest: () => Promise<boolean>,
  ): Promise<'added' | 'superseded' | 'stopped'>
  /**
   * Closes the window once and for all. `superseded` when its draft (`id`) cannot be sealed any more, `fenced` when the lease is no longer
   * held: then nothing is closed.
   */
  seal(lease: Lease, tenant: TenantId, snapshot: Snapshot): Promise<'sealed' | 'superseded' | 'fenced'>
  byWindow(tenant: TenantId, window: WindowRef): Promise<Snapshot | null>
  /** Every closed window, by policy, version and start. */
  closings(tenant: TenantId): Promise<readonly Closing[]>
  /** Of a draft or a snapshot, ascending by token. */
  rows(tenant: TenantId, id: string, page: PageRequest): Promise<Page<SnapshotRow>>
  /** The rows of a learner who was not merged away when the window closed. */
  rowsOf(tenant: TenantId, id: string, learner: string): Promise<readonly SnapshotRow[]>
  /** Whether somebody is in the snapshot under one of the tokens, as main or as other one. */
  holds(tenant: TenantId, id: string, tokens: readonly string[]): Promise<boolean>
  /** Noted beside the snapshot, which stays as it is. */
  verified(tenant: TenantId, window: WindowRef, verification: Verification): Promise<void>
}

/** `automatic` and `purged` follow from later facts; only `manual` ones are somebody's decision. */
export type AdjustmentKind = 'automatic' | 'purged' | 'manual'

export type AdjustmentReason =
  | 'late'
  | 'merge'
  | 'split'
  | 'void'
  | 'reclassified'
  | 'purge'
  | 'dispute'
  | 'correction'

/** A correction of a closed window (counting §4.4): never an edit, never taken back. */
export interface Adjustment extends WindowRef {
  readonly id: string
  readonly kind: AdjustmentKind
  readonly reason: AdjustmentReason
  /** Whole number, not 0. */
  readonly delta: number
  readonly learner: string | null
  readonly key: string
  readonly token: string | null
  readonly evidence: Evidence | null
  /** Null: found by Rollcall. */
  readonly author: string | null
  readonly at: number
  readonly note: string | null
}

/** Σ delta by kind. */
export type AdjustmentSums = Readonly<Record<AdjustmentKind, number>>

export interface DisputeDecision {
  readonly state: 'accepted' | 'rejected'
  readonly author: string
  readonly at: number
  readonly reason: string
}

/** Somebody says that a counted row is wrong (F9). */
export interface Dispute extends WindowRef {
  readonly id: string
  readonly learner: string
  readonly author: string
  readonly at: number
  readonly reason: string
  /** Null while it is open. */
  readonly decision: DisputeDecision | null
}

export interface AdjustmentStore {
  /** Manual ones; the others come with a recount (MeteringStore.writeRecounts). `there` when the id is taken: nothing is changed. */
  add(tenant: TenantId, adjustment: Adjustment): Promise<'added' | 'there'>
  /** By (at, id). */
  list(tenant: TenantId, window: WindowRef, page: PageRequest): Promise<Page<Adjustment>>
  sums(tenant: TenantId, window: WindowRef): Promise<AdjustmentSums>
  /** What the books of all closed windows say of these learners and of all who were merged into them. */
  booked(tenant: TenantId, learner: string): Promise<readonly Booked[]>
  /** `there` when the learner has an open dispute in that window: one at a time. */
  dispute(tenant: TenantId, dispute: Dispute): Promise<'added' | 'there'>
  /**
   * Decides an open dispute; with `adjustment` that is added, both or neither. `decided` when somebody has decided it already,
   * null when there is none.
   */
  decide(
    tenant: TenantId,
    id: string,
    decision: DisputeDecision,
    adjustment: Adjustment | null,
  ): Promise<'done' | 'decided' | null>
  /** By (at, id). */
  disputes(tenant: TenantId, window: WindowRef, page: PageRequest): Promise<Page<Dispute>>
  disputeById(tenant: TenantId, id: string): Promise<Dispute | null>
}

/** Something somebody did that has consequences: who, when, what, and why. */
export interface Act {
  readonly id: string
  readonly at: number
  readonly author: string
  /** E.g. `close window`. */
  readonly act: string
  /** What it was done to, e.g. a window id. */
  readonly subject: string
  readonly reason: string | null
  /** Anything else, as JSON; no names and no identifiers of people. */
  readonly details: Readonly<Record<string, unknown>>
}

export interface ActLog {
  /** Repetition (same id) changes nothing. Nothing is ever changed or removed. */
  add(tenant: TenantId, act: Act): Promise<void>
  /** Newest first. */
  list(tenant: TenantId, page: PageRequest): Promise<Page<Act>>
}
