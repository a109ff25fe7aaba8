/** Planned roll-outs: whom an assignment would bring beside those expected anyway (F6, counting §6). */
import type { Cohort } from './curve.ts'
import type { Point } from './point.ts'

/**
 * With no history of one's own: 35 % of 841,687 registrations at HarvardX and MITx never opened the courseware. Those were open
 * courses; more will follow a mandatory training.
 */
export const PRIOR_RATE = 0.65
/** How alike the people of one campaign are: its rate varies like a beta of so many pseudo-observations. */
export const LIKENESS = 10

export interface Rollout {
  /** Each once; what tells a person across roll-outs. */
  readonly people: readonly string[]
  /** People nobody has seen before. */
  readonly newPeople: number
  /** Share of them that will be active by the end of the window, 0 to 1. */
  readonly rate: number
}

export interface RolloutEffect {
  readonly people: number
  /** Planned, but counted already: they add nobody. */
  readonly alreadyCounted: number
  /** Learners it brings beside those expected anyway. */
  readonly added: number
  readonly variance: number
}

/** Where a person stands: counted already, in a cohort, or never seen (undefined). */
export type Standing = (person: string) => Cohort | 'counted' | undefined

/** Chance 1 − (1 − p)(1 − rate) for each; the campaign's own success is one shared unknown, so the band does not collapse. */
export function rolloutEffect(
  point: Point,
  rollouts: readonly Rollout[],
  standing: Standing,
): readonly RolloutEffect[] {
  const chances = new Map<string, number>()
  const chanceOf = (person: string): number | 'counted' => {
    const stands = standing(person)
    if (stands === 'counted') return stands
    return chances.get(person) ?? point.cohorts.find(({ cohort }) => cohort === stands)?.chance ?? 0
  }
  return rollouts.map(({ people, newPeople, rate }) => {
    let [alreadyCounted, room, variance] = [0, newPeople, newPeople * rate * (1 - rate)]
    for (const person of people) {
      const before = chanceOf(person)
      if (before === 'counted') {
        alreadyCounted += 1
        continue
      }
      const after = 1 - (1 - before) * (1 - rate)
      chances.set(person, after)
      room += 1 - before
      variance += Math.max(0, after * (1 - after) - before * (1 - before))
    }
    const shared = (room * room * rate * (1 - rate)) / (LIKENESS + 1)
    return {
      people: people.length + newPeople,
      alreadyCounted,
      added: room * rate,
      variance: variance + shared,
    }
  })
}

/** The share of a campaign (ms) that still lies ahead and within the window; 1 without dates. */
export function shareWithin(
  { starts, due }: { readonly starts?: number | undefined; readonly due?: number | undefined },
  now: number,
  end: number,
): number {
  const from = Math.max(now, starts ?? now)
  if (from >= end) return 0
  if (due === undefined || due <= end) return 1
  return (end - from) / (due - from)
}
