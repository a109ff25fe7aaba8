/** Processes on one database with all their ports, each call of which can be held up or made to fail. */
import { MongoClient } from 'mongodb'
import { systemClock } from '../../src/clock.ts'
import { sweep } from '../../src/store/mongo/commit/sweeper.ts'
import { type Core, createCore } from '../../src/store/mongo/driver/core.ts'
import { createStores, effectsOf } from '../../src/store/mongo/stores.ts'
import type { Stores } from '../../src/store/ports.ts'
import { type Faults, withFaults } from '../harness/faults.ts'
import { newDatabase, type TestDatabase } from '../harness/mongo.ts'

export interface PortProcess {
  readonly stores: Stores
  readonly faults: Faults
}

export interface PortWorld {
  readonly database: TestDatabase
  /** Nothing runs in its background that a test would meet. */
  start(): PortProcess
  /** What the sweeper of a process does when all others have been silent for long enough. */
  sweepAfterSilence(): Promise<void>
  close(): Promise<void>
}

const NEVER_MS = 1_000_000_000

export async function newPortWorld(): Promise<PortWorld> {
  const database = newDatabase()
  const client = await new MongoClient(database.url).connect()
  const started: { stop(): Promise<void> }[] = []
  const sweeping = (): Core => {
    const clock = systemClock()
    const timing = { beatMs: NEVER_MS, silenceMs: 2_000, sweepMs: 500 }
    return createCore({ db: client.db(), clock, timing, effects: effectsOf(client.db(), clock) })
  }
  return {
    database,
    start: () => {
      const faults = withFaults(client.db())
      const timing = { beatMs: NEVER_MS, silenceMs: NEVER_MS, sweepMs: NEVER_MS }
      const { stop, ...ports } = createStores({ db: faults.db, clock: systemClock(), timing, sweeps: false })
      started.push({ stop })
      return { stores: { ...ports, close: stop }, faults }
    },
    sweepAfterSilence: async () => {
      const core = sweeping()
      // Seen once, it is watched; seen again with the same beat, it has been silent.
      await sweep(core, 0)
      await new Promise((resolve) => setTimeout(resolve, 2))
      await sweep(core, 0)
    },
    close: async () => {
      await Promise.all(started.map(({ stop }) => stop()))
      await client.close()
      await database.drop()
    },
  }
}
