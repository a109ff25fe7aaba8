/** Repeatable chance: the same seed gives the same year. */

export interface Random {
  /** 0 ≤ n < 1. */
  next(): number
  /** A whole number, 0 ≤ n < below. */
  below(below: number): number
  chance(probability: number): boolean
  /** One entry, by weight. The list must not be empty. */
  weighted<T extends { readonly weight: number }>(entries: readonly T[]): T
  shuffled<T>(items: readonly T[]): readonly T[]
}

/** Mulberry32: small, and good enough to spread visits over a year. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    weighted: (entries) => {
      let left = next() * entries.reduce((sum, { weight }) => sum + weight, 0)
      const found = entries.find(({ weight }) => {
        left -= weight
        return left < 0
      })
      return (found ?? entries.at(-1)) as (typeof entries)[number]
    },
    shuffled: (items) => {
      const left = [...items]
      return items.map(() => left.splice(below(left.length), 1)[0] as (typeof items)[number])
    },
  }
}
