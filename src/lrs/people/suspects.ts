/** «Hidden counting» (F8): people in a counted list who look like staff or tests. */

import type { Attempt } from '../../attempts/derivation.ts'
import { profileOf } from '../../attempts/profile.ts'
import { type Suspicion, suspicionsOf } from '../../attempts/suspicion.ts'
import type { Window } from '../../metering/count.ts'
import type { CountedLearner, Page, PageRequest } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { findWindow } from '../counting/windows.ts'
import { learnerView, nameOf } from './people-view.ts'

export interface SuspectView {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly roles: readonly string[]
  readonly suspicions: readonly Suspicion[]
  readonly statementId: string
}

/** Of one page of the window's counted list (live) those who give reason: a page may be short, or empty and go on. */
export async function listSuspects(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  page: PageRequest,
): Promise<Page<SuspectView>> {
  demand(caller, 'read reports')
  const { window } = await findWindow(lrs, caller, windowId)
  const { items, next } = await lrs.stores.metering.counted(caller.tenant, window, page)
  const suspects: SuspectView[] = []
  for (const counted of items) {
    const suspicions = await suspicionsAbout(lrs, caller, window, counted)
    if (suspicions.length > 0) suspects.push(viewOf(counted, suspicions))
  }
  return { items: suspects, next }
}

/** Attempts looked at of one learner: whoever has more does not use for seconds. */
const ATTEMPTS = 50

async function suspicionsAbout(
  lrs: Lrs,
  { tenant }: Caller,
  window: Window,
  { learner, identities }: CountedLearner,
): Promise<readonly Suspicion[]> {
  const { items } = await lrs.stores.metering.attempts(tenant, {
    learner,
    before: window.end,
    deleted: true,
    limit: ATTEMPTS,
  })
  const inside = (attempt: Attempt) => attempt.last >= window.start
  return suspicionsOf({
    profile: profileOf(identities),
    name: nameOf(identities),
    ifis: identities.filter(({ seen }) => seen).map(({ ifi }) => ifi),
    attempts: items.length < ATTEMPTS ? items.filter(inside) : [],
  })
}

function viewOf(
  { learner, identities, evidence }: CountedLearner,
  suspicions: readonly Suspicion[],
): SuspectView {
  return {
    ...learnerView(learner, identities),
    roles: profileOf(identities).roles,
    suspicions,
    statementId: evidence.statementId,
  }
}
