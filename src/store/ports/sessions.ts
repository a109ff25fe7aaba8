/** Sessions of cmi5: one launch of one AU, and the credential its content gets (cmi5 §8.2). */
import type { LaunchMode } from '../../attempts/fact.ts'
import type { TenantId } from './page.ts'

export interface Cmi5Session {
  readonly tenant: TenantId
  /** The cmi5 session id: unique in its tenant. */
  readonly id: string
  /** Public half of its credential and of its fetch URL, unique over all tenants: it opens exactly one. */
  readonly key: string
  /** Shown in `authority` and in lists: who launched it. */
  readonly label: string
  /** Of the credential that launched it (ruling 7). */
  readonly subAccount: string | null
  /** Canonical identifier of the learner. */
  readonly learner: string
  /** Lower case. */
  readonly registration: string
  /** Id of the AU. */
  readonly activity: string
  readonly mode: LaunchMode
  readonly created: number
  /** From then on the credential opens nothing. */
  readonly expires: number
  /** Keyed hash of the fetch URL's token, and until when it can be used. */
  readonly fetchHash: string
  readonly fetchBy: number
  /** Keyed hash of the credential's secret; null until it was fetched. */
  readonly secretHash: string | null
}

export interface Cmi5SessionStore {
  /** `taken` when the tenant has a session of that id, or any tenant one of that key. */
  create(session: Cmi5Session): Promise<'created' | 'taken'>
  /** Over all tenants: this is how a request finds its tenant. */
  byKey(key: string): Promise<Cmi5Session | null>
  byId(tenant: TenantId, id: string): Promise<Cmi5Session | null>
  /** Sets the secret if there is none yet: of all racers one gets true, for ever. */
  open(tenant: TenantId, id: string, secretHash: string): Promise<boolean>
  remove(tenant: TenantId, id: string): Promise<boolean>
  /** Removes the tenant's sessions that expired before this instant, the oldest first, so many at most. Returns how many. */
  prune(tenant: TenantId, before: number, limit: number): Promise<number>
}
