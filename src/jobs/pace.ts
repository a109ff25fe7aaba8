/** How much work one slice takes on: less when the last one took long, more again when it was short. */

export interface Pace {
  /** Of so much at most, how much now; at least 1. */
  of(most: number): number
  /** What the last slice took, ms. */
  took(ms: number): void
}

/** What a slice should take: far less than the life of a lease, and of a job's lock, and more than it costs to begin one, ms. */
const TARGET_MS = 2_000
const FIRST = 1 / 128
const LEAST = 1 / 4_096

export function createPace(): Pace {
  let share = FIRST
  return {
    of: (most) => Math.max(1, Math.floor(most * share)),
    took: (ms) => {
      if (ms > TARGET_MS) share = Math.max(LEAST, (share * TARGET_MS) / ms)
      else if (ms < TARGET_MS / 2) share = Math.min(1, share * 2)
    },
  }
}
