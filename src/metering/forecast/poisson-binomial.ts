/** How many of independent learners with chances of their own are counted (counting §6.4), joiners (Poisson) added. */

export interface Group {
  readonly learners: number
  readonly chance: number
}

/** Above so many learners the normal approximation is enough: then the quantile is that of the rounded mean. */
const EXACT = 300

/** Probabilities of 0, 1, 2, …: exact, by convolution, one learner at a time. */
export function distribution(groups: readonly Group[]): Float64Array {
  const learners = groups.reduce((sum, group) => sum + group.learners, 0)
  const chances = new Float64Array(learners + 1)
  chances[0] = 1
  let seen = 0
  for (const { learners: size, chance } of groups) {
    for (let one = 0; one < size; one += 1) {
      seen += 1
      for (let count = seen; count > 0; count -= 1)
        chances[count] = (chances[count] ?? 0) * (1 - chance) + (chances[count - 1] ?? 0) * chance
      chances[0] = (chances[0] ?? 0) * (1 - chance)
    }
  }
  return chances
}

/** The least number that at most so many reach with that probability. Joiners are added as the mean they come with. */
export function quantile(groups: readonly Group[], joiners: number, probability: number): number {
  const learners = groups.reduce((sum, group) => sum + group.learners, 0)
  const mean = groups.reduce((sum, { learners: size, chance }) => sum + size * chance, 0)
  if (learners > EXACT) return Math.round(mean + joiners)
  let reached = 0
  for (const [count, chance] of distribution(groups).entries()) {
    reached += chance
    if (reached >= probability - 1e-12) return count + Math.round(joiners)
  }
  return learners + Math.round(joiners)
}
