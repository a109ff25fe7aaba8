/** People with what is known of them: lists, one of them, and what they did when. */
import { isPerson } from '../../attempts/identity.ts'
import { profileOf } from '../../attempts/profile.ts'
import { reasonText } from '../../attempts/reasons.ts'
import type {
  GroupRef,
  Identity,
  IdentityLink,
  LearnerHistory,
  Page,
  PageRequest,
} from '../../store/ports.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { deriveHistory } from '../counting/recount.ts'
import { tallyOf } from '../counting/tally.ts'
import { Refusal } from '../refusal.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { openCursor, sealCursor } from '../statements/cursor.ts'
import { identifiersOf, nameOf } from './people-view.ts'

export interface LearnerView {
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly teams: readonly string[]
  readonly roles: readonly string[]
  readonly test: boolean
}

export interface LearnerSelection extends PageRequest {
  readonly team?: string
  readonly role?: string
  readonly test?: boolean
}

export async function listLearners(
  lrs: Lrs,
  caller: Caller,
  { team, role, test, ...page }: LearnerSelection,
): Promise<Page<LearnerView>> {
  demand(caller, 'read reports')
  const [first, ...others] = groupsIn({ ...(team && { team }), ...(role && { role }), ...(test && { test }) })
  const { items, next } = first
    ? await lrs.stores.profiles.members(caller.tenant, [first, ...others], page)
    : await lrs.stores.metering.learners(caller.tenant, page)
  return { items: items.map(({ id, identities }) => viewOf(id, identities)), next }
}

function groupsIn({ team, role, test }: Omit<LearnerSelection, 'limit' | 'cursor'>): readonly GroupRef[] {
  return [
    ...(team === undefined ? [] : [{ kind: 'team' as const, name: team }]),
    ...(role === undefined ? [] : [{ kind: 'role' as const, name: role }]),
    ...(test ? [{ kind: 'test' as const, name: '' }] : []),
  ]
}

function viewOf(learner: string, identities: readonly Identity[]): LearnerView {
  const { teams, roles, test } = profileOf(identities)
  return { learner, name: nameOf(identities), identities: known(identities), teams, roles, test }
}

/** Identifiers that came in, were linked by somebody, or were imported; else those that are only known. */
function known(identities: readonly Identity[]): readonly Identifier[] {
  const seen = identifiersOf(identities)
  if (seen.length > 0) return seen
  return identities.filter(({ profile }) => profile).map(({ ifi }) => agentOfIdentifier(ifi))
}

export interface LearnerDetail extends LearnerView {
  /** Windows in which they count now, by id. */
  readonly counted: readonly string[]
  readonly attempts: number
  readonly statements: number
  readonly firstUse: string | null
  readonly lastUse: string | null
  /** Which of the identifiers are no person (P1): what they do never counts. */
  readonly nonPersons: readonly Identifier[]
  /** Who said which identifiers are one person; `DELETE /aliases/{id}` takes one back. */
  readonly links: readonly {
    readonly id: string
    readonly identities: readonly Identifier[]
    readonly author: string
    readonly source: IdentityLink['source']
    readonly at: string
  }[]
}

/** @throws Refusal `not-found`; one who was merged away answers as the elder */
export async function readLearner(lrs: Lrs, caller: Caller, id: string): Promise<LearnerDetail> {
  demand(caller, 'read reports')
  const history = await historyOf(lrs, caller, id)
  const { attempts, classified } = await deriveHistory(lrs, history)
  const standing = attempts.filter(({ deleted }) => !deleted)
  const times = standing.flatMap(({ first, last }) => [first, last])
  const links = await lrs.stores.identities.linksOf(caller.tenant, history.learner)
  return {
    ...viewOf(history.learner, history.identities),
    counted: [...(await tallyOf(lrs, [history])).keys()].sort(),
    attempts: standing.length,
    statements: new Set(classified.map(({ fact }) => fact.statementId)).size,
    firstUse: instant(times, Math.min),
    lastUse: instant(times, Math.max),
    nonPersons: history.identities
      .filter(({ ifi, seen }) => seen && !isPerson(ifi, DEFAULT_SETTINGS.nonPersons))
      .map(({ ifi }) => agentOfIdentifier(ifi)),
    links: links.map(({ a, b, at, ...link }) => ({
      ...link,
      identities: [agentOfIdentifier(a), agentOfIdentifier(b)],
      at: new Date(at).toISOString(),
    })),
  }
}

function instant(times: readonly number[], pick: (a: number, b: number) => number): string | null {
  return times.length === 0 ? null : new Date(times.reduce((a, b) => pick(a, b))).toISOString()
}

async function historyOf(lrs: Lrs, { tenant }: Caller, id: string): Promise<LearnerHistory> {
  const history = await lrs.stores.metering.history(tenant, id)
  if (!history) throw new Refusal('not-found', `there is no learner «${id}»`)
  return history
}

export interface Moment {
  readonly at: string
  readonly stored: string
  readonly statementId: string
  readonly identity: Identifier
  readonly verb: string
  readonly object: string
  readonly element: string
  readonly attempt: string | null
  readonly tracked: boolean
  readonly reason: string
  readonly text: string
}

/** What they did, newest first, each statement with its verdict; logically deleted ones are left out (A23). */
export async function readTimeline(
  lrs: Lrs,
  caller: Caller,
  id: string,
  { limit, cursor }: PageRequest,
): Promise<Page<Moment>> {
  demand(caller, 'read reports')
  const history = await historyOf(lrs, caller, id)
  const { classified } = await deriveHistory(lrs, history)
  // A key of its own: the continuation of another list is none of this one.
  const key = `${lrs.keys.cursors}|timeline ${history.learner}`
  const given = cursor === undefined ? null : openCursor(cursor, caller, key)
  const upTo = given?.upTo ?? Number.MAX_SAFE_INTEGER
  const all = classified
    .filter(({ fact }) => !fact.voided && fact.seq <= upTo)
    .sort((a, b) => b.at - a.at || b.fact.seq - a.fact.seq)
  const newest = classified.reduce((most, { fact }) => Math.max(most, fact.seq), 0)
  const start = given?.after ?? 0
  const end = start + limit
  return {
    items: all.slice(start, end).map(({ fact, at, element, attempt, obstacles: [obstacle] }) => ({
      at: new Date(at).toISOString(),
      stored: new Date(fact.stored).toISOString(),
      statementId: fact.statementId,
      identity: agentOfIdentifier(fact.learner),
      verb: fact.verb,
      object: fact.object.id,
      element,
      attempt,
      tracked: obstacle === undefined,
      reason: obstacle ?? 'tracked',
      text: reasonText(obstacle ?? 'tracked'),
    })),
    next: end < all.length ? sealCursor({ after: end, upTo: Math.min(upTo, newest) }, caller, key) : null,
  }
}
