/** Those who help the drain for as long as there is much to count, and cores are idle. */
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { Counter } from '../lrs/counting/share-out.ts'

export interface Crew {
  /** Who helps by now. */
  readonly counters: readonly Counter[]
  /** There is much to count, and a core is idle: one more comes when it is ready. */
  call(): void
  /** There is not much to count any more: they go. */
  dismiss(): void
}

/** The drain counts by itself. */
export const ALONE: Crew = { counters: [], call: () => undefined, dismiss: () => undefined }

/** There has been much to count for so long, ms. */
const PATIENCE_MS = 3_000

/** Cores that must have been idle meanwhile, or waiting for a disk, to make one more worth it. */
const IDLE = 0.5

/** What the cores do. */
export interface Cores {
  readonly count: number
  /** What all of them together have worked since the machine started, ms. */
  busy(): number
}

const CORES: Cores = {
  count: Math.min(cpus().length, quota()),
  busy: () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0),
}

/** Cores that the container may use (cgroup v2: `<quota> <period>`); elsewhere all. */
function quota(): number {
  try {
    const [most, period] = readFileSync('/sys/fs/cgroup/cpu.max', 'utf8').split(' ')
    return most === 'max' ? Number.POSITIVE_INFINITY : Number(most) / Number(period)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

/**
 * Calls one more when there has been much to count for a while and cores have been idle meanwhile: new statements are counted
 * before a thread has started, and what else the machine does comes first. Sends all away when there is not.
 * @param elapsed ms
 * @returns to be told of each slice: whether there is much to count
 */
export function watch(crew: Crew, elapsed: () => number, cores = CORES): (isMuch: boolean) => void {
  let since: { readonly at: number; readonly busy: number } | null = null
  return (isMuch) => {
    if (!isMuch) {
      since = null
      crew.dismiss()
      return
    }
    const at = elapsed()
    if (since && at - since.at < PATIENCE_MS) return
    const busy = cores.busy()
    if (since && cores.count - (busy - since.busy) / (at - since.at) >= IDLE) crew.call()
    since = { at, busy }
  }
}
