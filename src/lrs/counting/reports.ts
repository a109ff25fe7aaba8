/** Lists for administrators: attempts, learners, the work list of review, refused requests. */
import type { Attempt, Obstacle } from '../../attempts/derivation.ts'
import { profileOf } from '../../attempts/profile.ts'
import { reasonText } from '../../attempts/reasons.ts'
import type { AttemptSelection, Page, PageRequest, RefusalRecord } from '../../store/ports.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import { type FlaggedStatement, flaggedStatements } from '../cmi5/flagged.ts'
import type { Lrs } from '../context.ts'
import { backDatedCounts } from './back-dated.ts'

export type AttemptView = Omit<Attempt, 'first' | 'last'> & {
  readonly learner: string
  readonly first: string
  readonly last: string
  readonly text: string
}

/** With a team or role: of who is in it now. */
export interface AttemptFilter extends AttemptSelection {
  readonly team?: string
  readonly role?: string
}

/** Pages looked through for somebody of a team: then a short or empty page says where to go on. */
const PAGES = 20

export async function listAttempts(
  lrs: Lrs,
  caller: Caller,
  { team, role, ...selection }: AttemptFilter,
): Promise<Page<AttemptView>> {
  demand(caller, 'read reports')
  const { metering } = lrs.stores
  let page = await metering.attempts(caller.tenant, selection)
  if (team === undefined && role === undefined) return { ...page, items: page.items.map(attemptView) }
  const isIn = membership(lrs, caller, team, role)
  for (let pages = 1; ; pages++) {
    const items: (typeof page.items)[number][] = []
    for (const item of page.items) if (await isIn(item.learner)) items.push(item)
    if (items.length > 0 || page.next === null || pages === PAGES)
      return { items: items.map(attemptView), next: page.next }
    page = await metering.attempts(caller.tenant, { ...selection, cursor: page.next })
  }
}

function membership(
  { stores }: Lrs,
  { tenant }: Caller,
  team: string | undefined,
  role: string | undefined,
): (learner: string) => Promise<boolean> {
  const known = new Map<string, boolean>()
  return async (learner) => {
    const before = known.get(learner)
    if (before !== undefined) return before
    const { teams, roles } = profileOf((await stores.identities.learner(tenant, learner))?.identities ?? [])
    const isIn = (team === undefined || teams.includes(team)) && (role === undefined || roles.includes(role))
    known.set(learner, isIn)
    return isIn
  }
}

function attemptView(attempt: Attempt & { readonly learner: string }): AttemptView {
  return {
    ...attempt,
    first: new Date(attempt.first).toISOString(),
    last: new Date(attempt.last).toISOString(),
    text: reasonText(attempt.reason),
  }
}

export interface Review {
  /** Statements without effect on any count, by reason. */
  readonly untracked: readonly { reason: Obstacle; text: string; statements: number; learners: number }[]
  /** Elements that count only because nothing says otherwise: put them into the catalogue. */
  readonly defaultElements: readonly { element: string; attempts: number }[]
  /** Attempts with preview and learner statements. */
  readonly mixedAttempts: number
  /** Identifiers nobody linked to another: one person may hide behind several. */
  readonly unlinked: readonly Identifier[]
  /** Closed windows that were not what their statements give when they were last looked at: an alarm. */
  readonly snapshots: readonly { window: string; verified: string; mismatches: readonly string[] }[]
  /** The newest statements that claim to be cmi5 and break its rules (ROLLCALL_CMI5=flag). */
  readonly cmi5: readonly FlaggedStatement[]
  /** Statements too old for a policy, by policy (Q12): `GET /review/back-dated` lists them. */
  readonly backDated: Awaited<ReturnType<typeof backDatedCounts>>
}

/** The administrator's work list (ruling 25). */
export async function readReview(lrs: Lrs, caller: Caller): Promise<Review> {
  demand(caller, 'read reports')
  const review = await lrs.stores.metering.review(caller.tenant)
  const unlinked = await lrs.stores.identities.unlinked(caller.tenant, { limit: 100 })
  return {
    untracked: review.untracked.map((row) => ({ ...row, text: reasonText(row.reason) })),
    defaultElements: review.defaultElements,
    mixedAttempts: review.mixed,
    snapshots: (await lrs.stores.snapshots.closings(caller.tenant)).flatMap(({ window, verification }) =>
      verification && verification.mismatches.length > 0
        ? [{ window, verified: new Date(verification.at).toISOString(), mismatches: verification.mismatches }]
        : [],
    ),
    unlinked: unlinked.items.map(({ ifi }) => agentOfIdentifier(ifi)),
    cmi5: await flaggedStatements(lrs, caller),
    backDated: await backDatedCounts(lrs, caller.tenant),
  }
}

export async function listRefusals(
  lrs: Lrs,
  caller: Caller,
  page: PageRequest,
): Promise<Page<RefusalRecord>> {
  demand(caller, 'read reports')
  return lrs.stores.refusals.list(caller.tenant, page)
}
