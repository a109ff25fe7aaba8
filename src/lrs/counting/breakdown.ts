/** The count of a window by team, role, element or sub-account (F12). */
import { profileOf } from '../../attempts/profile.ts'
import { type EvidenceGroup, groupsOfKeys, type Tally, tally } from '../../metering/breakdown.ts'
import type { Window } from '../../metering/count.ts'
import { english } from '../../metering/text-en.ts'
import type { CountedLearner } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import type { PolicyHistory } from './policies.ts'
import { circumstancesOf, deriveHistory } from './recount.ts'
import { closingsOf } from './rules.ts'
import { refOf, sinceOf } from './window-view.ts'
import { findWindow } from './windows.ts'

export const BREAKDOWNS = ['team', 'role', 'element', 'sub-account'] as const
export type BreakdownBy = (typeof BREAKDOWNS)[number]

export interface Breakdown extends Tally {
  readonly window: string
  readonly by: BreakdownBy
  /** The count of the window, as known today. */
  readonly count: number
  /** Why the groups add up to more than the count, or that they do not. */
  readonly text: string
}

const PAGE = 200

/**
 * Of a closed window too it is what is known today, not what was sealed. Teams and roles are those of now. Elements and sub-accounts are those of all evidence in the window, so that learner's
 * history is read: a second for some thousand learners.
 * @throws Refusal `not-found`
 */
export async function readBreakdown(
  lrs: Lrs,
  caller: Caller,
  windowId: string,
  by: BreakdownBy,
): Promise<Breakdown> {
  demand(caller, 'read reports')
  const { history, window } = await findWindow(lrs, caller, windowId)
  const groupsOf =
    by === 'team' || by === 'role' ? profileGroups(by) : evidenceGroups(lrs, caller, history, window, by)
  const groups: (readonly string[])[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await lrs.stores.metering.counted(caller.tenant, refOf(window), {
      limit: PAGE,
      ...sinceOf(window),
      ...(cursor !== undefined && { cursor }),
    })
    for (const counted of page.items) groups.push(await groupsOf(counted))
    cursor = page.next
  }
  const result = tally(groups)
  const text = english.breakdown({ inSeveral: result.inSeveral, sum: result.sum, count: groups.length })
  return { window: window.id, by, count: groups.length, ...result, text }
}

type GroupsOf = (counted: CountedLearner) => Promise<readonly string[]>

function profileGroups(by: 'team' | 'role'): GroupsOf {
  return async ({ identities }) => {
    const { teams, roles } = profileOf(identities)
    return [...new Set(by === 'team' ? teams : roles)]
  }
}

function evidenceGroups(
  lrs: Lrs,
  { tenant }: Caller,
  { versions }: PolicyHistory,
  window: Window,
  by: EvidenceGroup,
): GroupsOf {
  const closingsIn = closingsOf(lrs)
  return async ({ learner, key }) => {
    const history = await lrs.stores.metering.history(tenant, learner)
    if (!history) return []
    const { classified } = await deriveHistory(lrs, history)
    const circumstances = circumstancesOf(lrs, history, await closingsIn(tenant))
    return groupsOfKeys(classified, versions, window, by, circumstances).get(key) ?? []
  }
}
