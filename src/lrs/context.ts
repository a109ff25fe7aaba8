/** What every operation works with: the stores, the clock, and the few values made at start. */
import type { Clock } from '../clock.ts'
import type { Stores } from '../store/ports.ts'
import type { Cmi5Policy } from './cmi5/conformance.ts'
import type { CatalogueOf } from './counting/catalogue.ts'

export interface Lrs {
  readonly stores: Stores
  readonly clock: Clock
  readonly catalogueOf: CatalogueOf
  /** Random UUID. */
  newId(): string
  readonly keys: {
    /** Key of the hash over credential secrets. */
    readonly credentials: string
    /** Signs session tokens. */
    readonly sessions: string
    /** Signs `more` cursors. */
    readonly cursors: string
    /** Signs snapshots: Ed25519, PKCS #8 in base64url. */
    readonly signing: string
  }
  /** `homePage` of the account that stands as `authority`. */
  readonly home: string
  /** What happens to statements that break the rules of cmi5; undefined: they are taken. */
  readonly cmi5?: Cmi5Policy
  /** Webhooks may reach addresses of private networks. */
  readonly privateWebhooks?: boolean
  /** Tells the jobs that something is dirty (ruling 34), or that a study was asked for. */
  wake(what?: 'studies'): void
}
