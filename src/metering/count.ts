/** The words of counting. The rules are in the files beside this one; nothing here does I/O or reads a clock. */

/** A half-open interval [start, end) of one policy version, in ms since the epoch. */
export interface Window {
  /** `<policy>.<version>.<local start date>`, e.g. `accord-3m.1.2024-01-31`: safe in a URL. */
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly end: number
  /** Where its rows are kept, when not under its start: the live window of a rolling policy moves all the time. */
  readonly row?: number
}

/** The statement that makes a key count: the earliest one, ties broken by (stored, statement id). With `atLeast` it is the one that fills the number. */
export interface Evidence {
  readonly statementId: string
  /** Effective time, ms. */
  readonly at: number
  /** ms. */
  readonly stored: number
  /** The rule of the policy it matched, e.g. `evidence` or `verb`. */
  readonly rule: string
}

/** One counted key of one learner in one window (ruling 7). */
export interface CountedKey {
  /** Window start, ms: with policy and version it names the window. */
  readonly windowStart: number
  /** `learner`, or what else `unique.by` names, e.g. `activity:<IRI>`; unique for the learner in the window. */
  readonly key: string
  readonly evidence: Evidence
}

/** What counting one learner under one policy version gives. */
export interface LearnerCount {
  readonly policy: string
  readonly version: number
  readonly counted: readonly CountedKey[]
  /** Effective time of the learner's first evidence qualifying under this policy, ever (ruling 9); null = none. */
  readonly firstQualified: number | null
  /** Rows that belong to no window, under one of the names below; absent = none. */
  readonly standing?: readonly CountedKey[]
}

/**
 * What stands in place of a window start in rows that belong to no window: later than any date. Only policies that need
 * them have such rows.
 */
const NEVER = 8_640_000_000_000_000
/** Rolling windows: until when each key stays counted; `at` is the last evidence, or the last but n - 1 (`atLeast`). */
export const LIVE = NEVER + 1
/** `minAgeHours`: `at` is when the next key of the learner comes of age, and a recount is due. */
export const DUE = NEVER + 2
/** Policies that count more than one key of a learner: each key that ever qualified, so that active ≤ total (ruling 9). */
export const EVER = NEVER + 3
/** `maxBackdateDays`: statements too old to count, for review (Q12). */
export const BACK_DATED = NEVER + 4
/** `close.late` other than `adjust`: statements that came after their window was closed (late.ts). */
export const LATE = NEVER + 5

export function isStanding({ windowStart }: Pick<CountedKey, 'windowStart'>): boolean {
  return windowStart > NEVER
}
