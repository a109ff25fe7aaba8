/** Those who help the drain for as long as there is much to count. */
import type { Counter } from '../lrs/counting/share-out.ts'

export interface Crew {
  /** Who helps by now. */
  readonly counters: readonly Counter[]
  /** There is much to count: they come when they are ready. */
  call(): void
  /** All is counted: they go. */
  dismiss(): void
}

/** The drain counts by itself. */
export const ALONE: Crew = { counters: [], call: () => undefined, dismiss: () => undefined }

/** Slices have been full for so long: there is much to count, ms. */
const PATIENCE_MS = 3_000

/**
 * Calls the crew when every slice has been full for a while: a learner's new statements are counted before a helping thread
 * has started.
 * @returns to be told of each slice: whether it was full
 */
export function watch(crew: Crew, elapsed: () => number): (isFull: boolean) => void {
  let since: number | null = null
  return (isFull) => {
    since = isFull ? (since ?? elapsed()) : null
    if (since !== null && elapsed() - since >= PATIENCE_MS) crew.call()
  }
}
