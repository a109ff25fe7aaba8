/**
 * What one statement says about one learner, read from the statement and its credential alone.
 * Facts are stored beside the statement and never change (ruling 3): attempts and verdicts are derived from them,
 * together with what can arrive later (catalogue, launch records, aliases, voids).
 */

/** What a credential is for (design.md «From outside»). */
export type Purpose = 'learner' | 'preview' | 'lms' | 'report'

/** The system that wrote the statement, told by its marks (in-the-wild §1). `other` = none recognised. */
export type Source =
  | 'scorm-profile'
  | 'cmi5'
  | 'rustici'
  | 'moodle'
  | 'open-edx'
  | 'h5p'
  | 'video'
  | 'lms-profile'
  | 'tincan'
  | 'other'

/** Session-level attempt keys (in-the-wild §4.2): the only kinds that union-find joins (ruling 2). */
export type SessionKeyKind = 'K1' | 'K2' | 'K3' | 'K4' | 'K5'

export interface SessionKey {
  readonly kind: SessionKeyKind
  readonly key: string
}

/** An activity as far as finding the element root needs it. */
export interface ActivityRef {
  readonly id: string
  readonly type?: string
}

export type LaunchMode = 'Normal' | 'Browse' | 'Review'

export interface Fact {
  readonly statementId: string
  /** Canonical identifier (IFI) of the learner: see identity.ts. */
  readonly learner: string
  /** The actor's display name, if it had one. */
  readonly name?: string
  /** True when the actor is a Group that names no members: nobody in particular (in-the-wild §4.5, rule 10). */
  readonly group?: true
  /** True when the actor is a Group and the learner one of its members (Q22): a policy may ignore those. */
  readonly member?: true
  readonly verb: string
  readonly object: ActivityRef
  readonly parents: readonly ActivityRef[]
  readonly groupings: readonly ActivityRef[]
  readonly source: Source
  /** SCORM proof in the statement itself (in-the-wild §3.1, 1). */
  readonly scorm?: true
  /** Has the cmi5 category. */
  readonly cmi5?: true
  /** Session-level keys, in ladder order. */
  readonly keys: readonly SessionKey[]
  readonly registration?: string
  /** `cx:launchmode` of a cmi5 `launched`, canonical spelling. */
  readonly launchMode?: LaunchMode
  /** Our launch-origin marker (S5), as sent. */
  readonly origin?: string
  /** Moodle `event_name`. */
  readonly event?: string
  /** The statement's own timestamp, ms since the epoch; null when it has none. */
  readonly at: number | null
  readonly completion?: boolean
  readonly success?: boolean
  readonly scaled?: number
  /** 0..1, from the progress extensions. */
  readonly progress?: number
  readonly durationMs?: number
  /** Set only when the statement came without an id: equal fingerprints are one piece of evidence (ruling 6). */
  readonly fingerprint?: string
  /** Ids of the category activities, sorted. Facts stored by earlier versions have none: `rollcall recount` adds them. */
  readonly categories?: readonly string[]
  readonly credential: string
  readonly purpose: Purpose
  /** The sub-account of the credential when it wrote (ruling 7). */
  readonly subAccount?: string
}

/** A fact with what the store knows of its statement. */
export interface StoredFact extends Fact {
  readonly seq: number
  /** When it was received, ms since the epoch; of an imported one, by its source (ruling 37). */
  readonly stored: number
  readonly voided: boolean
}
