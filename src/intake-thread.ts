/** The thread that works on large bodies, so that the main one stays free (ruling 36). */
import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores } from './engine.ts'
import type { Lrs } from './lrs/context.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import { Refusal } from './lrs/refusal.ts'
import { runBodyOperation } from './lrs/statements/body-operations.ts'
import type { IntakeAnswer, IntakeOrder, ThreadStart } from './threads.ts'

const start = workerData as ThreadStart
const stores = await connectStores(start.stores)
const lrs: Lrs = {
  stores,
  catalogueOf: createCatalogues(stores),
  clock: clockOf(start.clockOffset),
  newId: randomUUID,
  keys: start.keys,
  home: start.home,
  cmi5: start.cmi5,
  // The main thread wakes the jobs when it gets the answer.
  wake: () => undefined,
}

parentPort?.on('message', (order: IntakeOrder) => {
  void answerTo(order).then((answer) => order.port.postMessage(answer))
})

async function answerTo({ operation, caller, body }: IntakeOrder): Promise<IntakeAnswer> {
  try {
    return { result: await runBodyOperation(lrs, operation, caller, body) }
  } catch (error) {
    if (!(error instanceof Refusal)) return { error }
    const { kind, message, violations } = error
    return { refusal: { kind, message, violations } }
  }
}
