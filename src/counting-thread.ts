/** A thread that helps the drain to recount (jobs/crew.ts): what it is given, under the lease it is given. Ends with its port. */
import { setPriority } from 'node:os'
import { type MessagePort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores, type StoresHandle } from './engine.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import { recountLearners } from './lrs/counting/recount.ts'
import type { Counter } from './lrs/counting/share-out.ts'
import { serve } from './store/calls.ts'

export interface CountingStart {
  readonly stores: StoresHandle
  readonly clockOffset: SharedArrayBuffer
  readonly port: MessagePort
}

/** What the other end of the port calls. */
export type CountingCalls = { readonly recount: Counter }

/** As the jobs thread: where cores are short, answers come first. On Linux 0 names the calling thread; elsewhere it would be the whole process. */
const NICE = 10
if (process.platform === 'linux') setPriority(0, NICE)

const { stores: handle, clockOffset, port } = workerData as CountingStart
const stores = await connectStores(handle)
const deps = { stores, catalogueOf: createCatalogues(stores), clock: clockOf(clockOffset) }

serve(port, ({ args, resolve, reject }) => {
  recountLearners(deps, ...(args as Parameters<Counter>)).then(resolve, reject)
})
port.on('close', () => {
  void stores.close().then(() => process.exit())
})
