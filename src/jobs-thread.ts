/** The thread in which jobs run, so that counting never delays an answer (ruling 34). Says `ready`, then listens. */
import { randomUUID } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { createCrew } from './counting-crew.ts'
import { createMailer } from './delivery/smtp.ts'
import { createPoster } from './delivery/webhook.ts'
import { connectStores } from './engine.ts'
import { startJobs } from './jobs/jobs.ts'
import { createLog } from './log.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import { standBehindAnswers } from './priority.ts'
import type { ThreadStart } from './threads.ts'

standBehindAnswers()

const start = workerData as ThreadStart
const stores = await connectStores(start.stores)
const log = createLog(start.logLevel)
const report = (error: unknown): void => log.error({ err: error }, 'job failed')
const { ROLLCALL_SMTP: server, ROLLCALL_SMTP_FROM: from, ROLLCALL_WEBHOOKS_PRIVATE: isPrivate } = start.alerts
const senders = {
  mail: server === undefined ? null : createMailer(server, from),
  post: createPoster(isPrivate),
}
const crew = createCrew(() => parentPort?.postMessage('counter'))
const deps = {
  stores,
  catalogueOf: createCatalogues(stores),
  clock: clockOf(start.clockOffset),
  newId: randomUUID,
  keys: start.keys,
  crew,
}
const jobs = await startJobs(deps, stores.jobs(), report, { home: start.home, senders })
// What an earlier process left is worked off now.
jobs.wake()
jobs.study()

parentPort?.on(
  'message',
  (message: 'wake' | 'studies' | 'stop' | { readonly counter: MessagePort | null }) => {
    if (typeof message === 'object') return crew.joined(message.counter)
    if (message === 'wake') return jobs.wake()
    if (message === 'studies') return jobs.study()
    void (async () => {
      await jobs.stop()
      await stores.close()
      // Ends this thread only. Agenda leaves timers behind that would keep it for seconds.
      process.exit()
    })()
  },
)
parentPort?.postMessage('ready')
