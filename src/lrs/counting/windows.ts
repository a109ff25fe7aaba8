/** Windows of a policy with their counts. */
import type { Window } from '../../metering/count.ts'
import {
  beforeWindow,
  liveWindow,
  type PolicyVersion,
  windowById,
  windowsBefore,
} from '../../metering/windows.ts'
import type { Page, PageRequest } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import { openCursor, sealCursor } from '../statements/cursor.ts'
import { type PolicyHistory, policiesOf, policyOf } from './policies.ts'
import { type WindowView, windowView, windowViews } from './window-view.ts'

/** How far back a list goes when nobody says `from`. */
const YEARS_BACK = 3

/** Newest first. `from` and `to` in ms; default: the last three years up to now. */
export interface WindowSelection extends PageRequest {
  readonly policy: string | undefined
  readonly from: number | undefined
  readonly to: number | undefined
}

/** One page of a policy's windows. Only its own windows are worked out: any range costs the same. */
export async function listWindows(
  lrs: Lrs,
  caller: Caller,
  { policy, limit, cursor, ...range }: WindowSelection,
): Promise<Page<WindowView>> {
  demand(caller, 'read reports')
  const history = await policyOf(lrs.stores, caller.tenant, policy, 'GET /windows')
  // A key of its own: the continuation of another list is none of this one.
  const key = `${lrs.keys.cursors}|windows`
  const given = cursor === undefined ? null : openCursor(cursor, caller, key)
  const last = given?.upTo ?? range.to ?? lrs.clock.now()
  const from = range.from ?? last - YEARS_BACK * 366 * 86_400_000
  const windows = windowsBefore(history.versions, { from, to: given?.after ?? last }, limit + 1)
  const shown = windows.slice(0, limit)
  const oldest = shown.at(-1)
  const after = windows.length > limit && oldest ? beforeWindow(history.versions, oldest) : undefined
  return {
    items: await windowViews(lrs, caller.tenant, history, shown),
    next: after === undefined ? null : sealCursor({ after, upTo: last }, caller, key),
  }
}

export async function readWindow(lrs: Lrs, caller: Caller, id: string): Promise<WindowView> {
  demand(caller, 'read reports')
  const { history, window } = await findWindow(lrs, caller, id)
  return windowView(lrs, caller.tenant, history, window)
}

/** @throws Refusal `not-found` */
export async function findWindow(
  lrs: Lrs,
  caller: Caller,
  id: string,
): Promise<{ history: PolicyHistory; window: Window }> {
  for (const history of await policiesOf(lrs.stores, caller.tenant)) {
    const window = windowById(history.versions, id) ?? liveById(history.versions, id, lrs.clock.now())
    if (window) return { history, window }
  }
  throw new Refusal('not-found', `there is no window «${id}»`)
}

function liveById(versions: readonly PolicyVersion[], id: string, now: number): Window | null {
  const live = versions.map((version) => liveWindow(version, now))
  return live.find((window) => window?.id === id) ?? null
}
