/**
 * The collections of accounts, catalogue, policies and counts: their documents, and the indexes that every query of them
 * uses. Each truth has one document that decides it; rows beside it are brought into line by whoever decided (recounts.ts).
 */
import type { Collection, Db, IndexDescription } from 'mongodb'
import type { ElementKind, Obstacle, UtilizationTracking } from '../../../attempts/derivation.ts'
import type { TenantId, WindowRef } from '../../ports.ts'

/** A mass change that is not expanded yet (ruling 31). It lies in the document whose change it is: one commit. */
export interface PendingPart {
  /** Another one with each change. */
  readonly id: string
  /** ms; computedThrough stays before it. */
  readonly recorded: number
  /** How far it is expanded (changes-touched.ts). */
  readonly phase: number
  readonly position: string
}

export interface EntryPart {
  readonly name: string
  readonly kind: ElementKind
  readonly utilizationTracking: UtilizationTracking
  readonly validFrom: number
  readonly tags?: readonly string[]
  readonly author: string
  readonly recorded: number
  /** A later put for the same instant took its place. */
  readonly superseded?: true
}

/** One element with its whole history (ruling 1). */
export interface ElementDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  /** The catalogue's revision that changed it last. */
  readonly revision: number
  /** In the order they were made. */
  readonly entries: readonly EntryPart[]
  readonly pending?: PendingPart
}

/** A put that is decided, but not yet in all its elements: whoever meets it finishes it. */
export interface PutPart {
  readonly by: string
  readonly recorded: number
  readonly entries: readonly (Omit<EntryPart, 'recorded' | 'superseded'> & { readonly id: string })[]
  /** Ids whose settings, not only names, changed. */
  readonly changed: readonly string[]
}

/** The catalogue of a tenant. Compare-and-set on its revision decides every put. */
export interface CatalogueDoc {
  /** The tenant. */
  readonly _id: string
  readonly revision: number
  readonly put?: PutPart
}

/** One version of a policy; immutable but for `pending`. */
export interface PolicyDoc {
  /** keyOf(tenant, id, version) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly version: number
  /** The Policy as JSON text. */
  readonly data: string
  readonly countHash: string
  readonly commercialHash: string
  readonly effectiveFrom: number | null
  readonly recorded: number
  readonly by: string
  readonly pending?: PendingPart
}

/** What a recount has begun to write, until it is all there. */
export interface UnsettledPart {
  /** `_id` of the rows that it, or one before it that was cut off, may still write. */
  readonly counted: readonly string[]
  readonly attempts: readonly string[]
  /** Totals that may be wrong: of these windows, and of these policies. */
  readonly windows: readonly WindowRef[]
  readonly policies: readonly string[]
}

/** The recount of one learner: compare-and-set on `n` decides whose result it is. */
export interface RecountDoc {
  /** keyOf(tenant, learner) */
  readonly _id: string
  readonly tenant: TenantId
  readonly learner: string
  readonly bucket: string
  /** Grows with each recount, and is stamped on every row it writes. */
  readonly n: number
  readonly untracked: readonly { readonly reason: Obstacle; readonly statements: number }[]
  readonly qualified: readonly { readonly policy: string; readonly version: number; readonly first: number }[]
  /** Merged into another learner: nothing is ever counted for this one again. */
  readonly absorbed?: true
  readonly unsettled?: UnsettledPart
}

/** A row of a learner's recount. */
export interface RowDoc {
  readonly _id: string
  readonly tenant: TenantId
  readonly learner: string
  /** Of the recount that wrote it; one with a lower number cannot overwrite it. */
  readonly n: number
  /**
   * A tombstone, without the members of its kind: it keeps a recount that was cut off, and may wake up later, from writing a
   * row that the next one did not want.
   */
  readonly gone?: true
}

export interface CountedDoc extends RowDoc {
  readonly policy: string
  readonly version: number
  readonly windowStart: number
  readonly key: string
  readonly bucket: string
  readonly statementId: string
  readonly at: number
  readonly stored: number
  readonly rule: string
}

export interface AttemptDoc extends RowDoc {
  readonly id: string
  readonly element: string
  readonly first: number
  readonly tracked: boolean
  readonly reason: string
  readonly deleted: boolean
  /** Its element, when nothing but the default decided that it is tracked, and it is not deleted. */
  readonly byDefault?: string
  /** Only when it is not deleted. */
  readonly mixed?: true
  /** The Attempt as JSON text. */
  readonly data: string
}

/** Of a window: counted keys. Of a policy: learners who ever qualified. By bucket of learners, so that counting is short. */
export interface TotalDoc {
  /** keyOf(tenant, policy, version, start), or keyOf(tenant, policy) */
  readonly _id: string
  readonly revision: number
  readonly buckets: Readonly<Record<string, number>>
}

export interface FailureDoc {
  /** keyOf(tenant, learner) */
  readonly _id: string
  readonly error: string
  readonly times: number
  readonly at: number
}

export interface LaunchDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  /** identityKey of its learner. */
  readonly who: string
  readonly at: number
  /** The LaunchRecord as JSON text. */
  readonly data: string
  /** The journal that brought it. */
  readonly batch: string
}

export interface DeletionDoc {
  /** keyOf(tenant, id) */
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly at: number
  readonly state: string
  /** Its `at` until it is done or refused. */
  readonly open?: number
  /** The DeletionRecord as JSON text. */
  readonly data: string
}

export interface ImportDoc {
  /** keyOf(tenant, name) */
  readonly _id: string
  /** The ImportRecord as JSON text. */
  readonly data: string
}

export const METER_COLLECTIONS = {
  tenants: [{ key: { slug: 1 }, unique: true }, { key: { created: 1, _id: 1 } }],
  people: [{ key: { tenant: 1, email: 1 }, unique: true }, { key: { tenant: 1, created: 1, id: 1 } }],
  credentials: [{ key: { key: 1 }, unique: true }, { key: { tenant: 1, created: 1, id: 1 } }],
  cmi5_sessions: [{ key: { key: 1 }, unique: true }, { key: { tenant: 1, expires: 1 } }],
  refusals: [{ key: { tenant: 1, number: 1 } }],
  catalogues: [{ key: { 'put.recorded': 1 }, sparse: true }],
  elements: [
    { key: { tenant: 1, id: 1 } },
    { key: { 'pending.recorded': 1 }, sparse: true },
    { key: { tenant: 1, 'pending.recorded': 1 } },
  ],
  policies: [
    { key: { tenant: 1, id: 1, version: 1 } },
    { key: { 'pending.recorded': 1 }, sparse: true },
    { key: { tenant: 1, 'pending.recorded': 1 } },
  ],
  recounts: [
    { key: { tenant: 1, 'untracked.reason': 1 } },
    { key: { tenant: 1, 'qualified.policy': 1, bucket: 1 } },
  ],
  counted: [
    { key: { tenant: 1, policy: 1, version: 1, windowStart: 1, at: 1, learner: 1, key: 1 } },
    { key: { tenant: 1, policy: 1, version: 1, windowStart: 1, bucket: 1 } },
    { key: { tenant: 1, learner: 1, policy: 1, version: 1, windowStart: 1, key: 1 } },
  ],
  attempts: [
    { key: { tenant: 1, first: 1, id: 1 } },
    { key: { tenant: 1, element: 1, first: 1, id: 1 } },
    { key: { tenant: 1, learner: 1, first: 1, id: 1 } },
    { key: { tenant: 1, tracked: 1, first: 1, id: 1 } },
    { key: { tenant: 1, byDefault: 1 } },
    { key: { tenant: 1, mixed: 1 } },
  ],
  launches: [{ key: { tenant: 1, who: 1, at: 1, id: 1 } }],
  deletions: [
    { key: { tenant: 1, at: 1, id: 1 } },
    { key: { tenant: 1, state: 1, at: 1 } },
    { key: { open: 1 }, sparse: true },
  ],
  // Found by `_id` alone.
  window_totals: [],
  policy_totals: [],
  failures: [],
  imports: [],
  refusal_numbers: [],
  keys: [],
  leases: [],
  probe: [],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export interface MeterCollections {
  readonly elements: Collection<ElementDoc>
  readonly catalogues: Collection<CatalogueDoc>
  readonly policies: Collection<PolicyDoc>
  readonly recounts: Collection<RecountDoc>
  readonly counted: Collection<CountedDoc>
  readonly attempts: Collection<AttemptDoc>
  readonly windowTotals: Collection<TotalDoc>
  readonly policyTotals: Collection<TotalDoc>
  readonly failures: Collection<FailureDoc>
  readonly launches: Collection<LaunchDoc>
  readonly imports: Collection<ImportDoc>
  readonly deletions: Collection<DeletionDoc>
}

export function meterCollections(db: Db): MeterCollections {
  return {
    elements: db.collection('elements'),
    catalogues: db.collection('catalogues'),
    policies: db.collection('policies'),
    recounts: db.collection('recounts'),
    counted: db.collection('counted'),
    attempts: db.collection('attempts'),
    windowTotals: db.collection('window_totals'),
    policyTotals: db.collection('policy_totals'),
    failures: db.collection('failures'),
    launches: db.collection('launches'),
    imports: db.collection('imports'),
    deletions: db.collection('deletions'),
  }
}
