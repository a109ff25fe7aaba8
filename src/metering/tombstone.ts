/** What is left of evidence that was physically deleted, for policies that go on counting it (`removal.purged: "counts"`, ruling 8). */

export interface Tombstone {
  /** Random; stands where evidence names its statement. */
  readonly id: string
  /** Canonical identifier of the learner. */
  readonly learner: string
  /** The policy version that the evidence qualified under, and still counts for. */
  readonly policy: string
  readonly version: number
  /** Effective time under that policy, ms. */
  readonly at: number
  /** When the statement was received, ms. */
  readonly stored: number
  readonly element: string
  readonly attempt: string | null
}
