/** Closed windows on paper: who was counted when each closed, and every difference found since. */
import { type Booked, type ClosedWindow, differenceId, differences } from '../../src/metering/closing.ts'
import type { CountedKey, LearnerCount, Window } from '../../src/metering/count.ts'

/** Somebody as the books know them: the elder of all their identifiers, and each of those. */
export interface Counted {
  readonly elder: string
  readonly ifis: readonly string[]
  readonly counts: readonly LearnerCount[]
}

interface Entry {
  readonly window: string
  readonly learner: string
  readonly key: string
  readonly delta: number
}

export class Books {
  readonly #closed = new Map<string, ClosedWindow>()
  readonly #rows: Entry[] = []
  readonly #entries = new Map<string, Entry>()

  isClosed({ id }: Window): boolean {
    return this.#closed.has(id)
  }

  /** Ids of the closed windows, in the order of their closing. */
  get closed(): readonly string[] {
    return [...this.#closed.keys()]
  }

  get windows(): readonly ClosedWindow[] {
    return [...this.#closed.values()]
  }

  /** @param cutoff number of the last statement that was known */
  seal(window: Window, people: readonly Counted[], cutoff: number): void {
    const { id, policy, version, start } = window
    this.#closed.set(id, { policy, version, start, cutoff })
    for (const { elder, counts } of people)
      for (const key of keysIn(window, counts)) this.#rows.push({ window: id, learner: elder, key, delta: 1 })
  }

  /** Writes what has to be explained. */
  settle(people: readonly Counted[]): void {
    for (const { elder, ifis, counts } of people) {
      for (const one of differences(elder, this.windows, this.#booked(ifis), counts)) {
        const { learner, key, delta } = one
        const window = [...this.#closed].find(([, closed]) => closed === one.window)?.[0] ?? ''
        this.#entries.set(differenceId(one), { window, learner, key, delta })
      }
    }
  }

  closedCount(window: string): number {
    return this.#rows.filter((one) => one.window === window).length
  }

  /** Sealed rows and all entries. */
  known(window: string): number {
    const mine = [...this.#rows, ...this.#entries.values()].filter((one) => one.window === window)
    return mine.reduce((sum, { delta }) => sum + delta, 0)
  }

  #booked(ifis: readonly string[]): readonly Booked[] {
    const found = new Map<string, Booked>()
    const add = ({ window, learner, key, delta }: Entry, entries: number) => {
      const { policy, version, start } = this.#closed.get(window) as ClosedWindow
      const name = `${window} ${learner} ${key}`
      const known = found.get(name) ?? { net: 0, entries: 0 }
      const sums = { net: known.net + delta, entries: known.entries + entries, purged: 0, evidence: null }
      found.set(name, { policy, version, start, learner, key, ...sums })
    }
    for (const row of this.#rows) if (ifis.includes(row.learner)) add(row, 0)
    for (const entry of this.#entries.values()) if (ifis.includes(entry.learner)) add(entry, 1)
    return [...found.values()]
  }
}

function keysIn(window: Pick<Window, 'policy' | 'version' | 'start'>, counts: readonly LearnerCount[]) {
  return rowsIn(window, counts).map(({ key }) => key)
}

export function rowsIn(
  { policy, version, start }: Pick<Window, 'policy' | 'version' | 'start'>,
  counts: readonly LearnerCount[],
): readonly CountedKey[] {
  return counts
    .filter((one) => one.policy === policy && one.version === version)
    .flatMap(({ counted }) => counted)
    .filter(({ windowStart }) => windowStart === start)
}
