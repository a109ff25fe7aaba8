/** When each key was counted, window by window: all a forecast looks at (counting §6). */

/** A key that counts in a window: its evidence's effective time and when that was stored, ms. */
export interface Activation {
  readonly key: string
  readonly at: number
  readonly stored: number
}

export interface WindowActivations {
  readonly start: number
  readonly end: number
  readonly activations: readonly Activation[]
}

/** One key over all windows; Infinity where it does not count. */
export interface KeyHistory {
  readonly key: string
  readonly at: Float64Array
  readonly stored: Float64Array
  /** When the last of what came before each window was stored: from then on its cohort is settled. */
  readonly settled: Float64Array
}

export interface ActivationHistory {
  /** Ascending; the last may be open. Empty ones before the first use of all are left out: they tell nothing. */
  readonly windows: readonly { readonly start: number; readonly end: number }[]
  readonly keys: readonly KeyHistory[]
  /** For each window, when the last of it and of what came before was stored, ms: what it says then stays. */
  readonly complete: readonly number[]
}

/**
 * What is stored so long after it happened (ms) was brought in later, and says nothing of how late facts come: it is taken as
 * known when it happened, or past windows could not be forecast from what was known in them.
 */
const BROUGHT_IN_LATER = 31 * 86_400_000

export function historyOf(all: readonly WindowActivations[]): ActivationHistory {
  const first = all.findIndex(({ activations }) => activations.length > 0)
  const windows = first < 0 ? all.slice(-1) : all.slice(first)
  const keys = new Map<string, KeyHistory>()
  for (const [index, { activations }] of windows.entries()) {
    for (const { key, at, stored } of activations) {
      const known = keys.get(key) ?? emptyHistory(key, windows.length)
      known.at[index] = at
      known.stored[index] = storedOf({ key, at, stored })
      keys.set(key, known)
    }
  }
  for (const { stored, settled } of keys.values()) settle(stored, settled)
  return {
    windows: windows.map(({ start, end }) => ({ start, end })),
    keys: [...keys.values()],
    complete: completeOf(windows),
  }
}

function completeOf(windows: readonly WindowActivations[]): readonly number[] {
  let last = Number.NEGATIVE_INFINITY
  return windows.map(({ activations }) => {
    for (const activation of activations) last = Math.max(last, storedOf(activation))
    return last
  })
}

function storedOf({ at, stored }: Activation): number {
  return stored - at > BROUGHT_IN_LATER ? at : stored
}

function settle(stored: Float64Array, settled: Float64Array): void {
  let last = Number.NEGATIVE_INFINITY
  for (const [index, time] of stored.entries()) {
    settled[index] = last
    if (Number.isFinite(time)) last = Math.max(last, time)
  }
}

function emptyHistory(key: string, windows: number): KeyHistory {
  return {
    key,
    at: new Float64Array(windows).fill(Number.POSITIVE_INFINITY),
    stored: new Float64Array(windows).fill(Number.POSITIVE_INFINITY),
    settled: new Float64Array(windows).fill(Number.NEGATIVE_INFINITY),
  }
}

/** When a key counted in a window, as it was known at an instant: later facts never leak in. Infinity = not at all. */
export function knownBy(asOf: number, { at, stored }: KeyHistory, window: number): number {
  return (stored[window] ?? Number.POSITIVE_INFINITY) <= asOf
    ? (at[window] ?? Number.POSITIVE_INFINITY)
    : Number.POSITIVE_INFINITY
}

/** Keys counted in a window, as known at an instant. */
export function countBy(asOf: number, { keys }: ActivationHistory, window: number): number {
  let count = 0
  for (const key of keys) if (Number.isFinite(knownBy(asOf, key, window))) count += 1
  return count
}
