/** Who is counted in a window, and why anybody is or is not. */
import type { Obstacle } from '../../attempts/derivation.ts'
import { reasonText } from '../../attempts/reasons.ts'
import type { Evidence } from '../../metering/count.ts'
import { explain, lateDetail } from '../../metering/explain.ts'
import { english } from '../../metering/text-en.ts'
import type { CountedLearner, Page, PageRequest, SnapshotRow, WindowRef } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import { listSealed, type SealedView, sealedRowsOf, whyNotSealed } from '../close/sealed-list.ts'
import type { Lrs } from '../context.ts'
import { type EvidenceView, evidenceView, learnerView } from '../people/people-view.ts'
import { Refusal } from '../refusal.ts'
import { circumstancesOf, deriveHistory } from './recount.ts'
import { refOf, sinceOf } from './window-view.ts'
import { findWindow } from './windows.ts'

export interface CountedView {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  /** What is counted: `learner`, unless the policy counts other keys (ruling 7). */
  readonly key: string
  readonly firstEvidence: EvidenceView
}

/** One page of the counted list, of a closed window as it was sealed; over all pages its length is the count (F2). */
export async function listCounted(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<CountedView | SealedView>> {
  demand(caller, 'read reports')
  const { window } = await findWindow(lrs, caller, windowId)
  const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, refOf(window))
  if (snapshot) return listSealed(lrs, caller.tenant, snapshot, page)
  const { items, next } = await lrs.stores.metering.counted(caller.tenant, refOf(window), {
    ...page,
    ...sinceOf(window),
  })
  return { items: items.map(countedView), next }
}

function countedView(counted: CountedLearner): CountedView {
  return {
    ...learnerView(counted.learner, counted.identities),
    key: counted.key,
    firstEvidence: evidenceView(counted.evidence),
  }
}

/** Why nobody was even near: registered only, or everything deleted. */
export const NO_STATEMENTS = 'The person is known, but no statement of theirs is stored.'

export interface Explanation {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly window: { readonly id: string; readonly start: string; readonly end: string }
  readonly counted: boolean
  readonly keys?: readonly string[]
  readonly evidence?: EvidenceView
  /** Where the evidence alone does not say why: it came too late for its own window; or that there is no miss to name. */
  readonly text?: string
  readonly nearestMiss?: {
    readonly statementId: string
    readonly at: string
    readonly reason: string
    readonly text: string
  } | null
  /** Of a closed window: whether what is known today would count the learner. */
  readonly asKnownToday?: boolean
}

/**
 * Counted or not, by which statement and rule, or the nearest miss and why (F1). Of a closed window: as it was sealed, and
 * whether that is as known today.
 * @param learner learner id; one that was merged away answers for the elder
 * @throws Refusal `not-found`
 */
export async function explainLearner(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  learner: string,
): Promise<Explanation> {
  const live = await explainLive(lrs, caller, windowId, learner)
  const { history, window } = await findWindow(lrs, caller, windowId)
  const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, refOf(window))
  if (!snapshot) return live
  const rows = await sealedRowsOf(lrs, caller.tenant, snapshot, live.learner)
  const today = await knownToday(lrs, caller, refOf(window), live)
  if (rows.length === 0) return notSealed(today, () => whyNotSealed(lrs, caller.tenant, snapshot, live))
  return asSealed(today, rows, ({ at }) => lateDetail(history.versions, window, at))
}

/** What was purged after the closing is no later fact: `asKnownToday` keeps whom it proved (ruling 16). */
async function knownToday(lrs: Lrs, caller: Caller, ref: WindowRef, live: Explanation): Promise<Explanation> {
  if (live.counted) return { ...live, asKnownToday: true }
  const booked = await lrs.stores.adjustments.booked(caller.tenant, live.learner)
  const isPurged = booked.some(
    (one) =>
      one.policy === ref.policy &&
      one.version === ref.version &&
      one.start === ref.start &&
      one.purged < 0 &&
      one.net - one.purged > 0,
  )
  return { ...live, asKnownToday: isPurged, ...(isPurged && { text: english.purgedSinceClosing }) }
}

/** What of a closed window no row tells of: as it is known today, or why it is no part of the snapshot. */
async function notSealed(
  live: Explanation,
  whyNot: () => Promise<'late' | 'split' | 'reclassified'>,
): Promise<Explanation> {
  const { learner, name, identities, window, asKnownToday = false, evidence } = live
  if (!evidence) return live
  const reason = await whyNot()
  const { statementId, at } = evidence
  const nearestMiss = { statementId, at, reason, text: english.sinceClosing[reason] }
  return { learner, name, identities, window, asKnownToday, counted: false, nearestMiss }
}

function asSealed(
  live: Explanation,
  rows: readonly SnapshotRow[],
  detailOf: (evidence: Evidence) => string,
): Explanation {
  const { learner, name, identities, window, asKnownToday = false, text } = live
  const about = { learner, name, identities, window, asKnownToday }
  const { evidence = null } = rows[0] ?? {}
  const found = evidence && evidenceOf(evidence, detailOf(evidence))
  const gone = !live.counted && asKnownToday && text !== undefined && { text }
  return { ...about, counted: true, keys: [...new Set(rows.map(({ key }) => key))], ...found, ...gone }
}

function evidenceOf(evidence: Evidence, text: string): Pick<Explanation, 'evidence' | 'text'> {
  return { evidence: evidenceView(evidence), ...(text !== '' && { text }) }
}

/** Worked out from the facts; agrees with the stored rows once the learner's last statement is counted. */
async function explainLive(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  learner: string,
): Promise<Explanation> {
  demand(caller, 'read reports')
  const { history: policy, window } = await findWindow(lrs, caller, windowId)
  const known = await lrs.stores.identities.learner(caller.tenant, learner)
  const history = known && (await lrs.stores.metering.history(caller.tenant, known.id))
  if (!known || !history) throw new Refusal('not-found', `there is no learner «${learner}»`)
  const derivation = await deriveHistory(lrs, history)
  const closings = await lrs.stores.snapshots.closings(caller.tenant)
  const circumstances = circumstancesOf(lrs, history, closings)
  const result = explain(derivation.classified, policy.versions, window, circumstances)
  const about = {
    ...learnerView(known.id, known.identities),
    window: {
      id: window.id,
      start: new Date(window.start).toISOString(),
      end: new Date(window.end).toISOString(),
    },
  }
  if (result.counted) {
    return {
      ...about,
      counted: true,
      keys: result.keys.map(({ key }) => key),
      ...evidenceOf(result.evidence, result.detail),
    }
  }
  const miss = result.nearestMiss
  return {
    ...about,
    counted: false,
    ...(miss === null && { text: NO_STATEMENTS }),
    nearestMiss: miss && {
      statementId: miss.statementId,
      at: new Date(miss.at).toISOString(),
      reason: miss.reason,
      // The policy has its own sentence; an obstacle has that of the attempt rules.
      text: miss.detail || reasonText(miss.reason as Obstacle),
    },
  }
}
