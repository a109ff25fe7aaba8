/** Random choices that a seed repeats exactly. */
export interface Random {
  /** 0 ≤ x < 1 */
  next(): number
  below(limit: number): number
  of<T>(values: readonly T[]): T
  chance(probability: number): boolean
  bytes(length: number): Buffer
}

/** Mulberry32. */
export function seeded(seed: number): Random {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(next() * limit)
  return {
    next,
    below,
    of: (values) => values[below(values.length)] as never,
    chance: (probability) => next() < probability,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  }
}
