/** The crew of the jobs thread: threads that the main one starts for it. */
import type { MessagePort } from 'node:worker_threads'
import type { CountingCalls } from './counting-thread.ts'
import type { Crew } from './jobs/crew.ts'
import type { Counter } from './lrs/counting/share-out.ts'
import { remote } from './store/calls.ts'

/** More would wait for the one writer. */
const MOST = 3

export interface CountingCrew extends Crew {
  /** The other end is served by the thread that has been asked for; null: none may come now. */
  joined(port: MessagePort | null): void
}

/** @param ask for one more thread: it answers by `joined` */
export function createCrew(ask: () => void): CountingCrew {
  const crew = new Map<MessagePort, Counter>()
  let isWanted = false
  /** Asked for and not there yet. Nobody else is asked until it is known whether it comes too late. */
  let isExpected = false
  return {
    get counters() {
      return [...crew.values()]
    },
    call: () => {
      if (isExpected || crew.size === MOST) return
      isWanted = true
      isExpected = true
      ask()
    },
    joined: (port) => {
      isExpected = false
      if (!port) return
      if (!isWanted) return port.close()
      crew.set(port, remote<CountingCalls>(port).recount)
      port.on('close', () => crew.delete(port))
    },
    dismiss: () => {
      isWanted = false
      for (const port of crew.keys()) port.close()
      crew.clear()
    },
  }
}
