/** The ports, over one client. */
import type { Db } from 'mongodb'
import type { Clock, MovableClock } from '../../clock.ts'
import type { Stores } from '../ports.ts'
import { createCredentialStore } from './accounts/credentials.ts'
import { createKeyStore } from './accounts/keys.ts'
import { createPersonStore } from './accounts/people.ts'
import { createRefusalLog } from './accounts/refusals.ts'
import { createCmi5SessionStore } from './accounts/sessions.ts'
import { createTenantStore } from './accounts/tenants.ts'
import { createAlertStore } from './alerts/alerts.ts'
import { createWebhookStore } from './alerts/webhooks.ts'
import { createAttachmentTaking } from './attachments/attachment-taking.ts'
import { createAttachmentStore } from './attachments/attachments.ts'
import { createCataloguePuts } from './catalogue/catalogue-put.ts'
import { createElementStore } from './catalogue/elements.ts'
import { createLaunchStore, LAUNCHES, launchesEffect } from './catalogue/launches.ts'
import { createActLog } from './closing/acts.ts'
import { createAdjustmentStore } from './closing/adjustments.ts'
import { createSnapshotStore } from './closing/snapshots.ts'
import type { Effect } from './commit/journal.ts'
import { TIMING, type Timing, tend } from './commit/sweeper.ts'
import { deletionStore } from './deleting/deletions.ts'
import { createRemovalStore, HIDE, hideEffect, PURGE, purgeEffect } from './deleting/removals.ts'
import { createDocumentStore } from './documents/documents.ts'
import { createGate, guarded } from './driver/connection.ts'
import { createCore } from './driver/core.ts'
import { createAgendaBackend } from './jobs/agenda-backend.ts'
import { createLeaseStore } from './jobs/leases.ts'
import { createStudyStore } from './jobs/studies.ts'
import { createIdentityStore } from './learners/identities.ts'
import { createJoins } from './learners/join.ts'
import { createProfileStore, PROFILES, profilesEffect } from './learners/profiles.ts'
import { createMeteringStore } from './metering/metering.ts'
import { createPolicyStore } from './metering/policies.ts'
import { createImportStore } from './operations/imports.ts'
import { createUpkeep } from './operations/upkeep.ts'
import { attachmentCollections } from './schema/attachment-collections.ts'
import { statementCollections } from './schema/collections.ts'
import { createDescriptionStore } from './statements/descriptions.ts'
import { createPurged } from './statements/purged.ts'
import { createStatementStore } from './statements/statements.ts'

export interface StoreParts {
  readonly db: Db
  readonly clock: MovableClock
  readonly timing?: Timing
  /** Settles what others left; one thread of a process is enough. */
  readonly sweeps: boolean
}

export type MongoPorts = Omit<Stores, 'close'> & {
  /** Waits for what is being written. */
  stop(): Promise<void>
}

export function createStores({ db, clock, timing = TIMING, sweeps }: StoreParts): MongoPorts {
  const gate = createGate()
  const collections = statementCollections(db)
  const core = createCore({ db, clock, timing, effects: effectsOf(db, clock) })
  const puts = createCataloguePuts(db, () => clock.now())
  const report = (error: unknown) => {
    process.stderr.write(
      `${JSON.stringify({ level: 'error', msg: 'store upkeep failed', error: String(error) })}\n`,
    )
  }
  const launches = createLaunchStore(db, core.journal)
  const { finishAll, ...documents } = createDocumentStore(db, launches)
  const tending = tend({ ...core, finish: finishAll }, timing, sweeps, report)
  return {
    tenants: guarded(createTenantStore(db), gate),
    people: guarded(createPersonStore(db), gate),
    credentials: guarded(createCredentialStore(db), gate),
    keys: guarded(createKeyStore(db), gate),
    statements: guarded(createStatementStore(core), gate),
    attachments: guarded(
      createAttachmentStore(db, collections, () => clock.now()),
      gate,
    ),
    descriptions: guarded(createDescriptionStore(collections), gate),
    documents: guarded(documents, gate),
    elements: guarded(createElementStore(db, puts), gate),
    launches: guarded(launches, gate),
    identities: guarded(createIdentityStore(core), gate),
    profiles: guarded(createProfileStore(core), gate),
    policies: guarded(createPolicyStore(db), gate),
    removals: guarded(createRemovalStore(core, deletionStore(db)), gate),
    metering: guarded(createMeteringStore({ db, clock, core, puts }), gate),
    snapshots: guarded(createSnapshotStore(db, collections, core.allocator), gate),
    adjustments: guarded(createAdjustmentStore(db, core.redirects), gate),
    acts: guarded(createActLog(db), gate),
    alerts: guarded(createAlertStore(db), gate),
    webhooks: guarded(createWebhookStore(db), gate),
    studies: guarded(createStudyStore(db), gate),
    leases: guarded(createLeaseStore(db), gate),
    refusals: guarded(createRefusalLog(db), gate),
    cmi5Sessions: guarded(createCmi5SessionStore(db), gate),
    imports: guarded(createImportStore(db), gate),
    upkeep: guarded(createUpkeep(db), gate),
    jobs: () => createAgendaBackend(db, clock),
    stop: async () => {
      await gate.close()
      await tending.stop()
      // Unreachable now: then the epoch ends by its silence.
      await core.epochs.leave().catch(() => undefined)
    },
  }
}

/** Of the ports beside statements: whoever settles journals needs all of them. */
export function effectsOf(db: Db, clock: Clock): Readonly<Record<string, Effect>> {
  const collections = statementCollections(db)
  const joins = createJoins(collections)
  return {
    [LAUNCHES]: launchesEffect(db, collections, joins),
    [PROFILES]: profilesEffect(collections, joins),
    [HIDE]: hideEffect(collections),
    [PURGE]: purgeEffect(
      collections,
      createPurged(collections),
      createAttachmentTaking(attachmentCollections(db), collections, () => clock.now()),
    ),
  }
}
