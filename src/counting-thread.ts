/** A thread that helps the drain to recount (jobs/crew.ts): what it is given, under the lease it is given. Ends with its port. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores } from './engine.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import { recountLearners } from './lrs/counting/recount.ts'
import type { Counter } from './lrs/counting/share-out.ts'
import { standBehindAnswers } from './priority.ts'
import { serve } from './store/calls.ts'
import type { ThreadStart } from './threads.ts'

/** What the port it is sent is called by. */
export type CountingCalls = { readonly recount: Counter }

standBehindAnswers()

const start = workerData as ThreadStart
const stores = await connectStores(start.stores)
const deps = { stores, catalogueOf: createCatalogues(stores), clock: clockOf(start.clockOffset) }

// Only now, in a message: a port that is closed before anybody listens would never be heard to close.
parentPort?.once('message', (port: MessagePort) => {
  serve(port, ({ args, resolve, reject }) => {
    recountLearners(deps, ...(args as Parameters<Counter>)).then(resolve, reject)
  })
  port.on('close', () => {
    void stores.close().finally(() => process.exit())
  })
})
