/** What merging, splitting and regrouping people would do to the counts, worked out as `recount` will (Q21, ruling 20). */
import type { GivenProfile } from '../../attempts/profile.ts'
import type { LearnerHistory, LearnerMerge, TenantId } from '../../store/ports.ts'
import type { RecountDeps } from '../counting/recount.ts'
import {
  addChanges,
  changesBetween,
  closedAmong,
  effectOf,
  tallyOf,
  type WindowEffect,
} from '../counting/tally.ts'

/** Of so many learners at most the effect is worked out. */
const MOST = 1_000

export interface PeopleEffect extends WindowEffect {
  /** False when there were too many to look at all of them: then this is what the first of them would do. */
  readonly complete: boolean
}

export interface PeopleChange {
  readonly merges: readonly LearnerMerge[]
  /** By identifier. */
  readonly profiles: ReadonlyMap<string, GivenProfile>
  /** Learners whose profile changes, merged or not. */
  readonly learners: readonly string[]
}

export async function effectOfChange(
  deps: RecountDeps,
  tenant: TenantId,
  { merges, profiles, learners }: PeopleChange,
): Promise<PeopleEffect> {
  const groups = groupsIn(merges, learners)
  let changes: Readonly<Record<string, number>> = {}
  for (const group of groups.slice(0, MOST)) {
    const histories = await historiesOf(deps, tenant, group)
    const [first, ...others] = histories
    if (!first) continue
    const after = withProfiles(others.reduce(merged, first), profiles)
    changes = addChanges(
      changes,
      changesBetween(await tallyOf(deps, histories), await tallyOf(deps, [after])),
    )
  }
  return {
    ...effectOf(changes, await closedAmong(deps, tenant, Object.keys(changes))),
    complete: groups.length <= MOST,
  }
}

/** Of splitting one learner into these sets of identifiers. */
export async function effectOfSplit(
  deps: RecountDeps,
  tenant: TenantId,
  learner: string,
  parts: readonly (readonly string[])[],
): Promise<PeopleEffect> {
  const history = await deps.stores.metering.history(tenant, learner)
  if (!history) return { open: [], closed: [], complete: true }
  const after = parts.map((ifis) => partOf(history, new Set(ifis)))
  const changes = changesBetween(await tallyOf(deps, [history]), await tallyOf(deps, after))
  return { ...effectOf(changes, await closedAmong(deps, tenant, Object.keys(changes))), complete: true }
}

function groupsIn(
  merges: readonly LearnerMerge[],
  learners: readonly string[],
): readonly (readonly string[])[] {
  const merging = merges.map(({ into, from }) => [into, ...from])
  const known = new Set(merging.flat())
  return [...merging, ...[...new Set(learners)].filter((one) => !known.has(one)).map((one) => [one])]
}

async function historiesOf(
  { stores }: RecountDeps,
  tenant: TenantId,
  learners: readonly string[],
): Promise<readonly LearnerHistory[]> {
  const found: LearnerHistory[] = []
  for (const learner of learners) {
    const history = await stores.metering.history(tenant, learner)
    if (history) found.push(history)
  }
  return found
}

function merged(a: LearnerHistory, b: LearnerHistory): LearnerHistory {
  return {
    ...a,
    identities: [...a.identities, ...b.identities],
    facts: [...a.facts, ...b.facts].sort((x, y) => x.seq - y.seq),
    launches: [...a.launches, ...b.launches],
    tombstones: [...a.tombstones, ...b.tombstones],
  }
}

function partOf(history: LearnerHistory, ifis: ReadonlySet<string>): LearnerHistory {
  return {
    ...history,
    identities: history.identities.filter(({ ifi }) => ifis.has(ifi)),
    facts: history.facts.filter(({ learner }) => ifis.has(learner)),
    launches: history.launches.filter(({ learner }) => ifis.has(learner)),
    tombstones: history.tombstones.filter(({ learner }) => ifis.has(learner)),
  }
}

function withProfiles(history: LearnerHistory, profiles: ReadonlyMap<string, GivenProfile>): LearnerHistory {
  const identities = history.identities.map((identity) => {
    const profile = profiles.get(identity.ifi)
    return profile ? { ...identity, profile } : identity
  })
  return { ...history, identities }
}
