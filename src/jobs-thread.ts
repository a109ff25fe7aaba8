/** The thread in which jobs run, so that counting never delays an answer (ruling 34). Says `ready`, then listens. */

import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores } from './engine.ts'
import { startJobs } from './jobs/jobs.ts'
import { createLog } from './log.ts'
import { createCatalogues } from './lrs/catalogue.ts'
import type { ThreadStart } from './threads.ts'

const start = workerData as ThreadStart
const stores = await connectStores(start.stores)
const log = createLog(start.logLevel)
const report = (error: unknown): void => log.error({ err: error }, 'job failed')
const deps = {
  stores,
  catalogueOf: createCatalogues(stores),
  clock: clockOf(start.clockOffset),
  newId: randomUUID,
  keys: start.keys,
}
const jobs = await startJobs(deps, stores.jobs(), report)
// What an earlier process left dirty is worked off now.
jobs.wake()

parentPort?.on('message', (message: 'wake' | 'stop') => {
  if (message === 'wake') return jobs.wake()
  void (async () => {
    await jobs.stop()
    await stores.close()
    // Ends this thread only. Agenda leaves timers behind that would keep it for seconds.
    process.exit()
  })()
})
parentPort?.postMessage('ready')
