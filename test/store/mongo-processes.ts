/** Processes on one database, as far as statements need them, each with a client and a clock of its own. */
import { type Db, MongoClient } from 'mongodb'
import { type Clock, type MovableClock, systemClock } from '../../src/clock.ts'
import { createAttachmentTaking } from '../../src/store/mongo/attachments/attachment-taking.ts'
import { createAttachmentStore } from '../../src/store/mongo/attachments/attachments.ts'
import { sweep, sweepClaims } from '../../src/store/mongo/commit/sweeper.ts'
import { deletionStore } from '../../src/store/mongo/deleting/deletions.ts'
import { createRemovalStore, PURGE, purgeEffect } from '../../src/store/mongo/deleting/removals.ts'
import { type Core, createCore } from '../../src/store/mongo/driver/core.ts'
import { attachmentCollections } from '../../src/store/mongo/schema/attachment-collections.ts'
import { statementCollections } from '../../src/store/mongo/schema/collections.ts'
import { createPurged } from '../../src/store/mongo/statements/purged.ts'
import { createStatementStore } from '../../src/store/mongo/statements/statements.ts'
import type { AttachmentStore, RemovalStore, StatementStore } from '../../src/store/ports.ts'
import { type Faults, withFaults } from '../harness/faults.ts'
import { newDatabase, type TestDatabase } from '../harness/mongo.ts'

export interface TestProcess {
  readonly core: Core
  readonly statements: StatementStore
  /** Its calls go through no faults; those of storing statements do. */
  readonly attachments: AttachmentStore
  readonly removals: RemovalStore
  readonly faults: Faults
  readonly clock: MovableClock
}

export interface World {
  readonly database: TestDatabase
  /** As if started now; nothing runs in its background. */
  start(): TestProcess
  /** What the sweeper of a process does when all others have been silent for long enough. */
  sweepAfterSilence(by: TestProcess): Promise<void>
  close(): Promise<void>
}

/** Short, so that who waits for a process that is gone does not wait for long. */
const TIMING = { beatMs: 1_000, silenceMs: 2_000, sweepMs: 500 }

export async function newWorld(): Promise<World> {
  const database = newDatabase()
  const client = await new MongoClient(database.url).connect()
  return {
    database,
    start: () => {
      const faults = withFaults(client.db())
      const clock = systemClock()
      const core = createCore({ db: faults.db, clock, timing: TIMING, effects: purging(client.db(), clock) })
      const attachments = createAttachmentStore(client.db(), core.collections, () => clock.now())
      const removals = createRemovalStore(core, deletionStore(client.db()))
      return { core, statements: createStatementStore(core), attachments, removals, faults, clock }
    },
    sweepAfterSilence: async (by) => {
      // Seen once, it is watched; seen again with the same beat, it has been silent.
      await sweep(by.core, 0)
      await new Promise((resolve) => setTimeout(resolve, 2))
      await by.core.epochs.beat()
      await sweep(by.core, 0)
      await sweepClaims(by.core)
    },
    close: async () => {
      await client.close()
      await database.drop()
    },
  }
}

function purging(db: Db, clock: Clock) {
  const collections = statementCollections(db)
  const taking = createAttachmentTaking(attachmentCollections(db), collections, () => clock.now())
  return { [PURGE]: purgeEffect(collections, createPurged(collections), taking) }
}

/** What no journal, reservation or claim is left of. */
export async function leftovers({ core: { collections, allocator } }: TestProcess): Promise<object> {
  return {
    journals: await collections.journal.countDocuments({}),
    reservations: (await allocator.open()).length,
    claims: await collections.statements.countDocuments({ seq: { $exists: false } }),
  }
}

export const NOTHING_LEFT = { journals: 0, reservations: 0, claims: 0 }
