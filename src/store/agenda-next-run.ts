/** When a job runs next after it was saved again: pure, on times of our clock in ms. */
import type { DebounceOptions } from 'agenda'

export interface NextRun {
  readonly nextRunAt: number | null
}

export interface Debounced extends NextRun {
  readonly debounceStartedAt: number | null
}

const REPETITION = [
  'repeatInterval',
  'repeatTimezone',
  'repeatAt',
  'startDate',
  'endDate',
  'skipDays',
] as const

/** Equal members are the same value: what is not a scalar is JSON text, a date is ms. */
export type Repeating = NextRun & Readonly<Record<(typeof REPETITION)[number], string | number | null>>

/**
 * `every` declares its job again at each start: as long as the repetition is the same, the next run stays, or a job whose
 * interval is longer than the process lives would never run (or run at each start).
 */
export function keptNextRun(existing: Repeating, job: Repeating, now: number): Partial<NextRun> {
  if (existing.nextRunAt === null) return {}
  const repeats = job.repeatInterval !== null || job.repeatAt !== null
  const same = REPETITION.every((member) => existing[member] === job[member])
  const kept = repeats ? same : job.nextRunAt !== null && job.nextRunAt <= now
  return kept ? { nextRunAt: existing.nextRunAt } : {}
}

export function firstDebounce(job: NextRun, { strategy, delay }: DebounceOptions, now: number): Debounced {
  return { nextRunAt: strategy === 'leading' ? job.nextRunAt : now + delay, debounceStartedAt: now }
}

/** `trailing`: runs when it was quiet for `delay`, at the latest `maxWait` after the first save. `leading`: once a `delay`. */
export function nextDebounce(
  existing: Debounced,
  job: NextRun,
  debounce: DebounceOptions,
  now: number,
): Debounced {
  const { strategy, delay, maxWait } = debounce
  const started = existing.debounceStartedAt
  if (strategy === 'leading') {
    const within = started !== null && now - started < delay
    return within
      ? { nextRunAt: existing.nextRunAt, debounceStartedAt: started }
      : firstDebounce(job, debounce, now)
  }
  if (started === null || existing.nextRunAt === null) return firstDebounce(job, debounce, now)
  if (maxWait !== undefined && now - started >= maxWait) return { nextRunAt: now, debounceStartedAt: null }
  const latest = maxWait === undefined ? Number.POSITIVE_INFINITY : started + maxWait
  return { nextRunAt: Math.min(now + delay, latest), debounceStartedAt: started }
}
