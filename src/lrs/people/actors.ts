/** Actors seen against learners counted: the largest cause of over-counting is one person under several identifiers (in-the-wild §6). */
import { isPerson } from '../../attempts/identity.ts'
import type { Identity, PageRequest } from '../../store/ports.ts'
import { agentOfIdentifier } from '../../xapi/actor.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'

export interface Actors {
  /** Identifiers that statements came with. */
  readonly actorsSeen: number
  /** People they make, by the links there are. */
  readonly learners: number
  /** Identifiers that nobody linked to another. */
  readonly unlinked: number
  /** Where those come from, most first: a home page, or the domain of mailboxes. */
  readonly topHomes: readonly { readonly home: string; readonly unlinked: number }[]
  /** Identifiers that are no person (P1) and never count; the first hundred. */
  readonly nonPersons: readonly Identifier[]
  /** One page of those that nobody linked. */
  readonly items: readonly (Identifier & { readonly name: string | null; readonly learner: string })[]
  readonly next: string | null
}

const STEP = 1_000
const TOP = 20
const MOST_NON_PERSONS = 100

/** Goes over all identifiers: for a report, not for a dashboard. */
export async function readActors(lrs: Lrs, caller: Caller, page: PageRequest): Promise<Actors> {
  demand(caller, 'read reports')
  const { identities, metering } = lrs.stores
  let [actorsSeen, learners, unlinked] = [0, 0, 0]
  const nonPersons: Identifier[] = []
  for await (const one of everyOf((step) => metering.learners(caller.tenant, step))) {
    const seen = one.identities.filter((identity) => identity.seen)
    actorsSeen += seen.length
    learners += seen.length > 0 ? 1 : 0
    for (const { ifi } of seen) {
      if (nonPersons.length === MOST_NON_PERSONS || isPerson(ifi, DEFAULT_SETTINGS.nonPersons)) continue
      nonPersons.push(agentOfIdentifier(ifi))
    }
  }
  const homes = new Map<string, number>()
  for await (const identity of everyOf((step) => identities.unlinked(caller.tenant, step))) {
    unlinked += 1
    const home = homeOf(identity)
    homes.set(home, (homes.get(home) ?? 0) + 1)
  }
  const { items, next } = await identities.unlinked(caller.tenant, page)
  return {
    actorsSeen,
    learners,
    unlinked,
    topHomes: [...homes]
      .map(([home, count]) => ({ home, unlinked: count }))
      .sort((a, b) => b.unlinked - a.unlinked || (a.home < b.home ? -1 : 1))
      .slice(0, TOP),
    nonPersons,
    items: items.map(({ ifi, name, learner }) => ({ ...agentOfIdentifier(ifi), name, learner })),
    next,
  }
}

async function* everyOf<T>(
  read: (page: PageRequest) => Promise<{ readonly items: readonly T[]; readonly next: string | null }>,
): AsyncGenerator<T> {
  let page = await read({ limit: STEP })
  for (;;) {
    yield* page.items
    if (page.next === null) return
    page = await read({ limit: STEP, cursor: page.next })
  }
}

function homeOf({ ifi }: Identity): string {
  const { account, mbox, openid } = agentOfIdentifier(ifi)
  if (account) return account.homePage
  if (mbox) return mbox.slice(mbox.lastIndexOf('@') + 1)
  return openid ? new URL(openid).origin : 'sha1'
}
