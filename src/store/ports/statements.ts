/** Statements in and out. */
import type { Fact } from '../../attempts/fact.ts'
import type { Description } from '../../xapi/description.ts'
import type { StagedAttachment } from './attachments.ts'
import type { TenantId } from './page.ts'

/** A valid statement, ready to be stored. */
export interface IncomingStatement {
  /** Lower-case UUID, unique in its batch. */
  readonly id: string
  /** Exactly as received (ruling 26). */
  readonly raw: string
  /** The instant of its own `timestamp`; null when it sent none. */
  readonly timestamp: number | null
  /** `version` as it will be shown. */
  readonly version: string
  /** Index terms (xapi/terms.ts). */
  readonly terms: readonly string[]
  /** The id it voids, if it is a voiding statement. */
  readonly voids: string | null
  /** The id its object refers to (a StatementRef), for finding it by its target's terms too (xapi.md §4.5); null or absent: none. */
  readonly refersTo?: string | null
  readonly facts: readonly Fact[]
  /** Staged bytes it refers to; absent: none. Becomes its own with the batch; what a known statement brings again is not taken. */
  readonly attachments?: readonly StagedAttachment[]
  /** What it says of Activities and Agents; nothing when its writer may not define any. */
  readonly describes?: readonly Description[]
  /** Only of an imported one (ruling 37). */
  readonly provenance?: Provenance
}

/** What the source of an imported statement said of it (ruling 37). */
export interface Provenance {
  /** When the source received it, ms: stands wherever the received time decides (StoredFact.stored); null: it did not say. */
  readonly received: number | null
  /** The `authority` the source showed, as JSON text; null: it showed none. */
  readonly authority: string | null
}

export interface Batch {
  readonly credential: string
  /** The Agent set as `authority`, as JSON text. */
  readonly authority: string
  /** May void statements of other credentials (ruling 23). */
  readonly voidsOthers: boolean
  /** Decides how durations compare (xapi/immutability.ts). */
  readonly version: '1.0.3' | '2.0.0'
  readonly statements: readonly IncomingStatement[]
}

export type BatchOutcome =
  /** `existing`: ids that were there already with equal content. */
  | { readonly outcome: 'stored'; readonly stored: number; readonly existing: readonly string[] }
  /** These ids are taken by other content; nothing of the batch is stored. */
  | { readonly outcome: 'conflict'; readonly ids: readonly string[] }
  /** These statements belong to another credential and may not be voided by this one; nothing is stored. */
  | { readonly outcome: 'void-forbidden'; readonly ids: readonly string[] }

export interface StoredStatement {
  readonly seq: number
  readonly id: string
  readonly raw: string
  /** Strictly greater than that of every earlier commit; equal only within one. */
  readonly stored: number
  readonly authority: string
  readonly version: string
  readonly credential: string
  readonly voided: boolean
  /** Given by `scan` alone, and only of an imported one. */
  readonly provenance?: Provenance
}

/** Which statements, in order of `stored` then `seq`. Voided ones are left out. */
export interface StatementSelection {
  /** All must hold. */
  readonly terms: readonly string[]
  /** Exclusive / inclusive, on `stored`. */
  readonly since?: number
  readonly until?: number
  readonly ascending: boolean
  readonly limit: number
  /** Continue after this statement (`seq`). */
  readonly after?: number
  /** Nothing newer than this: keeps a paged answer stable while others write. */
  readonly upTo?: number
}

/** A place in the order of time: `at` is its own timestamp, or `stored` where it sent none. */
export interface TimePosition {
  readonly at: number
  readonly seq: number
}

/** Which statements, in order of their own time then `seq`. Voided ones are left out. */
export interface TimeSelection {
  /** All must hold. */
  readonly terms: readonly string[]
  /** On their own time: inclusive / exclusive. */
  readonly from?: number
  readonly before?: number
  readonly ascending: boolean
  readonly limit: number
  readonly after?: TimePosition
  /** Nothing stored after this seq. */
  readonly upTo: number
}

export interface StatementStore {
  /**
   * Stores the whole batch or nothing, and never overwrites. In the same commit: voids both ways (a void may come before
   * its target), the facts with identities and automatic links, the bytes of its attachments, and the dirty marks of every
   * learner touched; and what the statements that were not there before describe (DescriptionStore).
   */
  insert(tenant: TenantId, batch: Batch): Promise<BatchOutcome>
  /** By id: `voided: false` finds only what is not voided, `true` only what is, undefined either. */
  find(tenant: TenantId, id: string, voided?: boolean): Promise<StoredStatement | null>
  select(
    tenant: TenantId,
    selection: StatementSelection,
  ): Promise<{ items: readonly StoredStatement[]; more: boolean }>
  /**
   * Bounded work: a page may be shorter than asked for, or empty, and still go on. `next`: where; null when there is no more.
   */
  selectByTime(
    tenant: TenantId,
    selection: TimeSelection,
  ): Promise<{ items: readonly StoredStatement[]; next: TimePosition | null }>
  /** The newest visible statement's seq; 0 when there is none. */
  lastSeq(tenant: TenantId): Promise<number>
  /** How many there are up to this seq, voided ones too: looks at each of them in an index. */
  count(tenant: TenantId, upTo: number): Promise<number>
  /** Every statement, voided ones too, ascending by seq: for rebuilding and export. */
  scan(tenant: TenantId, afterSeq: number, limit: number): Promise<readonly StoredStatement[]>
  /** Every statement with `stored` up to this instant is visible, and none with an earlier one will ever come. Monotonic. */
  consistentThrough(): Promise<number>
}
