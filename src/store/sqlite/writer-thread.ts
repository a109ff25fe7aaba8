/** The one thread that writes. It has the only writing connection, so `stored` and seq need no locks. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { clockOf } from '../../clock.ts'
import { openWriter } from './database.ts'
import { createGroupRunner } from './group.ts'
import { createWriterHorizon } from './horizon.ts'
import { migrate } from './migrations.ts'
import { createMoments } from './moments.ts'
import { createPropagation } from './references.ts'
import { type Call, serve } from './rpc.ts'
import { allWrites } from './subjects.ts'
import type { ServeRequest, WriterStart } from './threads.ts'

function start({ file, cacheBytes, clockOffset, cells, port }: WriterStart): void {
  const db = openWriter(file, cacheBytes)
  migrate(db)
  const clock = clockOf(clockOffset)
  const moments = createMoments(db)
  const horizon = createWriterHorizon(cells, clock, moments.newest().stored)
  const group = createGroupRunner(db, clock, horizon, (context) => {
    const propagation = createPropagation(db, context)
    return {
      functions: allWrites(db, context),
      afterCalls: propagation.step,
      unfinishedSince: propagation.unfinishedSince,
    }
  })

  let waiting: readonly Call[] = []
  let arriving: Call[] = []
  let closing: Call | null = null
  let scheduled = false
  const wake = () => {
    if (scheduled) return
    scheduled = true
    setImmediate(turn)
  }
  const turn = () => {
    scheduled = false
    waiting = [...waiting, ...arriving]
    arriving = []
    waiting = group.run(waiting)
    if (waiting.length > 0 || arriving.length > 0) wake()
    else if (closing !== null) finish(closing)
    else if (group.unfinished()) wake()
  }
  const finish = (call: Call) => {
    moments.touch(horizon.last())
    db.close()
    call.resolve(null)
    for (const served of ports) served.close()
    parentPort?.close()
  }
  const ports: MessagePort[] = []
  const servePort = (served: MessagePort) => {
    ports.push(served)
    serve(served, (call) => {
      if (call.name === 'close') closing = call
      else arriving.push(call)
      wake()
    })
  }
  servePort(port)
  parentPort?.on('message', (request: ServeRequest) => servePort(request.serve))
  parentPort?.postMessage('ready')
}

start(workerData as WriterStart)
