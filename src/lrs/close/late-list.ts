/** What came after a window was closed, and what became of it by the policy's `close.late` (ruling 15). */
import { LATE, type Window } from '../../metering/count.ts'
import { isLateFor, lateText, outcomeIn } from '../../metering/late.ts'
import type { Adjustment, CountedLearner, Page, PageRequest } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { versionOf } from '../counting/window-view.ts'
import { findWindow } from '../counting/windows.ts'
import { learnerView } from '../people/people-view.ts'
import { closedWindow } from './operations.ts'

export interface LateView {
  readonly learner: string | null
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly statementId: string | null
  readonly at: string | null
  readonly stored: string | null
  readonly outcome: 'adjusted' | 'next-window' | 'already-counted' | 'ignored'
  /** The window it counts with; null when it counts with none. */
  readonly window: string | null
  readonly text: string
}

/**
 * Late statements of a closed window, by when they happened. Under `adjust` only those that changed the count: its late
 * adjustments, by when they were found; then a page may be short, or empty and go on.
 * @throws Refusal `conflict` when the window is not closed
 */
export async function listLate(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<LateView>> {
  demand(caller, 'read reports')
  const { history } = await findWindow(lrs, caller, windowId)
  const { window } = await closedWindow(lrs, caller, windowId)
  const { policy } = versionOf(history, window.version)
  return policy.close.late === 'adjust'
    ? adjusted(lrs, caller, window, page)
    : listed(lrs, caller, window, page)
}

async function adjusted(
  { stores }: Lrs,
  { tenant }: Caller,
  window: Window,
  page: PageRequest,
): Promise<Page<LateView>> {
  const { items, next } = await stores.adjustments.list(tenant, window, page)
  const late = items.filter(({ reason, delta }) => reason === 'late' && delta > 0)
  const people = await stores.identities.ofLearners(
    tenant,
    late.flatMap(({ learner }) => learner ?? []),
  )
  const identitiesOf = ({ learner }: Adjustment) => (learner !== null && people.get(learner)) || []
  return {
    items: late.map((one) => {
      const { learner, evidence } = one
      return {
        ...learnerView(learner, identitiesOf(one)),
        statementId: evidence?.statementId ?? null,
        at: evidence && new Date(evidence.at).toISOString(),
        stored: evidence && new Date(evidence.stored).toISOString(),
        outcome: 'adjusted',
        window: window.id,
        text: lateText('adjusted', window.id),
      }
    }),
    next,
  }
}

async function listed(
  { stores }: Lrs,
  { tenant }: Caller,
  window: Window,
  page: PageRequest,
): Promise<Page<LateView>> {
  const ref = { policy: window.policy, version: window.version, start: LATE }
  const { items, next } = await stores.metering.counted(tenant, ref, { ...page, since: window.start })
  const inside = items.filter(({ evidence }) => evidence.at < window.end)
  return {
    items: inside.filter(({ key }) => isLateFor(window, key)).map(lateView),
    next: inside.length < items.length ? null : next,
  }
}

function lateView({ learner, identities, evidence }: CountedLearner): LateView {
  const { outcome, window } = outcomeIn(evidence.rule)
  return {
    ...learnerView(learner, identities),
    statementId: evidence.statementId,
    at: new Date(evidence.at).toISOString(),
    stored: new Date(evidence.stored).toISOString(),
    outcome,
    window,
    text: lateText(outcome, window),
  }
}
