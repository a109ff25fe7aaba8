/** A thread that reads, on its own connection. Every call is one short step: a long one would stop WAL resets. */
import { parentPort, workerData } from 'node:worker_threads'
import { type Functions, serve } from '../../calls.ts'
import { openReader } from '../database.ts'
import { allReads } from '../subjects.ts'
import { answer } from './rpc.ts'
import type { ReaderStart } from './threads.ts'

function start({ file, port }: ReaderStart): void {
  const db = openReader(file)
  const functions: Functions = allReads(db)
  serve(port, (call) => {
    if (call.name !== 'close') return answer(functions, call)
    db.close()
    call.resolve(null)
    port.close()
    parentPort?.close()
  })
  parentPort?.postMessage('ready')
}

start(workerData as ReaderStart)
