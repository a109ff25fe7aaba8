/**
 * Moves committed pages from the WAL into the database file, so that ingest does not pay for it (performance.md «Writing»).
 * A passive checkpoint never blocks anybody, but under steady writing it never catches up either; when the WAL has grown
 * large, a second one takes the writer's place for the short rest and lets the WAL start again from its beginning.
 */
import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../store-error.ts'
import { openWriter, PAGE_BYTES, storeErrorOf } from '../database.ts'
import type { CheckpointStart } from './threads.ts'

const EVERY_MS = 250
const PASSIVE_ABOVE_BYTES = 8 * 1024 * 1024
const RESTART_ABOVE_BYTES = 128 * 1024 * 1024
/** How long the writer has to wait while readers keep the WAL from starting again: longer when it has grown to twice that, ms. */
const WAIT_MS = 4
const WAIT_LONG_MS = 100

function start({ file }: CheckpointStart): void {
  const db = openWriter(file)
  db.pragma('cache_size = -2048')
  let seen = 0
  const turn = () => {
    const size = statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
    const grown = size !== seen || size > PASSIVE_ABOVE_BYTES
    seen = size
    if (!grown) return
    const [done] = db.pragma('wal_checkpoint(PASSIVE)') as { readonly log: number }[]
    // Of the file, as much as has been written since it last started again.
    const written = Number(done?.log) * PAGE_BYTES
    if (written < RESTART_ABOVE_BYTES) return
    db.pragma(`busy_timeout = ${written < 2 * RESTART_ABOVE_BYTES ? WAIT_MS : WAIT_LONG_MS}`)
    db.pragma('wal_checkpoint(RESTART)')
  }
  const timer = setInterval(() => {
    try {
      turn()
    } catch (error) {
      // A full disk: nothing is lost, the pages stay in the WAL until a later turn.
      if (!(storeErrorOf(error) instanceof StoreError)) throw error
    }
  }, EVERY_MS)
  parentPort?.on('message', () => {
    clearInterval(timer)
    db.close()
    parentPort?.close()
  })
  parentPort?.postMessage('ready')
}

start(workerData as CheckpointStart)
