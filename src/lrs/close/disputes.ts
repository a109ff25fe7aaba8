/** Disputes (F9): somebody says that a counted row is wrong; who may adjust decides, and an accepted one becomes an adjustment. */
import { z } from 'zod'
import type { Adjustment, Dispute, DisputeDecision, Page, PageRequest, WindowRef } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import { authorOf, noteAct } from '../acts.ts'
import type { Lrs } from '../context.ts'
import { findWindow } from '../counting/windows.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt, Refusal } from '../refusal.ts'
import { closedWindow } from './operations.ts'
import { sealedRowsOf } from './sealed-list.ts'

const PAGE = 1_000

const reason = z.string().trim().min(1).max(1000)
const openInput = z.strictObject({ learner: z.string().min(1), reason })
const decideInput = z.strictObject({ state: z.enum(['accepted', 'rejected']), reason })

export interface DisputeView {
  readonly id: string
  readonly window: string
  readonly learner: string
  readonly state: 'open' | 'accepted' | 'rejected'
  readonly author: string
  readonly at: string
  readonly reason: string
  readonly decision: { readonly author: string; readonly at: string; readonly reason: string } | null
}

/** @throws Refusal `conflict` when the window is not closed, or the learner has an open dispute in it */
export async function openDispute(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  input: unknown,
): Promise<DisputeView> {
  demand(caller, 'dispute counts')
  const given = parseInput(openInput, input, 'POST /windows/{id}/disputes')
  const { window, snapshot } = await closedWindow(lrs, caller, windowId)
  const [row] = await sealedRowsOf(lrs, caller.tenant, snapshot, given.learner)
  if (!row) {
    const message = `«${given.learner}» is not in the snapshot of «${windowId}»`
    throw malformedAt('$.learner', message, 'POST /windows/{id}/disputes')
  }
  const { policy, version, start } = window
  const who = { author: authorOf(caller), at: lrs.clock.now() }
  // Who was merged since is in the snapshot under the learner they were.
  const about = { ...given, learner: row.learner ?? given.learner }
  const dispute: Dispute = { id: lrs.newId(), policy, version, start, ...about, ...who, decision: null }
  if ((await lrs.stores.adjustments.dispute(caller.tenant, dispute)) === 'there')
    throw new Refusal('conflict', `there is an open dispute about «${given.learner}» in «${windowId}»`)
  await noteAct(lrs, caller, {
    id: dispute.id,
    act: 'open dispute',
    subject: windowId,
    reason: given.reason,
    details: { learner: given.learner },
  })
  return disputeView(windowId, dispute)
}

/** Accepted: the learner is taken off by an adjustment, the snapshot stays. @throws Refusal `not-found`, `conflict` */
export async function decideDispute(
  lrs: Lrs,
  caller: Caller,
  id: string,
  input: unknown,
): Promise<DisputeView> {
  demand(caller, 'adjust counts')
  const given = parseInput(decideInput, input, 'POST /disputes/{id}')
  const dispute = await lrs.stores.adjustments.disputeById(caller.tenant, id)
  if (!dispute) throw new Refusal('not-found', `there is no dispute «${id}»`)
  const decision: DisputeDecision = { ...given, author: authorOf(caller), at: lrs.clock.now() }
  const adjustment = given.state === 'accepted' ? await takenOff(lrs, caller, dispute, decision) : null
  const outcome = await lrs.stores.adjustments.decide(caller.tenant, id, decision, adjustment)
  if (outcome !== 'done') throw new Refusal('conflict', `the dispute «${id}» has been decided already`)
  const window = await windowIdOf(lrs, caller, dispute)
  await noteAct(lrs, caller, {
    id: `${id} decided`,
    act: `dispute ${given.state}`,
    subject: window,
    reason: given.reason,
    details: { dispute: id },
  })
  return disputeView(window, { ...dispute, decision })
}

async function takenOff(
  lrs: Lrs,
  caller: Caller,
  dispute: Dispute,
  { author, at, reason: note }: DisputeDecision,
): Promise<Adjustment> {
  const { id, policy, version, start, learner } = dispute
  const booked = await lrs.stores.adjustments.booked(caller.tenant, learner)
  const left = booked.filter((one) => isIn(dispute, one) && one.learner === learner && one.net > 0)
  const before = await acceptedAbout(lrs, caller, dispute)
  const taken = left[before]
  if (!taken) {
    const by = left.length === 0 ? 'a later fact' : 'an accepted dispute'
    throw new Refusal('conflict', `«${learner}» has been taken off by ${by} already`)
  }
  const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, dispute)
  const rows = snapshot ? await lrs.stores.snapshots.rowsOf(caller.tenant, snapshot.id, learner) : []
  const row = rows.find(({ key }) => key === taken.key)
  return {
    id,
    policy,
    version,
    start,
    kind: 'manual',
    reason: 'dispute',
    delta: -1,
    learner,
    key: taken.key,
    token: row?.token ?? null,
    evidence: row?.evidence ?? null,
    author,
    at,
    note,
  }
}

/** One dispute takes one counted row off: of a learner with one row the second is about nothing. */
async function acceptedAbout(lrs: Lrs, caller: Caller, about: Dispute): Promise<number> {
  let accepted = 0
  let page: PageRequest = { limit: PAGE }
  for (;;) {
    const { items, next } = await lrs.stores.adjustments.disputes(caller.tenant, about, page)
    accepted += items.filter(
      ({ learner, decision }) => learner === about.learner && decision?.state === 'accepted',
    ).length
    if (next === null) return accepted
    page = { limit: PAGE, cursor: next }
  }
}

export async function listDisputes(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<DisputeView>> {
  demand(caller, 'read reports')
  const { window } = await findWindow(lrs, caller, windowId)
  const { items, next } = await lrs.stores.adjustments.disputes(caller.tenant, window, page)
  return { items: items.map((one) => disputeView(windowId, one)), next }
}

function isIn(window: WindowRef, one: WindowRef): boolean {
  return one.policy === window.policy && one.version === window.version && one.start === window.start
}

async function windowIdOf(lrs: Lrs, caller: Caller, dispute: Dispute): Promise<string> {
  const snapshot = await lrs.stores.snapshots.byWindow(caller.tenant, dispute)
  return snapshot?.window ?? ''
}

function disputeView(
  window: string,
  { id, learner, author, at, reason: why, decision }: Dispute,
): DisputeView {
  return {
    id,
    window,
    learner,
    state: decision?.state ?? 'open',
    author,
    at: new Date(at).toISOString(),
    reason: why,
    decision: decision && {
      author: decision.author,
      at: new Date(decision.at).toISOString(),
      reason: decision.reason,
    },
  }
}
