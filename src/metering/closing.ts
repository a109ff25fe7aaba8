/** When a window closes, and what later facts change about one that has (Q13, Q22a; rulings 15, 16). */
import { createHash } from 'node:crypto'
import type { Evidence, LearnerCount, Window } from './count.ts'
import type { Policy } from './policy.ts'

/**
 * `grace`: ended, still collecting late statements. `closing`: grace is over, the snapshot is on its way. `historical`: ended
 * before the policy was made; counted live, never sealed. `live`: rolls with time, never sealed (ruling 10).
 */
export type WindowStatus = 'future' | 'open' | 'grace' | 'closing' | 'closed' | 'historical' | 'live'

/** When a window closes by itself, ms. */
export function dueAt(window: Pick<Window, 'end'>, policy: Pick<Policy, 'close'>): number {
  return window.end + policy.close.graceHours * 3_600_000
}

interface Moment {
  /** When the policy version was made, ms. */
  readonly recorded: number
  readonly sealed: boolean
  /** Somebody asked for it before its grace was over. */
  readonly requested: boolean
  readonly now: number
}

export function statusOf(window: Window, policy: Policy, moment: Moment): WindowStatus {
  const { recorded, sealed, requested, now } = moment
  if (window.row !== undefined) return 'live'
  if (sealed) return 'closed'
  if (now < window.start) return 'future'
  if (now < window.end) return 'open'
  if (window.end <= recorded) return 'historical'
  return requested || now >= dueAt(window, policy) ? 'closing' : 'grace'
}

/** A window that has been sealed. */
export interface ClosedWindow {
  readonly policy: string
  readonly version: number
  readonly start: number
  /** Statements up to this number were known. */
  readonly cutoff: number
}

/**
 * What the books of a closed window say of one learner and key: the sealed row, and every adjustment that explains a later
 * fact. `net` is what they come to.
 */
export interface Booked {
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly learner: string
  readonly key: string
  readonly net: number
  /** Of it, what purges took away: never above 0. */
  readonly purged: number
  /** Adjustments so far, manual ones left out. */
  readonly entries: number
  /** Of the sealed row, or of an entry that added; null once that is erased. */
  readonly evidence: Evidence | null
}

/** A step between the books and what is known today. */
export interface Difference {
  readonly window: ClosedWindow
  readonly key: string
  readonly delta: 1 | -1
  /** Whose entry it is: for −1 one who is in the books. */
  readonly learner: string
  readonly evidence: Evidence | null
  /**
   * How many entries this learner has before it: with the rest it names the entry, so that it is written once. Not how many all
   * have who are one person now: they may be split.
   */
  readonly ordinal: number
  /** More than one of those who are one person now is in the books. */
  readonly merged: boolean
  /** It gives back what a purge took: neither is a later fact (ruling 16). */
  readonly unpurged: boolean
}

/**
 * What has to be written so that sealed rows + entries = what the learner counts for today, window by window and key by key.
 * @param learner whose `counts` are given
 * @param booked everything in the books of the learner and of all who were merged into it
 */
export function differences(
  learner: string,
  closed: readonly ClosedWindow[],
  booked: readonly Booked[],
  counts: readonly LearnerCount[],
): readonly Difference[] {
  return closed.flatMap((window) => {
    const mine = booked.filter((one) => isIn(window, one))
    const live = new Map(
      counts
        .filter(({ policy, version }) => policy === window.policy && version === window.version)
        .flatMap(({ counted }) => counted)
        .filter(({ windowStart }) => windowStart === window.start)
        .map(({ key, evidence }) => [key, evidence]),
    )
    const keys = new Set([...live.keys(), ...mine.map(({ key }) => key)])
    return [...keys].sort().flatMap((key) => {
      const entries = mine.filter((one) => one.key === key)
      return differencesOfKey({ learner, window, key, live: live.get(key) ?? null }, entries)
    })
  })
}

interface Key {
  readonly learner: string
  readonly window: ClosedWindow
  readonly key: string
  readonly live: Evidence | null
}

function differencesOfKey(
  { learner, window, key, live }: Key,
  booked: readonly Booked[],
): readonly Difference[] {
  const due = (live ? 1 : 0) - sum(booked.map(({ net }) => net))
  if (due > 0) {
    const unpurged = sum(booked.map(({ purged }) => purged)) < 0
    const ordinal = sum(booked.filter((one) => one.learner === learner).map(({ entries }) => entries))
    return [{ window, key, delta: 1, learner, evidence: live, ordinal, merged: false, unpurged }]
  }
  // The one who stands for all keeps its entry the longest.
  const there = booked
    .filter(({ net }) => net > 0)
    .sort((a, b) => Number(a.learner === learner) - Number(b.learner === learner))
  return there.slice(0, -due).map((one) => ({
    window,
    key,
    delta: -1,
    learner: one.learner,
    evidence: one.evidence,
    ordinal: one.entries,
    merged: there.length > 1,
    unpurged: false,
  }))
}

/** The same difference has the same name, whoever finds it and how often. */
export function differenceId({ window, learner, key, ordinal }: Difference): string {
  return createHash('sha256')
    .update(JSON.stringify([window.policy, window.version, window.start, learner, key, 'entry', ordinal]))
    .digest('base64url')
    .slice(0, 22)
}

function isIn(window: ClosedWindow, one: Booked): boolean {
  return one.policy === window.policy && one.version === window.version && one.start === window.start
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
