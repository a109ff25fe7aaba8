/** Those who help the drain for as long as there is much to count, and cores are idle. */
import { cpus } from 'node:os'
import type { Counter } from '../lrs/counting/share-out.ts'

export interface Crew {
  /** Who helps by now. */
  readonly counters: readonly Counter[]
  /** There is much to count, and that many cores are idle: as many come when they are ready. */
  call(idle: number): void
  /** There is not much to count any more: they go. */
  dismiss(): void
}

/** The drain counts by itself. */
export const ALONE: Crew = { counters: [], call: () => undefined, dismiss: () => undefined }

/** Slices have been full for so long: there is much to count, ms. */
const PATIENCE_MS = 3_000

/** What all cores together have been idle for since the machine started, ms. */
function idleTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0)
}

/**
 * Calls the crew when every slice has been full for a while and cores have been idle meanwhile: new statements are counted
 * before a thread has started, and what else the machine does comes first. Sends it away when one was not.
 * @param elapsed ms
 * @returns to be told of each slice: whether it was full
 */
export function watch(crew: Crew, elapsed: () => number, idle = idleTime): (isFull: boolean) => void {
  let since: { readonly at: number; readonly idle: number } | null = null
  return (isFull) => {
    if (!isFull) {
      since = null
      crew.dismiss()
    } else if (!since) since = { at: elapsed(), idle: idle() }
    else if (elapsed() - since.at >= PATIENCE_MS) {
      crew.call(Math.round((idle() - since.idle) / (elapsed() - since.at)))
      since = null
    }
  }
}
