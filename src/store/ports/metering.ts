/** Evidence in, counts out. */
import type { Attempt, LaunchRecord, Obstacle } from '../../attempts/derivation.ts'
import type { Fact, StoredFact } from '../../attempts/fact.ts'
import type { CountedKey, LearnerCount } from '../../metering/count.ts'
import type { Tombstone } from '../../metering/tombstone.ts'
import type { Adjustment } from './closing.ts'
import type { Identity } from './feeds.ts'
import type { Lease } from './leases.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

/** All that is known of one learner: the input of a recount (ruling 8). */
export interface LearnerHistory {
  readonly tenant: TenantId
  readonly learner: string
  /** Changes when the learner's set of identities does. */
  readonly revision: number
  readonly identities: readonly Identity[]
  /** Ascending by seq. */
  readonly facts: readonly StoredFact[]
  readonly launches: readonly LaunchRecord[]
  /** By (at, id). */
  readonly tombstones: readonly Tombstone[]
  /** The dirty marks seen while reading; a recount clears exactly these. */
  readonly marks: readonly { readonly ifi: string; readonly generation: number }[]
}

export interface RecountResult {
  readonly tenant: TenantId
  readonly learner: string
  readonly revision: number
  readonly marks: LearnerHistory['marks']
  readonly attempts: readonly Attempt[]
  /** Statements that are no evidence, by reason. */
  readonly untracked: Readonly<Partial<Record<Obstacle, number>>>
  readonly counts: readonly LearnerCount[]
  /** What later facts change about closed windows (ruling 16); one whose id is there is not written again. */
  readonly adjustments?: readonly Adjustment[]
}

export interface CountedLearner extends CountedKey {
  readonly learner: string
  readonly identities: readonly Identity[]
}

export interface WindowRef {
  readonly policy: string
  readonly version: number
  readonly start: number
}

/** A mass change that a job expands in slices (ruling 31). */
export interface PendingChange {
  readonly id: string
  readonly tenant: TenantId
  readonly kind: 'element' | 'policy' | 'setting'
  /** The element or policy id. */
  readonly subject: string
  readonly recorded: number
}

export interface ComputedThrough {
  /** No statement stored up to then is missing from any count. */
  readonly at: number
  /** What holds it back, in words for an administrator; null when nothing does. */
  readonly behind: string | null
  /** Learners who wait because their recount fails (ruling 30); null when there are none, or nothing holds `at` back. */
  readonly failing: FailingLearners | null
}

export interface FailingLearners {
  readonly learners: number
  /** Each of them was last tried then or later, ms. */
  readonly tried: number
  /** What `at` would be without them: tells whether anything else is still to be counted. */
  readonly others: number
}

/** How much a repair found wrong and mended. */
export interface Repaired {
  /** Derived rows (attempts, untracked counts, counted keys, first times) that no recount would ever touch. */
  readonly strays: number
  /** Windows whose total was not the number of their counted keys. */
  readonly windows: number
  /** Policies whose total was not the number of learners who ever qualified. */
  readonly policies: number
}

/** Newest first: by `first`, then id, descending. */
export interface AttemptSelection extends PageRequest {
  readonly learner?: string
  readonly element?: string
  /** On `first`: inclusive / exclusive, ms. */
  readonly after?: number
  readonly before?: number
  readonly tracked?: boolean
  readonly reason?: string
  /** Logically deleted ones are left out unless asked for (A23). */
  readonly deleted?: boolean
}

export interface MeteringStore {
  /** Learners with dirty marks, oldest first. */
  dirtyLearners(limit: number): Promise<readonly { readonly tenant: TenantId; readonly learner: string }[]>
  history(tenant: TenantId, learner: string): Promise<LearnerHistory | null>
  /**
   * The same for several at once, in their order: for the first of them, and for as many of the following as make one step.
   * Rejects only when the first one's cannot be read.
   */
  histories(
    learners: readonly { readonly tenant: TenantId; readonly learner: string }[],
  ): Promise<readonly (LearnerHistory | null)[]>
  /**
   * Replaces the learners' attempts, untracked counts and counted keys, refreshes the totals of every window touched, adds
   * the adjustments, and deletes the marks whose generation is unchanged: one commit. `stale` for a learner whose revision moved on;
   * `fenced` for all when the lease is no longer held. Nothing of a stale or fenced result is written.
   */
  writeRecounts(
    lease: Lease,
    results: readonly RecountResult[],
  ): Promise<readonly ('written' | 'stale' | 'fenced')[]>
  /** A learner whose recount fails: shown, never skipped (ruling 30). */
  markFailed(tenant: TenantId, learner: string, error: string): Promise<void>
  /** Marks these learners dirty: what else depends on them is to be worked out again. */
  mark(tenant: TenantId, learners: readonly string[]): Promise<void>
  /** Marks every learner of the tenant dirty: for a rebuild. */
  markAll(tenant: TenantId): Promise<void>
  /** The oldest ones of all tenants. */
  pendingChanges(limit: number): Promise<readonly PendingChange[]>
  /** Marks the next slice of learners the change touches; `done` when there are no more and the change is closed. */
  expandChange(lease: Lease, change: PendingChange, slice: number): Promise<'more' | 'done' | 'fenced'>
  computedThrough(tenant: TenantId): Promise<ComputedThrough>
  /** Never a scan: kept by the recount that changed it. */
  countOf(tenant: TenantId, window: WindowRef): Promise<number>
  /** Learners who ever qualified under the policy (ruling 9). */
  totalLearners(tenant: TenantId, policy: string): Promise<number>
  /** Keys whose evidence is of that instant or later: the live number of a rolling policy (ruling 10). A range of the index. */
  countSince(tenant: TenantId, window: WindowRef, since: number): Promise<number>
  /** Ordered by (evidence time, learner, key); with `since` only keys whose evidence is of that instant or later. */
  counted(
    tenant: TenantId,
    window: WindowRef,
    page: PageRequest & { readonly since?: number },
  ): Promise<Page<CountedLearner>>
  countedKeys(tenant: TenantId, window: WindowRef, learner: string): Promise<readonly CountedKey[]>
  /** Everything the learner counts for, under every policy version: for comparing with a rebuild. */
  countsOf(tenant: TenantId, learner: string): Promise<readonly LearnerCount[]>
  /** The learner's untracked counts, as the last recount gave them: for comparing with a rebuild. */
  untrackedOf(tenant: TenantId, learner: string): Promise<RecountResult['untracked']>
  learners(
    tenant: TenantId,
    page: PageRequest,
  ): Promise<Page<{ readonly id: string; readonly identities: readonly Identity[] }>>
  attempts(
    tenant: TenantId,
    selection: AttemptSelection,
  ): Promise<Page<Attempt & { readonly learner: string }>>
  /** The work list: statements without effect by reason, elements decided by default, mixed attempts. */
  review(tenant: TenantId): Promise<{
    readonly untracked: readonly {
      readonly reason: Obstacle
      readonly statements: number
      readonly learners: number
    }[]
    readonly defaultElements: readonly { readonly element: string; readonly attempts: number }[]
    readonly mixed: number
  }>
  /**
   * Mends what recounts leave alone, in steps that leave ingest its share. Removes derived rows of whomever `learners` does
   * not list (unless a recount that is due will), and counts under no policy version of the tenant; then counts the total of
   * each window and policy again. Right totals are not written; a second call finds nothing.
   */
  repair(tenant: TenantId): Promise<Repaired>
  /** Facts of one statement, as stored. @throws StoreError `damaged` when they cannot be read; `replaceFacts` mends that */
  factsOf(tenant: TenantId, statementId: string): Promise<readonly StoredFact[]>
  /** Puts `facts` in place of what is stored of a statement, and marks whom either speaks of: mends what was damaged. */
  replaceFacts(tenant: TenantId, statementId: string, facts: readonly Fact[]): Promise<void>
}
