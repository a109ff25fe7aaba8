/** The words of counting. The rules are in the files beside this one; nothing here does I/O or reads a clock. */

/** A half-open interval [start, end) of one policy version, in ms since the epoch. */
export interface Window {
  /** `<policy>.<version>.<local start date>`, e.g. `accord-3m.1.2024-01-31`: safe in a URL. */
  readonly id: string
  readonly policy: string
  readonly version: number
  readonly start: number
  readonly end: number
}

/** The statement that makes a key count: the earliest one, ties broken by (stored, statement id). */
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
}
