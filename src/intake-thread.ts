/** The thread that parses, checks and stores large bodies, so that the main one stays free (ruling 36). */
import { randomUUID } from 'node:crypto'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores } from './engine.ts'
import type { Caller } from './lrs/access.ts'
import { createCatalogues } from './lrs/catalogue.ts'
import type { Lrs } from './lrs/context.ts'
import { Refusal } from './lrs/refusal.ts'
import { type StatementsRequest, storeStatements } from './lrs/store-statements.ts'
import type { IntakeAnswer, ThreadStart } from './threads.ts'

const start = workerData as ThreadStart
const stores = await connectStores(start.stores)
const lrs: Lrs = {
  stores,
  catalogueOf: createCatalogues(stores),
  clock: clockOf(start.clockOffset),
  newId: randomUUID,
  keys: start.keys,
  home: start.home,
  // The main thread wakes the jobs when it gets the answer.
  wake: () => undefined,
}

parentPort?.on(
  'message',
  ({ caller, request, port }: { caller: Caller; request: StatementsRequest; port: MessagePort }) => {
    void answerTo(caller, request).then((answer) => port.postMessage(answer))
  },
)

async function answerTo(caller: Caller, request: StatementsRequest): Promise<IntakeAnswer> {
  try {
    return { stored: await storeStatements(lrs, caller, request) }
  } catch (error) {
    if (!(error instanceof Refusal)) return { error }
    const { kind, message, violations } = error
    return { refusal: { kind, message, violations } }
  }
}
