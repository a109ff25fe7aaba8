/** The crew of the jobs thread: threads that the main one starts for it. */
import type { MessagePort } from 'node:worker_threads'
import type { CountingCalls } from './counting-thread.ts'
import type { Crew } from './jobs/crew.ts'
import type { Counter } from './lrs/counting/share-out.ts'
import { remote } from './store/calls.ts'

/** More would wait for the one writer. */
const MOST = 3

export interface CountingCrew extends Crew {
  readonly counters: Counter[]
  /** The other end is served by the thread that has been asked for; null: none may come now. */
  joined(port: MessagePort | null): void
}

/** @param ask for one more thread: it answers by `joined` */
export function createCrew(ask: () => void): CountingCrew {
  const counters: Counter[] = []
  let ports: MessagePort[] = []
  let isWanted = false
  /** Asked for and not there yet. Nobody else is asked until it is known whether it comes too late. */
  let isExpected = false
  const leave = (port: MessagePort, counter: Counter) => {
    ports = ports.filter((one) => one !== port)
    const at = counters.indexOf(counter)
    if (at >= 0) counters.splice(at, 1)
  }
  return {
    counters,
    call: () => {
      if (isExpected || counters.length === MOST) return
      isWanted = true
      isExpected = true
      ask()
    },
    joined: (port) => {
      isExpected = false
      if (!port) return
      if (!isWanted) return port.close()
      const counter = remote<CountingCalls>(port).recount
      ports.push(port)
      counters.push(counter)
      port.on('close', () => leave(port, counter))
    },
    dismiss: () => {
      isWanted = false
      counters.length = 0
      for (const port of ports) port.close()
    },
  }
}
