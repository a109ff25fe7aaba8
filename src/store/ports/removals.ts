/** Deleting statements (A21–A24, Q14–Q17), and the acts that do so. */
import type { Tombstone } from '../../metering/tombstone.ts'
import type { Lease } from './leases.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

export interface DeletionFilter {
  /** Learner id. */
  readonly learner?: string
  readonly team?: string
  readonly role?: string
  readonly element?: string
  /** Effective time, ms: inclusive / exclusive. */
  readonly after?: number
  readonly before?: number
}

/** What a deletion did, or would do. */
export interface DeletionFigures {
  readonly statements: number
  readonly attempts: number
  readonly learners: number
  /** Left alone because they are about somebody else as well. */
  readonly shared: number
  /** Learners who no longer count, by window id. */
  readonly leaving: Readonly<Record<string, number>>
  /** Of `leaving`: those who go from the windows that were closed then: their closed count stays (Q15). */
  readonly closed: readonly string[]
}

/** `planning` looks at everybody and changes nothing; `cleaning` overwrites what deleted rows left in the file. */
export type DeletionState = 'planning' | 'deleting' | 'cleaning' | 'done' | 'refused'

/** An act of deleting attempts: kept for ever, also what only looked. */
export interface DeletionRecord {
  readonly id: string
  readonly mode: 'logical' | 'physical'
  readonly filter: DeletionFilter
  readonly dryRun: boolean
  /** Statements that a physical deletion is expected to hit; null: nobody said. */
  readonly confirmed: number | null
  readonly author: string
  readonly reason: string | null
  /** ms. */
  readonly at: number
  /** Statements that came later are left alone (seq). */
  readonly upTo: number
  readonly state: DeletionState
  /** Where it goes on among the learners. */
  readonly position: string | null
  /** Learners looked at, of the phase it is in. */
  readonly seen: number
  readonly figures: DeletionFigures
}

export interface RemovalStore {
  /**
   * Hides statements as voiding does: gone from lists, still evidence (A23). Marks their learners in the same commit. A voiding
   * statement is never hidden. @returns how many were not hidden before
   */
  hide(tenant: TenantId, statements: readonly string[]): Promise<number>
  /**
   * Deletes statements with their facts and index terms, keeps `tombstones`, remembers the ids by keyed hash so that a resend is
   * answered as a duplicate and stores nothing (counting §1.5), and marks their learners: one commit. A voiding statement is
   * never deleted. @returns how many were there
   */
  purge(tenant: TenantId, statements: readonly string[], tombstones: readonly Tombstone[]): Promise<number>
  /** Overwrites a slice of what deleted statements left in the files (ruling 32); `done` when nothing is left. */
  clean(): Promise<'more' | 'done'>
  addDeletion(tenant: TenantId, record: DeletionRecord): Promise<void>
  /** `fenced` when the lease is no longer held: then nothing is written. */
  saveDeletion(lease: Lease, tenant: TenantId, record: DeletionRecord): Promise<'saved' | 'fenced'>
  deletion(tenant: TenantId, id: string): Promise<DeletionRecord | null>
  /** Newest first. */
  deletions(tenant: TenantId, page: PageRequest): Promise<Page<DeletionRecord>>
  /** Neither done nor refused, oldest first, of all tenants. computedThrough stays before those that delete. */
  openDeletions(
    limit: number,
  ): Promise<readonly { readonly tenant: TenantId; readonly record: DeletionRecord }[]>
}
