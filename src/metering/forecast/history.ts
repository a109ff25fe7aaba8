/** When each key was counted, window by window: all a forecast looks at (counting §6). */

/** A key that counts in a window: its evidence's effective time and when that was stored, ms. */
export interface Activation {
  readonly key: string
  readonly at: number
  readonly stored: number
}

interface Span {
  readonly start: number
  readonly end: number
}

export interface WindowActivations extends Span {
  readonly activations: readonly Activation[]
}

/** Windows whose uses tell a learner's cohort; who was last counted before them has lapsed. */
export const PATTERN = 3

/** One of the windows; they may overlap. */
export interface HistoryWindow extends Span {
  /** Indices of the windows that were over when it began, one behind the other: the nearest first, `PATTERN` at most. */
  readonly before: readonly number[]
  /** Of the windows with a lower index so many were over when it began. */
  readonly over: number
}

/** One key over all windows. */
export interface KeyHistory {
  readonly key: string
  /** Of each window: when it counted and when that was stored; Infinity where it does not count. */
  readonly times: Float64Array
}

export interface ActivationHistory {
  /** Ascending; the last may be open. Empty ones before the first use of all are left out: they tell nothing. */
  readonly windows: readonly HistoryWindow[]
  readonly keys: readonly KeyHistory[]
  /** For each window, when the last of it and of what came before was stored, ms: what it says then stays. */
  readonly complete: readonly number[]
}

/**
 * What is stored so long after it happened (ms) was brought in later, and says nothing of how late facts come: it is taken as
 * known when it happened, or past windows could not be forecast from what was known in them.
 */
const BROUGHT_IN_LATER = 31 * 86_400_000

export interface HistoryBuilder {
  /** @param window index of it among the spans */
  add(window: number, activation: Activation): void
  /** Keys so far. */
  readonly size: number
  done(): ActivationHistory
}

/** @param spans ascending by start and end */
export function buildHistory(spans: readonly Span[]): HistoryBuilder {
  const keys = new Map<string, Float64Array>()
  const last = spans.map(() => Number.NEGATIVE_INFINITY)
  let first = spans.length - 1
  return {
    add: (window, activation) => {
      const { key, at } = activation
      const stored = storedOf(activation)
      let times = keys.get(key)
      if (!times) {
        times = new Float64Array(2 * spans.length).fill(Number.POSITIVE_INFINITY)
        keys.set(key, times)
      }
      times[2 * window] = at
      times[2 * window + 1] = stored
      last[window] = Math.max(last[window] ?? stored, stored)
      first = Math.min(first, window)
    },
    get size() {
      return keys.size
    },
    done: () => {
      let latest = Number.NEGATIVE_INFINITY
      return {
        windows: withBefore(spans.slice(first)),
        keys: [...keys].map(([key, times]) => ({ key, times: times.subarray(2 * first) })),
        complete: last.slice(first).map((one) => {
          latest = Math.max(latest, one)
          return latest
        }),
      }
    },
  }
}

export function historyOf(all: readonly WindowActivations[]): ActivationHistory {
  const builder = buildHistory(all)
  for (const [window, { activations }] of all.entries())
    for (const activation of activations) builder.add(window, activation)
  return builder.done()
}

function withBefore(spans: readonly Span[]): readonly HistoryWindow[] {
  return spans.map(({ start, end }, index) => {
    const over = spans.slice(0, index).filter((one) => one.end <= start).length
    const before: number[] = []
    let begun = start
    for (let one = over - 1; one >= 0 && before.length < PATTERN; one -= 1) {
      const { start: its, end: ends } = spans[one] as Span
      if (ends > begun) continue
      before.push(one)
      begun = its
    }
    return { start, end, before, over }
  })
}

function storedOf({ at, stored }: Activation): number {
  return stored - at > BROUGHT_IN_LATER ? at : stored
}

/** When a key counted in a window, as it was known at an instant: later facts never leak in. Infinity = not at all. */
export function knownBy(asOf: number, { times }: KeyHistory, window: number): number {
  return (times[2 * window + 1] ?? Number.POSITIVE_INFINITY) <= asOf
    ? (times[2 * window] ?? Number.POSITIVE_INFINITY)
    : Number.POSITIVE_INFINITY
}

/** Keys counted in a window, as known at an instant. */
export function countBy(asOf: number, { keys }: ActivationHistory, window: number): number {
  let count = 0
  for (const key of keys) if (Number.isFinite(knownBy(asOf, key, window))) count += 1
  return count
}
