/** The catalogue, launch records, and which identifiers are one person. */
import type { CatalogueEntry, LaunchRecord } from '../../attempts/derivation.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

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
