/** Tenants, people, credentials, and the refused requests of each tenant. */
import type { Purpose } from '../../attempts/fact.ts'
import type { Page, PageRequest, TenantId } from './page.ts'

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
  /** scrypt, self-describing (lrs/access/secrets.ts). */
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
