/** The first-activation curve of each cohort: how many of those not counted by some moment of a window were counted later in it. */
import { type ActivationHistory, type HistoryWindow, type KeyHistory, knownBy, PATTERN } from './history.ts'

const COHORTS = 2 ** PATTERN
/** Past windows the curve is read from: older habits have changed. */
const LEARNED_FROM = 12
/** The same for people nobody has seen before: a young history takes many for new who are not. */
const JOINERS_FROM = 6
/** How much a cohort is drawn towards all cohorts: as if so many more learners had been seen, who did as the whole pool did. */
const SHRINKAGE = 5

/** Which of the windows just before counted the key, as bits; 0 = it counted longer ago. */
export type Cohort = number

/** @returns null for a key that never counted before the window began, as known at `asOf` (ms) */
export function cohortOf(key: KeyHistory, { before, over }: HistoryWindow, asOf: number): Cohort | null {
  let pattern = 0
  for (const [back, index] of before.entries())
    if (Number.isFinite(knownBy(asOf, key, index))) pattern += 2 ** back
  if (pattern > 0) return pattern
  for (let index = over - 1; index >= 0; index -= 1) if (Number.isFinite(knownBy(asOf, key, index))) return 0
  return null
}

/** From one moment of a window to another, as shares of its length. */
export interface Stretch {
  readonly from: number
  readonly until: number
}

export interface Curve {
  /** Probability that one of the cohort, not counted at `from`, is counted by `until`. */
  chance(cohort: Cohort): number
  /** People nobody has seen before, on average and at most. */
  readonly joiners: { readonly mean: number; readonly most: number }
  /** Past windows it rests on. */
  readonly windows: number
}

interface Tally {
  atRisk: number
  counted: number
}

/** What one window says: of each cohort, and how many people nobody had seen before came. */
interface Lesson {
  readonly tallies: readonly Tally[]
  joined: number
}

/** Past windows that were over by then, and of which it is known who was there before: ascending. */
export function lessonsFor({ windows }: ActivationHistory, window: number, asOf: number): readonly number[] {
  const found: number[] = []
  for (const [past, { before, end }] of windows.slice(0, window).entries())
    if (before.length > 0 && end <= asOf) found.push(past)
  return found.slice(-LEARNED_FROM)
}

/** What the windows before one say, as known at `asOf` (ms); the very first only tells who was there. */
export function curveOf(history: ActivationHistory, window: number, asOf: number, stretch: Stretch): Curve {
  const lessons = lessonsFor(history, window, asOf).map((past) => lessonOf(history, past, asOf, stretch))
  const tallies = Array.from({ length: COHORTS }, (_, cohort) =>
    sumOf(lessons.map((lesson) => lesson.tallies[cohort] as Tally)),
  )
  const pool = sumOf(tallies)
  const pooled = pool.atRisk === 0 ? 0 : pool.counted / pool.atRisk
  const joiners = lessons.slice(-JOINERS_FROM).map(({ joined }) => joined)
  return {
    chance: (cohort) => {
      const { atRisk, counted } = tallies[cohort] as Tally
      return (counted + SHRINKAGE * pooled) / (atRisk + SHRINKAGE)
    },
    joiners: {
      mean: joiners.length === 0 ? 0 : joiners.reduce((sum, one) => sum + one, 0) / joiners.length,
      most: Math.max(0, ...joiners),
    },
    windows: lessons.length,
  }
}

function sumOf(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { atRisk, counted }) => ({ atRisk: sum.atRisk + atRisk, counted: sum.counted + counted }),
    { atRisk: 0, counted: 0 },
  )
}

const known = new WeakMap<ActivationHistory, Map<string, Lesson>>()

/** Remembered where nothing more will come: calibration asks for the same again and again. */
function lessonOf(history: ActivationHistory, window: number, asOf: number, stretch: Stretch): Lesson {
  if ((history.complete[window] ?? Number.POSITIVE_INFINITY) > asOf)
    return learnFrom(history, window, asOf, stretch)
  const lessons = known.get(history) ?? new Map<string, Lesson>()
  known.set(history, lessons)
  const name = `${window}|${stretch.from}|${stretch.until}`
  const lesson = lessons.get(name) ?? learnFrom(history, window, asOf, stretch)
  lessons.set(name, lesson)
  return lesson
}

function learnFrom(
  { windows, keys }: ActivationHistory,
  window: number,
  asOf: number,
  { from, until }: Stretch,
): Lesson {
  const learned = windows[window] as HistoryWindow
  const { start, end } = learned
  const [begin, stop] = [start + from * (end - start), start + until * (end - start)]
  const lesson: Lesson = {
    tallies: Array.from({ length: COHORTS }, () => ({ atRisk: 0, counted: 0 })),
    joined: 0,
  }
  for (const key of keys) {
    const at = knownBy(asOf, key, window)
    if (at <= begin) continue
    const cohort = cohortOf(key, learned, asOf)
    const counted = at <= stop ? 1 : 0
    if (cohort === null) lesson.joined += counted
    else {
      const tally = lesson.tallies[cohort] as Tally
      tally.atRisk += 1
      tally.counted += counted
    }
  }
  return lesson
}
