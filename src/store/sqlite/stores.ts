/** The ports, over a writer and readers. Apart from subjects.ts, so that the threads need not load what only ports need. */
import type { MovableClock } from '../../clock.ts'
import type { Stores } from '../ports.ts'
import { createActLog } from './acts.ts'
import { createAdjustmentStore } from './adjustments.ts'
import { createAgendaBackend } from './agenda-backend.ts'
import { createAlertStore } from './alerts.ts'
import { createAttachmentStore } from './attachments.ts'
import { createCredentialStore } from './credentials.ts'
import { createDescriptionStore } from './descriptions.ts'
import { createDocumentStore } from './documents.ts'
import { createElementStore } from './elements.ts'
import { consistentThrough } from './horizon.ts'
import { createIdentityStore } from './identities.ts'
import { createImportStore } from './imports.ts'
import { createKeyStore } from './keys.ts'
import { createLaunchStore } from './launches.ts'
import { createLeaseStore } from './leases.ts'
import { createMeteringStore } from './metering.ts'
import { createPersonStore } from './people.ts'
import { createPolicyStore } from './policies.ts'
import { createProfileStore } from './profiles.ts'
import { createRefusalLog } from './refusals.ts'
import { createRemovalStore } from './removals.ts'
import { createCmi5SessionStore } from './sessions.ts'
import { createSnapshotStore } from './snapshots.ts'
import { createStatementStore } from './statements.ts'
import { createStudyStore } from './studies.ts'
import type { Reads, Writes } from './subjects.ts'
import { createTenantStore } from './tenants.ts'
import { createUpkeep } from './upkeep.ts'
import { createWebhookStore } from './webhooks.ts'

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
