/** Closing a window by hand, and correcting one that is closed. Each act is noted with author, time and reason. */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { Evidence, Window } from '../../metering/count.ts'
import type { Adjustment, Page, PageRequest, Snapshot } from '../../store/ports.ts'
import { isUuid } from '../../xapi/formats.ts'
import { type Caller, demand } from '../access/access.ts'
import { authorOf, noteAct } from '../acts.ts'
import type { Lrs } from '../context.ts'
import { type WindowView, windowView } from '../counting/window-view.ts'
import { findWindow } from '../counting/windows.ts'
import { parseInput } from '../parse-input.ts'
import { type EvidenceView, evidenceView } from '../people/people-view.ts'
import { malformedAt, Refusal } from '../refusal.ts'

/** How long an answer waits for the snapshot. After that it says `closing`, and the window closes all the same. */
const PATIENCE_MS = 10_000
const LOOK_MS = 50

const reason = z.string().trim().min(1).max(1000)
const closeInput = z.strictObject({ reason })

/**
 * Closes a window that has ended, before its grace is over if need be (Q13). Asking again changes nothing.
 * @throws Refusal `conflict` for one that has not ended, or ended before its policy was made (Q22a)
 */
export async function closeWindow(lrs: Lrs, caller: Caller, id: string, input: unknown): Promise<WindowView> {
  demand(caller, 'close windows')
  const given = parseInput(closeInput, input, 'POST /windows/{id}/close')
  const { history, window } = await findWindow(lrs, caller, id)
  const view = await windowView(lrs, caller.tenant, history, window)
  if (view.status === 'closed') return view
  if (view.status === 'historical')
    throw new Refusal('conflict', `«${id}» ended before its policy was made: it is never closed (Q22a)`)
  if (view.status === 'open' || view.status === 'future')
    throw new Refusal('conflict', `«${id}» ends at ${view.end}: it cannot be closed before`)
  const { version, start, end, policy } = window
  const request = { tenant: caller.tenant, policy, version, start, window: id, end }
  const requested = lrs.clock.now()
  await lrs.stores.snapshots.request({ ...request, ...given, requested, author: authorOf(caller) })
  await noteAct(lrs, caller, { id: lrs.newId(), act: 'close window', subject: id, ...given })
  lrs.wake()
  await closedSoon(lrs, caller, window)
  return windowView(lrs, caller.tenant, history, window)
}

async function closedSoon(lrs: Lrs, caller: Caller, window: Window): Promise<void> {
  const started = performance.now()
  while (performance.now() - started < PATIENCE_MS) {
    if (await lrs.stores.snapshots.byWindow(caller.tenant, window)) return
    await sleep(LOOK_MS)
  }
}

/** @throws Refusal `conflict` when the window is not closed */
export async function closedWindow(
  lrs: Lrs,
  caller: Caller,
  id: string,
): Promise<{ readonly window: Window; readonly snapshot: Snapshot }> {
  const { window } = await findWindow(lrs, caller, id)
  const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, window)
  if (snapshot) return { window, snapshot }
  throw new Refusal('conflict', `«${id}» is not closed: until then its count follows the statements`)
}

export type SnapshotView = Omit<Snapshot, 'secret' | 'cutoff' | 'closed' | 'id'>

/** The seal as it was signed. The secret behind the tokens is never shown. */
export async function readSnapshot(lrs: Lrs, caller: Caller, id: string): Promise<SnapshotView> {
  demand(caller, 'read reports')
  const { snapshot } = await closedWindow(lrs, caller, id)
  const { secret: _, cutoff: __, closed: ___, id: ____, ...view } = snapshot
  return view
}

const adjustInput = z.strictObject({
  /** Given by the client, so that a repetition is noticed. */
  id: z.string().refine(isUuid, 'must be a UUID').optional(),
  delta: z
    .int()
    .min(-1_000_000)
    .max(1_000_000)
    .refine((delta) => delta !== 0, 'must not be 0'),
  reason,
  learner: z.string().min(1).optional(),
  /** Id of a statement. */
  evidence: z.string().refine(isUuid, 'must be the id of a statement').optional(),
})

export type AdjustmentView = Omit<Adjustment, 'at' | 'start' | 'policy' | 'version' | 'evidence'> & {
  readonly at: string
  readonly window: string
  readonly evidence: EvidenceView | null
}

/** A correction somebody answers for (counting §4.4): the snapshot stays as it is. @throws Refusal `conflict` */
export async function adjustWindow(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  input: unknown,
): Promise<AdjustmentView> {
  demand(caller, 'adjust counts')
  const given = parseInput(adjustInput, input, 'POST /windows/{id}/adjustments')
  const { window, snapshot } = await closedWindow(lrs, caller, windowId)
  const { policy, version, start } = window
  await demandNotBelowZero(lrs, caller, snapshot, given.delta)
  const id = given.id?.toLowerCase() ?? lrs.newId()
  const adjustment: Adjustment = {
    id,
    policy,
    version,
    start,
    kind: 'manual',
    reason: 'correction',
    delta: given.delta,
    learner: given.learner === undefined ? null : await learnerIn(lrs, caller, given.learner),
    key: 'learner',
    token: null,
    evidence: given.evidence === undefined ? null : await evidenceOf(lrs, caller, given.evidence),
    author: authorOf(caller),
    at: lrs.clock.now(),
    note: given.reason,
  }
  if ((await lrs.stores.adjustments.add(caller.tenant, adjustment)) === 'there')
    throw new Refusal('conflict', `there is an adjustment ${id} already: it stays as it is`)
  const details = { window: windowId, delta: given.delta }
  await noteAct(lrs, caller, { id, act: 'adjust count', subject: windowId, reason: given.reason, details })
  return adjustmentView(windowId, adjustment)
}

/** Nobody owes a negative number of learners: it would be a typing error. */
async function demandNotBelowZero(lrs: Lrs, caller: Caller, snapshot: Snapshot, delta: number) {
  const { automatic, manual } = await lrs.stores.adjustments.sums(caller.tenant, snapshot)
  const adjusted = snapshot.count + automatic + manual
  if (adjusted + delta >= 0 || delta > 0) return
  const message = `would bring the adjusted count of ${adjusted} below 0`
  throw malformedAt('$.delta', message, 'POST /windows/{id}/adjustments')
}

async function learnerIn(lrs: Lrs, caller: Caller, learner: string): Promise<string> {
  const known = await lrs.stores.identities.learner(caller.tenant, learner)
  if (known) return known.id
  throw malformedAt('$.learner', `there is no learner «${learner}»`, 'POST /windows/{id}/adjustments')
}

async function evidenceOf(lrs: Lrs, caller: Caller, id: string): Promise<Evidence> {
  const statementId = id.toLowerCase()
  const found = await lrs.stores.statements.find(caller.tenant, statementId)
  if (!found) {
    const message = `there is no statement ${statementId}`
    throw malformedAt('$.evidence', message, 'POST /windows/{id}/adjustments')
  }
  return { statementId, at: found.stored, stored: found.stored, rule: 'named by hand' }
}

export async function listAdjustments(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<AdjustmentView>> {
  demand(caller, 'read reports')
  const { window } = await findWindow(lrs, caller, windowId)
  const { items, next } = await lrs.stores.adjustments.list(caller.tenant, window, page)
  return { items: items.map((one) => adjustmentView(windowId, one)), next }
}

function adjustmentView(window: string, adjustment: Adjustment): AdjustmentView {
  const { policy: _, version: __, start: ___, at, evidence, ...rest } = adjustment
  return { ...rest, evidence: evidence && evidenceView(evidence), window, at: new Date(at).toISOString() }
}
