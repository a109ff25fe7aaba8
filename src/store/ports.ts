/**
 * What Rollcall needs from a database, in domain words. Each engine (sqlite/, mongo/) implements every port and passes
 * test/contract/. Every method takes the tenant first and never returns, counts or changes a row of another (ruling 24).
 * Times are ms since the epoch. A method that writes resolves only when what it wrote survives `kill -9`.
 */
import type { AgendaBackend } from 'agenda'
import type { CredentialStore, KeyStore, PersonStore, RefusalLog, TenantStore } from './ports/accounts.ts'
import type { AlertStore, WebhookStore } from './ports/alerts.ts'
import type { AttachmentStore } from './ports/attachments.ts'
import type { ActLog, AdjustmentStore, SnapshotStore } from './ports/closing.ts'
import type { DescriptionStore } from './ports/descriptions.ts'
import type { DocumentStore } from './ports/documents.ts'
import type { ElementStore, IdentityStore, LaunchStore, ProfileStore } from './ports/feeds.ts'
import type { LeaseStore } from './ports/leases.ts'
import type { MeteringStore } from './ports/metering.ts'
import type { ImportStore, Upkeep } from './ports/operations.ts'
import type { PolicyStore } from './ports/policies.ts'
import type { RemovalStore } from './ports/removals.ts'
import type { Cmi5SessionStore } from './ports/sessions.ts'
import type { StatementStore } from './ports/statements.ts'
import type { StudyStore } from './ports/studies.ts'

export type * from './ports/accounts.ts'
export type * from './ports/alerts.ts'
export type * from './ports/attachments.ts'
export type * from './ports/closing.ts'
export * from './ports/descriptions.ts'
export type * from './ports/documents.ts'
export type * from './ports/feeds.ts'
export type * from './ports/leases.ts'
export type * from './ports/metering.ts'
export type * from './ports/operations.ts'
export type * from './ports/page.ts'
export type * from './ports/policies.ts'
export type * from './ports/removals.ts'
export type * from './ports/sessions.ts'
export type * from './ports/statements.ts'
export type * from './ports/studies.ts'

export interface Stores {
  readonly tenants: TenantStore
  readonly people: PersonStore
  readonly credentials: CredentialStore
  readonly keys: KeyStore
  readonly statements: StatementStore
  readonly attachments: AttachmentStore
  readonly descriptions: DescriptionStore
  readonly documents: DocumentStore
  readonly elements: ElementStore
  readonly launches: LaunchStore
  readonly identities: IdentityStore
  readonly profiles: ProfileStore
  readonly policies: PolicyStore
  readonly removals: RemovalStore
  readonly metering: MeteringStore
  readonly snapshots: SnapshotStore
  readonly adjustments: AdjustmentStore
  readonly acts: ActLog
  readonly alerts: AlertStore
  readonly webhooks: WebhookStore
  readonly studies: StudyStore
  readonly leases: LeaseStore
  readonly cmi5Sessions: Cmi5SessionStore
  readonly refusals: RefusalLog
  readonly imports: ImportStore
  readonly upkeep: Upkeep
  /** For one Agenda (each call gives a backend of its own): jobs live in the same store. */
  jobs(): AgendaBackend
  /** Waits for what is being written, then lets go of the database. */
  close(): Promise<void>
}
