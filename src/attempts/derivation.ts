/** What deriving needs beside the facts, and what it gives. The function is in derive.ts. */
import type { LaunchMode, Purpose, SessionKeyKind, StoredFact } from './fact.ts'

/** Accord's six utilization tracking settings. */
export type UtilizationTracking =
  | 'none'
  | 'none-resource'
  | 'incomplete-on-open'
  | 'complete-on-open'
  | 'complete-on-close'
  | 'complete-on-duration'

export type ElementKind = 'scorm' | 'cmi5' | 'xapi' | 'ilt' | 'other'

/** One dated entry of the element catalogue. The first entry of an element reaches back to the beginning (ruling 1). */
export interface CatalogueEntry {
  readonly id: string
  readonly name: string
  readonly kind: ElementKind
  readonly utilizationTracking: UtilizationTracking
  /** ms since the epoch. */
  readonly validFrom: number
  /** What an administrator files it under, for policies that count by it; absent = nothing. */
  readonly tags?: readonly string[]
}

/** Every entry of a tenant's catalogue by element id, each list ascending by `validFrom`. */
export type Catalogue = ReadonlyMap<string, readonly CatalogueEntry[]>

/**
 * How an LMS says where a launch came from (ruling 21). Exactly one of session, registration and element is set; in what a
 * State document says, registration and element together where it names no session.
 */
export interface LaunchRecord {
  readonly id: string
  readonly session?: string
  readonly registration?: string
  readonly element?: string
  /** Canonical identifier of the learner. */
  readonly learner: string
  readonly origin: 'admin-catalog' | 'learner' | 'unknown'
  readonly mode?: 'Normal' | 'Browse' | 'Review'
  /** ms since the epoch. */
  readonly at: number
  readonly roles?: readonly string[]
  /** Only of what a State document says (launch-documents.ts), of the mode alone: the purpose of the credential that wrote it. */
  readonly writtenBy?: Purpose
}

/** Versioned tenant settings that decide attempts (ruling 13). */
export interface AttemptSettings {
  readonly gapMinutes: number
  readonly launchedCounts: 'auto' | 'always' | 'never'
  /** Canonical identifiers that are not people, beside the built-in patterns. */
  readonly nonPersons: readonly string[]
}

export interface DerivationContext {
  readonly tenant: string
  readonly catalogue: Catalogue
  readonly launches: readonly LaunchRecord[]
  readonly settings: AttemptSettings
}

/** Why a statement is no evidence. A policy may forgive some of them (ruling 13); the first one is the reason shown. */
export type Obstacle =
  | 'group-without-members'
  | 'administrative-verb'
  | 'not-a-person'
  | 'credential'
  | 'launch-record'
  | 'cmi5-browse'
  | 'scorm-browse'
  | 'marker'
  | 'unverified-preview'
  | 'resource'
  | 'launched-only'
  | 'not-content'
  | 'duplicate'
  | 'voided'

/** Which line of in-the-wild §3.1 decided that the element is tracked or not. */
export type ElementRule = 'scorm' | 'catalogue' | 'package' | 'type' | 'default'

/** One fact, classified: its element, its attempt, and everything that stands between it and being evidence. */
export interface Classified {
  readonly fact: StoredFact
  /** Effective time (in-the-wild §4.5, 3), ms: `timestamp`, or `stored` when missing or more than 5 minutes ahead. */
  readonly at: number
  /** The time for policies with `resumeBy: "stored"`: differs from `at` only for back-dated SCORM resumes (counting §1.5, 3). */
  readonly resumedAt: number
  readonly element: string
  readonly elementRule: ElementRule
  /** Empty = evidence. In the order of the rules: first is the reason. */
  readonly obstacles: readonly Obstacle[]
  /** cmi5 session whose launch mode nobody told. */
  readonly launchModeUnknown: boolean
  /** The mode of the launch, as the LMS reported it, else as content said; absent = nobody told. */
  readonly launchMode?: LaunchMode
  /** Those of the catalogue entry valid at its effective time; absent = none. */
  readonly tags?: readonly string[]
  /** The attempt it belongs to; null when it belongs to none (administrative, not content). */
  readonly attempt: string | null
}

export type AttemptKeyKind = SessionKeyKind | 'K6' | 'K7'

/** One utilization of an element by a learner: a cache over classified facts (ruling 3). */
export interface Attempt {
  /** UUIDv5 over tenant, learner, element, key kind and key. */
  readonly id: string
  readonly element: string
  readonly elementRule: ElementRule
  readonly keyKind: AttemptKeyKind
  readonly keys: readonly string[]
  readonly registration?: string
  /** Tracked = at least one statement without obstacles, voided ones included. */
  readonly tracked: boolean
  /** `tracked`, or the first obstacle of its earliest statement. */
  readonly reason: 'tracked' | Obstacle
  /** Preview and learner statements in one attempt (ruling 4). */
  readonly mixed: boolean
  /** Found by the inactivity gap (K7). */
  readonly inferred: boolean
  /** All its evidence is voided: gone from reports, still counted (A23). */
  readonly deleted: boolean
  /** Over the evidence if tracked, else over all its statements; ms. */
  readonly first: number
  readonly last: number
  readonly statements: number
  readonly evidence: number
  readonly completion?: boolean
  readonly success?: boolean
  readonly scaled?: number
  readonly progress?: number
  readonly durationMs?: number
}

export interface Derivation {
  /** One for each fact, ascending by (stored, seq). */
  readonly classified: readonly Classified[]
  readonly attempts: readonly Attempt[]
}
