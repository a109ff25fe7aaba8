/** The ports, over one client. */
import type { Db } from 'mongodb'
import type { Clock, MovableClock } from '../../clock.ts'
import type { Stores } from '../ports.ts'
import { createActLog } from './acts.ts'
import { createAdjustmentStore } from './adjustments.ts'
import { createAgendaBackend } from './agenda-backend.ts'
import { createAlertStore } from './alerts.ts'
import { attachmentCollections } from './attachment-collections.ts'
import { createAttachmentTaking } from './attachment-taking.ts'
import { createAttachmentStore } from './attachments.ts'
import { createCataloguePuts } from './catalogue-put.ts'
import { statementCollections } from './collections.ts'
import { createGate, guarded } from './connection.ts'
import { createCore } from './core.ts'
import { createCredentialStore } from './credentials.ts'
import { deletionStore } from './deletions.ts'
import { createDescriptionStore } from './descriptions.ts'
import { createDocumentStore } from './documents.ts'
import { createElementStore } from './elements.ts'
import { createIdentityStore } from './identities.ts'
import { createImportStore } from './imports.ts'
import { createJoins } from './join.ts'
import type { Effect } from './journal.ts'
import { createKeyStore } from './keys.ts'
import { createLaunchStore, LAUNCHES, launchesEffect } from './launches.ts'
import { createLeaseStore } from './leases.ts'
import { createMeteringStore } from './metering.ts'
import { createPersonStore } from './people.ts'
import { createPolicyStore } from './policies.ts'
import { createProfileStore, PROFILES, profilesEffect } from './profiles.ts'
import { createPurged } from './purged.ts'
import { createRefusalLog } from './refusals.ts'
import { createRemovalStore, HIDE, hideEffect, PURGE, purgeEffect } from './removals.ts'
import { createCmi5SessionStore } from './sessions.ts'
import { createSnapshotStore } from './snapshots.ts'
import { createStatementStore } from './statements.ts'
import { createStudyStore } from './studies.ts'
import { TIMING, type Timing, tend } from './sweeper.ts'
import { createTenantStore } from './tenants.ts'
import { createUpkeep } from './upkeep.ts'
import { createWebhookStore } from './webhooks.ts'

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
