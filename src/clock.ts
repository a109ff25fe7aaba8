/**
 * The one clock (ruling 35). Threads share it through a cell of memory, so a test can move the time of a whole running
 * server; nothing else can.
 */
export interface Clock {
  /** ms since the epoch. */
  now(): number
}

export interface MovableClock extends Clock {
  /** Hand this to a thread and give it to `clockOf` there. */
  readonly offset: SharedArrayBuffer
  moveBy(ms: number): void
}

export function clockOf(offset: SharedArrayBuffer): MovableClock {
  const cell = new BigInt64Array(offset)
  return {
    offset,
    now: () => Date.now() + Number(Atomics.load(cell, 0)),
    moveBy: (ms) => {
      Atomics.add(cell, 0, BigInt(Math.round(ms)))
    },
  }
}

export function systemClock(): MovableClock {
  return clockOf(new SharedArrayBuffer(8))
}
