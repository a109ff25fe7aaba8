/** What runs beside the drain, in the same thread: counting does not wait for it, and it does not wait for counting. */

export interface Beside {
  /** Begins, if it is time and nobody else has begun. */
  look(): void
  ended(): Promise<void>
}

export interface Recurring {
  /** How often it begins at most, ms. */
  readonly everyMs: number
  /** When it was looked at last, ms of `performance.now()`: it begins so much later. */
  readonly since: number
  readonly signal: AbortSignal
  report(error: unknown): void
}

/** Work that begins when it is time, and never twice at the same time. */
export function recurring(work: () => Promise<void>, { everyMs, since, signal, report }: Recurring): Beside {
  let looked = since
  let running: Promise<void> | null = null
  return {
    look: () => {
      if (running || signal.aborted || performance.now() - looked < everyMs) return
      looked = performance.now()
      running = work()
        .catch(report)
        .finally(() => {
          running = null
        })
    },
    ended: async () => {
      await running
    },
  }
}
