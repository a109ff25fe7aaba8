/** The catalogue, launch records, and which identifiers are one person. */
import type { CatalogueEntry, LaunchRecord } from '../../attempts/derivation.ts'
import type { GivenProfile } from '../../attempts/profile.ts'
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
  /** False when no statement has brought it: it is known from a link or a profile only. */
  readonly seen: boolean
  /** What was said of its person under this identifier; of several, attempts/profile.ts says which one holds. */
  readonly profile?: GivenProfile
}

export interface ProfileEntry extends GivenProfile {
  /** Canonical identifier. */
  readonly ifi: string
}

export type GroupKind = 'team' | 'role' | 'test'

export interface GroupRef {
  readonly kind: GroupKind
  /** Of `test`: empty. */
  readonly name: string
}

export interface ProfileStore {
  /**
   * Puts each profile in place of what its identifier had, one commit for all. Identifiers nobody has heard of become known,
   * with a learner of their own. Marks those whose profile changed; the same again, author and time aside, changes nothing.
   * @returns how many changed
   */
  put(tenant: TenantId, entries: readonly ProfileEntry[]): Promise<number>
  /** Learners whose profile, as it holds now, has all of these groups; each once, in a stable order. */
  members(
    tenant: TenantId,
    groups: readonly [GroupRef, ...GroupRef[]],
    page: PageRequest,
  ): Promise<Page<{ readonly id: string; readonly identities: readonly Identity[] }>>
  /** Every team and role that anybody's identifier has, by kind then name. */
  groups(tenant: TenantId): Promise<readonly GroupRef[]>
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

export interface Unlinking {
  /** Who they were until then. */
  readonly learner: string
  /** The identifiers of each learner they are then, sorted; of the one who keeps the id first. One part: nothing parts. */
  readonly parts: readonly (readonly string[])[]
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
  /** The identities of whoever stands for each of these learners now; unknown ones are left out. */
  ofLearners(tenant: TenantId, learners: readonly string[]): Promise<ReadonlyMap<string, readonly Identity[]>>
  byIfi(tenant: TenantId, ifi: string): Promise<Identity | null>
  links(tenant: TenantId, page: PageRequest): Promise<Page<IdentityLink>>
  /** The links between a learner's identifiers, oldest first; automatic ones are left out. */
  linksOf(tenant: TenantId, learner: string): Promise<readonly IdentityLink[]>
  /**
   * Removes a link. What the links that remain hold together stays one learner; what they do not is a learner again: the one it
   * was before it was merged, or a new one. The elder keeps its id. Marks everybody concerned in the same commit. With `dryRun`
   * it only says what would be. Null when there is no such link; an automatic one cannot be removed.
   */
  unlink(tenant: TenantId, id: string, options: { readonly dryRun: boolean }): Promise<Unlinking | null>
  /** Seen identifiers that no link but an automatic one joins to another, with how many of them each home has. */
  unlinked(tenant: TenantId, page: PageRequest): Promise<Page<Identity>>
}
