/**
 * What Rollcall needs from a database, in domain words. Each engine (sqlite/, mongo/) implements every port and passes
 * test/contract/. Every method takes the tenant first and never returns, counts or changes a row of another (ruling 24).
 * Times are ms since the epoch. A method that writes resolves only when what it wrote survives `kill -9`.
 */
import type { AgendaBackend } from 'agenda'
import type { Attempt, CatalogueEntry, LaunchRecord, Obstacle } from '../attempts/derivation.ts'
import type { Fact, Purpose, StoredFact } from '../attempts/fact.ts'
import type { CountedKey, LearnerCount } from '../metering/count.ts'
import type { Policy } from '../metering/policy.ts'

export type TenantId = string

/** `next` is opaque; null on the last page. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly cursor?: string
}

// ---------------------------------------------------------------------------------------------- tenants, keys, people

export interface Tenant {
  readonly id: TenantId
  readonly slug: string
  readonly name: string
  readonly created: number
}

export interface TenantStore {
  /** `taken` when the slug exists. */
  create(tenant: Tenant): Promise<'created' | 'taken'>
  list(): Promise<readonly Tenant[]>
  bySlug(slug: string): Promise<Tenant | null>
}

export type Role = 'admin' | 'licence' | 'compliance' | 'integrator'

export interface Person {
  readonly id: string
  readonly email: string
  readonly name: string
  readonly roles: readonly Role[]
  /** scrypt, self-describing (lrs/secrets.ts). */
  readonly passwordHash: string
  readonly created: number
}

export interface PersonStore {
  create(tenant: TenantId, person: Person): Promise<'created' | 'taken'>
  list(tenant: TenantId): Promise<readonly Person[]>
  byEmail(tenant: TenantId, email: string): Promise<Person | null>
  byId(tenant: TenantId, id: string): Promise<Person | null>
  remove(tenant: TenantId, id: string): Promise<boolean>
}

export interface Credential {
  readonly id: string
  readonly tenant: TenantId
  readonly label: string
  /** The public half, unique over all tenants: it opens exactly one. */
  readonly key: string
  /** Keyed hashes of the live secrets: one, or two during a rotation (ruling 22). */
  readonly secretHashes: readonly string[]
  readonly purpose: Purpose
  readonly scopes: readonly string[]
  readonly subAccount?: string
  readonly created: number
}

export interface CredentialStore {
  create(credential: Credential): Promise<'created' | 'taken'>
  /** Over all tenants: this is how a request finds its tenant. */
  byKey(key: string): Promise<Credential | null>
  list(tenant: TenantId): Promise<readonly Credential[]>
  setSecrets(tenant: TenantId, id: string, secretHashes: readonly string[]): Promise<boolean>
  remove(tenant: TenantId, id: string): Promise<boolean>
}

/** Secrets of the installation itself (token signing key, credential hash key): made once, the same for every process. */
export interface KeyStore {
  /** Returns the stored value under `name`, or stores `fresh` and returns it; all racers get the same. */
  getOrCreate(name: string, fresh: string): Promise<string>
}

// ------------------------------------------------------------------------------------------------------- statements

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
  /** Only of an imported one (ruling 37). */
  readonly provenance?: Provenance
  readonly facts: readonly Fact[]
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

export interface StatementStore {
  /**
   * Stores the whole batch or nothing, and never overwrites. In the same commit: voids both ways (a void may come before
   * its target), the facts with identities and automatic links, and the dirty marks of every learner touched.
   */
  insert(tenant: TenantId, batch: Batch): Promise<BatchOutcome>
  /** By id: `voided: false` finds only what is not voided, `true` only what is, undefined either. */
  find(tenant: TenantId, id: string, voided?: boolean): Promise<StoredStatement | null>
  select(
    tenant: TenantId,
    selection: StatementSelection,
  ): Promise<{ items: readonly StoredStatement[]; more: boolean }>
  /** The newest visible statement's seq; 0 when there is none. */
  lastSeq(tenant: TenantId): Promise<number>
  /** Every statement, voided ones too, ascending by seq: for rebuilding and export. */
  scan(tenant: TenantId, afterSeq: number, limit: number): Promise<readonly StoredStatement[]>
  /** Every statement with `stored` up to this instant is visible, and none with an earlier one will ever come. Monotonic. */
  consistentThrough(): Promise<number>
}

// ------------------------------------------------------------------------------------ catalogue, launches, identities

export interface ElementStore {
  /**
   * Adds entries; one equal to the entry valid at its `validFrom` changes nothing. Records a pending change for every
   * element whose settings changed, in the same commit (ruling 31). Returns how many entries were added.
   */
  put(tenant: TenantId, entries: readonly (CatalogueEntry & { readonly author: string })[]): Promise<number>
  /** The entries now in force, by id. */
  list(tenant: TenantId, now: number, page: PageRequest): Promise<Page<CatalogueEntry>>
  /** The whole history; cheap when `knownRevision` is still current (then `entries` is null). */
  history(
    tenant: TenantId,
    knownRevision?: number,
  ): Promise<{ revision: number; entries: readonly CatalogueEntry[] | null }>
}

export interface LaunchStore {
  /** Idempotent by `id` (a hash of the record). Marks the learners dirty in the same commit. Returns how many were new. */
  add(tenant: TenantId, records: readonly LaunchRecord[]): Promise<number>
}

export interface Identity {
  /** Canonical identifier (attempts/identity.ts). */
  readonly ifi: string
  readonly learner: string
  readonly name: string | null
  /** False when it is known only from a link. */
  readonly seen: boolean
}

export interface IdentityLink {
  readonly id: string
  readonly a: string
  readonly b: string
  readonly author: string
  readonly source: 'automatic' | 'alias' | 'import'
  readonly at: number
}

export interface LearnerMerge {
  /** The elder; the others redirect to it (ruling 19). */
  readonly into: string
  readonly from: readonly string[]
}

export interface IdentityStore {
  /**
   * Adds links, merges the learners they join, and marks them dirty, in one commit. With `dryRun` it only says what would
   * be merged. Refuses (`too-many`) when more than `confirmAbove` learners would be merged away (ruling 20).
   */
  link(
    tenant: TenantId,
    links: readonly IdentityLink[],
    options: { readonly dryRun: boolean; readonly confirmAbove: number },
  ): Promise<{ outcome: 'linked' | 'dry-run' | 'too-many'; added: number; merges: readonly LearnerMerge[] }>
  /** Follows redirects; null when there is no such learner. */
  learner(tenant: TenantId, learner: string): Promise<{ id: string; identities: readonly Identity[] } | null>
  byIfi(tenant: TenantId, ifi: string): Promise<Identity | null>
  links(tenant: TenantId, page: PageRequest): Promise<Page<IdentityLink>>
  /** Seen identifiers that no link but an automatic one joins to another, with how many of them each home has. */
  unlinked(tenant: TenantId, page: PageRequest): Promise<Page<Identity>>
}

// ---------------------------------------------------------------------------------------------------------- metering

export interface StoredPolicy {
  readonly policy: Policy
  readonly version: number
  /** SHA-256 of the counting part, and of the commercial part (counting §3). */
  readonly countHash: string
  readonly commercialHash: string
  /** A window boundary; null for the first version: it reaches back to the beginning. */
  readonly effectiveFrom: number | null
  readonly recorded: number
}

export interface PolicyStore {
  /** `taken` when that version exists. Records a pending change over all learners in the same commit. */
  add(tenant: TenantId, policy: StoredPolicy): Promise<'added' | 'taken'>
  /** All versions, by id then version. */
  list(tenant: TenantId): Promise<readonly StoredPolicy[]>
}

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
}

export interface Lease {
  readonly name: string
  readonly holder: string
  /** Grows with every change of holder; a write under an older one is refused (ruling 33). */
  readonly fence: number
}

export interface LeaseStore {
  /** Null while another holder's lease is live. Renews for the same holder (same fence). */
  acquire(name: string, holder: string, ttlMs: number): Promise<Lease | null>
  release(lease: Lease): Promise<void>
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
   * Replaces the learners' attempts, untracked counts and counted keys, refreshes the totals of every window touched, and
   * deletes the marks whose generation is unchanged: one commit. `stale` for a learner whose revision moved on;
   * `fenced` for all when the lease is no longer held. Nothing of a stale or fenced result is written.
   */
  writeRecounts(
    lease: Lease,
    results: readonly RecountResult[],
  ): Promise<readonly ('written' | 'stale' | 'fenced')[]>
  /** A learner whose recount fails: shown, never skipped (ruling 30). */
  markFailed(tenant: TenantId, learner: string, error: string): Promise<void>
  /** Marks every learner of the tenant dirty: for a rebuild. */
  markAll(tenant: TenantId): Promise<void>
  pendingChanges(): Promise<readonly PendingChange[]>
  /** Marks the next slice of learners the change touches; `done` when there are no more and the change is closed. */
  expandChange(lease: Lease, change: PendingChange, slice: number): Promise<'more' | 'done' | 'fenced'>
  computedThrough(tenant: TenantId): Promise<ComputedThrough>
  /** Never a scan: kept by the recount that changed it. */
  countOf(tenant: TenantId, window: WindowRef): Promise<number>
  /** Learners who ever qualified under the policy (ruling 9). */
  totalLearners(tenant: TenantId, policy: string): Promise<number>
  /** Ordered by (evidence time, learner, key). */
  counted(tenant: TenantId, window: WindowRef, page: PageRequest): Promise<Page<CountedLearner>>
  countedKeys(tenant: TenantId, window: WindowRef, learner: string): Promise<readonly CountedKey[]>
  /** Everything the learner counts for, under every policy version: for comparing with a rebuild. */
  countsOf(tenant: TenantId, learner: string): Promise<readonly LearnerCount[]>
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
  /** Facts of one statement, as stored. */
  factsOf(tenant: TenantId, statementId: string): Promise<readonly StoredFact[]>
}

// ----------------------------------------------------------------------------------------------------------- refusals

/** A refused request (ruling 25): never its body. */
export interface RefusalRecord {
  readonly at: number
  readonly credential: string | null
  readonly method: string
  readonly path: string
  readonly status: number
  readonly detail: string
  readonly requirement: string | null
}

export interface RefusalLog {
  /** Keeps the newest `keep` of the tenant. May lose the last seconds in a crash. */
  add(tenant: TenantId, refusal: RefusalRecord, keep: number): Promise<void>
  list(tenant: TenantId, page: PageRequest): Promise<Page<RefusalRecord>>
}

// ----------------------------------------------------------------------------------------------------------- imports

/** A named batch of statements from a file (ruling 37), and how far it has come. */
export interface ImportRecord {
  readonly name: string
  /** SHA-256 of the file's text, uncompressed, hex: another file under the same name is another import. */
  readonly hash: string
  readonly purpose: Purpose
  readonly started: number
  /** Null until the last line was reached. */
  readonly finished: number | null
  /** Lines dealt with, from the first on. */
  readonly lines: number
  readonly stored: number
  readonly existing: number
  readonly refused: number
}

export interface ImportStore {
  /** Adds the record, or replaces the one of its name. */
  put(tenant: TenantId, record: ImportRecord): Promise<void>
  byName(tenant: TenantId, name: string): Promise<ImportRecord | null>
}

// ------------------------------------------------------------------------------------------------------------ upkeep

export interface StoreSize {
  /** What the data takes on its medium; null where the engine does not say. */
  readonly bytes: number | null
  /** What is left there; null where the engine does not say. */
  readonly freeBytes: number | null
}

export interface BackupReport {
  /** Names within the directory of the backup. */
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[]
}

/** What an operator needs of a database beside its contents. */
export interface Upkeep {
  /** Resolves when a write that takes up room has just been made durable; StoreError `unavailable` when it could not be. */
  probe(): Promise<void>
  size(): Promise<StoreSize>
  /**
   * Writes a consistent copy of everything into this empty directory while others go on reading and writing: all that was
   * answered before the call, and no half of any commit. Null where the engine's own tools do that (docs/operations.md).
   */
  readonly backup: ((directory: string) => Promise<BackupReport>) | null
}

// ------------------------------------------------------------------------------------------------------------ the set

export interface Stores {
  readonly tenants: TenantStore
  readonly people: PersonStore
  readonly credentials: CredentialStore
  readonly keys: KeyStore
  readonly statements: StatementStore
  readonly elements: ElementStore
  readonly launches: LaunchStore
  readonly identities: IdentityStore
  readonly policies: PolicyStore
  readonly metering: MeteringStore
  readonly leases: LeaseStore
  readonly refusals: RefusalLog
  readonly imports: ImportStore
  readonly upkeep: Upkeep
  /** For one Agenda (each call gives a backend of its own): jobs live in the same store. */
  jobs(): AgendaBackend
  /** Waits for what is being written, then lets go of the database. */
  close(): Promise<void>
}
