/** The thread of an import, a dry run or an export: minutes of work, of which no request may feel anything (ruling 37). */
import { randomUUID } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { clockOf } from './clock.ts'
import { connectStores } from './engine.ts'
import type { Lrs } from './lrs/context.ts'
import { createCatalogues } from './lrs/counting/catalogue.ts'
import { showEffect } from './lrs/files/effect.ts'
import { exportStatements } from './lrs/files/export-statements.ts'
import { importStatements } from './lrs/files/import-statements.ts'
import { type FileTask, type Told, UNFINISHED } from './lrs/files/task.ts'
import type { FileThreadStart, FileTold } from './threads.ts'

const start = workerData as FileThreadStart
const stopping = new AbortController()
parentPort?.on('message', () => stopping.abort())
const tell = (told: FileTold): void => parentPort?.postMessage(told)
const told: Told = {
  print: (line) => tell({ print: line }),
  progress: (progress) => tell({ progress }),
  signal: stopping.signal,
}

const stores = await connectStores(start.stores)
const lrs: Lrs = {
  stores,
  catalogueOf: createCatalogues(stores),
  clock: clockOf(start.clockOffset),
  newId: randomUUID,
  keys: start.keys,
  home: start.home,
  // The main thread wakes the jobs when this one ends; until then the jobs look by themselves every few seconds.
  wake: () => undefined,
}

tell({ exit: await run(start.task) })
await stores.close()
parentPort?.close()

async function run(task: FileTask): Promise<number> {
  try {
    if (task.kind === 'export') return await exportStatements(lrs, task, told)
    return await (task.dryRun ? showEffect : importStatements)(lrs, task, told)
  } catch (error) {
    told.print(error instanceof Error ? error.message : String(error))
    return UNFINISHED
  }
}
