/** The ports, over a writer and readers. Apart from subjects.ts, so that the threads need not load what only ports need. */
import type { MovableClock } from '../../clock.ts'
import type { Stores } from '../ports.ts'
import { createCredentialStore } from './accounts/credentials.ts'
import { createKeyStore } from './accounts/keys.ts'
import { createPersonStore } from './accounts/people.ts'
import { createRefusalLog } from './accounts/refusals.ts'
import { createCmi5SessionStore } from './accounts/sessions.ts'
import { createTenantStore } from './accounts/tenants.ts'
import { createAlertStore } from './alerts/alerts.ts'
import { createWebhookStore } from './alerts/webhooks.ts'
import { createAttachmentStore } from './attachments/attachments.ts'
import { createElementStore } from './catalogue/elements.ts'
import { createLaunchStore } from './catalogue/launches.ts'
import { createActLog } from './closing/acts.ts'
import { createAdjustmentStore } from './closing/adjustments.ts'
import { createSnapshotStore } from './closing/snapshots.ts'
import { createRemovalStore } from './deleting/removals.ts'
import { createDocumentStore } from './documents/documents.ts'
import { createAgendaBackend } from './jobs/agenda-backend.ts'
import { createLeaseStore } from './jobs/leases.ts'
import { createStudyStore } from './jobs/studies.ts'
import { createIdentityStore } from './learners/identities.ts'
import { createProfileStore } from './learners/profiles.ts'
import { createMeteringStore } from './metering/metering.ts'
import { createPolicyStore } from './metering/policies.ts'
import { createImportStore } from './operations/imports.ts'
import { createUpkeep } from './operations/upkeep.ts'
import { createDescriptionStore } from './statements/descriptions.ts'
import { createStatementStore } from './statements/statements.ts'
import type { Reads, Writes } from './subjects.ts'
import { consistentThrough } from './threads/horizon.ts'

export interface StoreParts {
  readonly writes: Writes
  readonly reads: Reads
  /** With the clock they answer Consistent-Through without asking a thread (horizon.ts). */
  readonly cells: SharedArrayBuffer
  readonly clock: MovableClock
  /** The database file: the same for every thread on the same data. */
  readonly file: string
}

export function createStores({ writes, reads, cells, clock, file }: StoreParts): Omit<Stores, 'close'> {
  const horizon = () => consistentThrough(cells, clock)
  return {
    tenants: createTenantStore(writes, reads),
    people: createPersonStore(writes, reads),
    credentials: createCredentialStore(writes, reads),
    keys: createKeyStore(writes),
    statements: createStatementStore(writes, reads, horizon),
    attachments: createAttachmentStore(writes, reads, file),
    descriptions: createDescriptionStore(reads),
    documents: createDocumentStore(writes, reads),
    elements: createElementStore(writes, reads),
    launches: createLaunchStore(writes),
    identities: createIdentityStore(writes, reads),
    profiles: createProfileStore(writes, reads),
    policies: createPolicyStore(writes, reads),
    removals: createRemovalStore(writes, reads),
    metering: createMeteringStore(writes, reads, horizon),
    snapshots: createSnapshotStore(writes, reads),
    adjustments: createAdjustmentStore(writes, reads),
    acts: createActLog(writes, reads),
    alerts: createAlertStore(writes, reads),
    webhooks: createWebhookStore(writes, reads),
    studies: createStudyStore(writes, reads),
    leases: createLeaseStore(writes, reads, clock),
    refusals: createRefusalLog(writes, reads),
    cmi5Sessions: createCmi5SessionStore(writes, reads),
    imports: createImportStore(writes, reads),
    upkeep: createUpkeep(writes, file),
    jobs: () => createAgendaBackend({ writes, reads, clock, channel: file }),
  }
}
