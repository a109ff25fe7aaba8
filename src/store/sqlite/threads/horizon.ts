/**
 * The times that all threads must agree on, in shared memory: what the writer has given out and committed, and what has
 * been promised to readers. So Consistent-Through is answered without asking the writer, which may be in a long commit.
 *
 * The order of the steps carries the promise (Atomics are sequentially consistent): a reader raises `floor` first and looks
 * at `state` second, the writer sets `state` first and looks at `floor` second. Whichever comes later sees the other.
 */
import type { Clock } from '../../../clock.ts'

const STATE = 0
/** The `stored` of the newest commit that all readers see. */
const VISIBLE = 1
/** Nothing will be stored at or before this. */
const FLOOR = 2
/** The greatest horizon ever answered. */
const ANSWERED = 3
/** While > 0: the statement stored then, and later ones, are not completely indexed yet (references, ruling 32). */
const HELD = 4

/** `state` while nothing is being written; while the writer chooses its instant; else the chosen instant. */
const IDLE = 0n
const CHOOSING = -1n

/** How far the last commit may be ahead of the clock before it is taken for a clock that stepped back, ms. */
const STEP_BACK_MS = 5

export interface WriterHorizon {
  /** The instant for the commit being made: after the clock, the last commit, and every horizon answered so far. */
  choose(): number
  /** The commit is visible (or, with `null`, did not happen). `heldFrom`: see HELD; null when all is indexed. */
  settle(stored: number | null, heldFrom: number | null): void
  /** The greatest instant given out or promised; kept over a restart. */
  last(): number
}

export function newCells(): SharedArrayBuffer {
  return new SharedArrayBuffer(5 * 8)
}

/** `last`: the `stored` of the newest commit in the database, or an instant promised before. */
export function createWriterHorizon(buffer: SharedArrayBuffer, clock: Clock, last: number): WriterHorizon {
  const cells = new BigInt64Array(buffer)
  let newest = last
  Atomics.store(cells, VISIBLE, BigInt(last))
  raise(cells, FLOOR, BigInt(last))
  const earliest = () => Math.max(newest, Number(Atomics.load(cells, FLOOR))) + 1
  return {
    choose: () => {
      Atomics.store(cells, STATE, CHOOSING)
      // At most one commit a millisecond, or `stored` would run ahead of the clock under many small commits.
      const ahead = earliest() - clock.now()
      if (ahead > 0 && ahead <= STEP_BACK_MS) sleepUntil(clock, earliest())
      newest = Math.max(clock.now(), earliest())
      Atomics.store(cells, STATE, BigInt(newest))
      return newest
    },
    settle: (stored, heldFrom) => {
      Atomics.store(cells, HELD, BigInt(heldFrom ?? 0))
      if (stored !== null) Atomics.store(cells, VISIBLE, BigInt(stored))
      Atomics.store(cells, STATE, IDLE)
    },
    last: () => earliest() - 1,
  }
}

/** Every statement stored up to the answer is visible, and none with an earlier time will come. Never goes back. */
export function consistentThrough(buffer: SharedArrayBuffer, clock: Clock): number {
  const cells = new BigInt64Array(buffer)
  // One ms behind the clock, so that asking does not push the next commit ahead of it.
  const now = BigInt(clock.now() - 1)
  raise(cells, FLOOR, now)
  const state = Atomics.load(cells, STATE)
  const visible = Atomics.load(cells, VISIBLE)
  const held = Atomics.load(cells, HELD)
  let horizon = visible
  if (state === IDLE) horizon = max(visible, now)
  else if (state !== CHOOSING) horizon = max(visible, state - 1n)
  if (held > 0n && held <= horizon) horizon = held - 1n
  return Number(raise(cells, ANSWERED, horizon))
}

/** Sets the cell to `value` unless it is greater already; returns what it is then. */
function raise(cells: BigInt64Array, index: number, value: bigint): bigint {
  let seen = Atomics.load(cells, index)
  while (seen < value) {
    const before = Atomics.compareExchange(cells, index, seen, value)
    if (before === seen) return value
    seen = before
  }
  return seen
}

function sleepUntil(clock: Clock, instant: number): void {
  const never = new Int32Array(new SharedArrayBuffer(4))
  while (clock.now() < instant) Atomics.wait(never, 0, 0, 0.2)
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
