import type { LaunchRecord, Obstacle } from './derivation.ts'
import type { LaunchMode, StoredFact } from './fact.ts'
import { nonPersonRoles } from './vocabulary.ts'

/** What the statements of one session say together of its launch: the same whatever order they came in. */
export interface SessionSigns {
  /** Launch modes told with an `lms` credential. */
  readonly verifiedModes: ReadonlySet<LaunchMode>
  /** Launch modes told with any other: content could write them to hide use (ruling 5). */
  readonly unverifiedModes: ReadonlySet<LaunchMode>
  readonly verifiedMarker: boolean
  readonly unverifiedMarker: boolean
}

/** The value of the launch-origin marker, and of a launch record, that means a preview. */
const ADMIN_CATALOG = 'admin-catalog'

/** Most sessions say nothing of their launch. */
const SILENT: SessionSigns = {
  verifiedModes: new Set(),
  unverifiedModes: new Set(),
  verifiedMarker: false,
  unverifiedMarker: false,
}

/** @param facts of one session; a voided statement is to be disregarded (xAPI 1.0.3 Data §2.3.2), so its mode is too */
export function signsOf(facts: readonly StoredFact[]): SessionSigns {
  const standing = facts.filter(
    (fact) => !fact.voided && (fact.launchMode !== undefined || fact.origin !== undefined),
  )
  if (standing.length === 0) return SILENT
  const verified = standing.filter((fact) => fact.purpose === 'lms')
  const unverified = standing.filter((fact) => fact.purpose !== 'lms')
  return {
    verifiedModes: modesOf(verified),
    unverifiedModes: modesOf(unverified),
    verifiedMarker: verified.some(isMarked),
    unverifiedMarker: unverified.some(isMarked),
  }
}

/** The same with what State documents say of the session (P4, P5; ruling 5). */
export function withDocuments(signs: SessionSigns, documents: readonly LaunchRecord[]): SessionSigns {
  if (documents.length === 0) return signs
  const told = (verified: boolean) =>
    documents.flatMap(({ mode, writtenBy }) =>
      mode !== undefined && (writtenBy === 'lms') === verified ? [mode] : [],
    )
  return {
    ...signs,
    verifiedModes: new Set([...signs.verifiedModes, ...told(true)]),
    unverifiedModes: new Set([...signs.unverifiedModes, ...told(false)]),
  }
}

function modesOf(facts: readonly StoredFact[]): ReadonlySet<LaunchMode> {
  return new Set(facts.map((fact) => fact.launchMode).filter((mode) => mode !== undefined))
}

function isMarked(fact: StoredFact): boolean {
  return fact.origin === ADMIN_CATALOG
}

/** Everything the preview rules look at for one statement. */
export interface LaunchSituation {
  readonly fact: StoredFact
  readonly isPerson: boolean
  readonly record: LaunchRecord | null
  readonly signs: SessionSigns
}

const isBrowse = ({ record, signs }: LaunchSituation): boolean =>
  record?.mode === 'Browse' || signs.verifiedModes.has('Browse')

/** The LMS's own word on mode or origin beats one written with another key: no content can hide use against it. */
const isUnverified = ({ record, signs }: LaunchSituation): boolean => {
  const modeIsKnown = record?.mode !== undefined || signs.verifiedModes.size > 0
  return (
    (!modeIsKnown && signs.unverifiedModes.has('Browse')) ||
    (record?.origin !== 'learner' && !signs.verifiedMarker && signs.unverifiedMarker)
  )
}

interface PreviewRule {
  /** Line of in-the-wild §2.2. */
  readonly order: string
  readonly obstacle: Obstacle
  readonly holds: (situation: LaunchSituation) => boolean
}

/** P7 and P8 (LTI placement, masquerade) need LTI launches and are not here. P9: none of them holds, a learner launch. */
const rules: readonly PreviewRule[] = [
  {
    order: 'P1',
    obstacle: 'not-a-person',
    holds: ({ isPerson, record }) =>
      !isPerson || (record?.roles ?? []).some((role) => nonPersonRoles.has(role)),
  },
  { order: 'P2', obstacle: 'credential', holds: ({ fact }) => fact.purpose === 'preview' },
  { order: 'P3', obstacle: 'launch-record', holds: ({ record }) => record?.origin === ADMIN_CATALOG },
  { order: 'P4', obstacle: 'cmi5-browse', holds: (it) => it.fact.source === 'cmi5' && isBrowse(it) },
  { order: 'P5', obstacle: 'scorm-browse', holds: (it) => it.fact.source !== 'cmi5' && isBrowse(it) },
  { order: 'P6', obstacle: 'marker', holds: ({ signs }) => signs.verifiedMarker },
  { order: 'P6', obstacle: 'unverified-preview', holds: isUnverified },
]

/** Which preview rules hold, in their order (in-the-wild §2.2); empty = a learner launch. */
export function previewObstacles(situation: LaunchSituation): readonly Obstacle[] {
  return rules.filter((rule) => rule.holds(situation)).map((rule) => rule.obstacle)
}

const PREVIEWS: ReadonlySet<Obstacle> = new Set(rules.map((rule) => rule.obstacle))

export function isPreviewObstacle(obstacle: Obstacle): boolean {
  return PREVIEWS.has(obstacle)
}

/** A cmi5 session of which nobody said in which mode it was launched (counting §1.5, 1). */
export function isLaunchModeUnknown({ fact, record, signs }: LaunchSituation): boolean {
  const told = record?.mode !== undefined || signs.verifiedModes.size > 0 || signs.unverifiedModes.size > 0
  return fact.source === 'cmi5' && !told
}

/** The mode the session was launched in: the LMS's word first, Browse before the others. Undefined = nobody told. */
export function launchModeOf({ record, signs }: LaunchSituation): LaunchMode | undefined {
  if (record?.mode !== undefined) return record.mode
  const told = signs.verifiedModes.size > 0 ? signs.verifiedModes : signs.unverifiedModes
  return MODES.find((mode) => told.has(mode))
}

const MODES: readonly LaunchMode[] = ['Browse', 'Review', 'Normal']
