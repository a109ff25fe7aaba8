/** The one thread that writes. It has the only writing connection, so `stored` and seq need no locks. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { clockOf } from '../../../clock.ts'
import { serve } from '../../calls.ts'
import { StoreError } from '../../store-error.ts'
import { type Database, openWriter, storeErrorOf } from '../database.ts'
import { migrate } from '../schema/migrations.ts'
import { createMoments } from '../statements/moments.ts'
import { createPropagation } from '../statements/references.ts'
import { allWrites } from '../subjects.ts'
import { createCallQueue } from './call-queue.ts'
import { createGroupRunner } from './group.ts'
import { createWriterHorizon, type WriterHorizon } from './horizon.ts'
import type { ServeRequest, WriterStart } from './threads.ts'

function start({ file, cacheBytes, clockOffset, cells, port }: WriterStart): void {
  const db = openWriter(file, cacheBytes)
  migrate(db)
  const clock = clockOf(clockOffset)
  const horizon = createWriterHorizon(cells, clock, createMoments(db).newest().stored)
  const group = createGroupRunner(db, clock, horizon, (context) => {
    const propagation = createPropagation(db, context)
    return {
      functions: allWrites(db, context),
      afterCalls: propagation.step,
      unfinishedSince: propagation.unfinishedSince,
    }
  })
  const ports: MessagePort[] = []
  const take = createCallQueue(group, (close) => {
    keepPromises(db, horizon)
    db.close()
    close.resolve(null)
    for (const served of ports) served.close()
    parentPort?.close()
  })
  const servePort = (served: MessagePort) => {
    ports.push(served)
    serve(served, take)
  }
  servePort(port)
  parentPort?.on('message', (request: ServeRequest) => servePort(request.serve))
  parentPort?.postMessage('ready')
}

/** What was promised to readers without a commit must hold in the next process too. */
function keepPromises(db: Database, horizon: WriterHorizon): void {
  try {
    createMoments(db).touch(horizon.last())
  } catch (error) {
    // On a full disk that is left to the clock: only one that is set back before the next start could break it.
    if (!(storeErrorOf(error) instanceof StoreError)) throw error
  }
}

try {
  start(workerData as WriterStart)
} catch (error) {
  throw storeErrorOf(error)
}
