/** What a deletion hits of one learner, and what follows from it for the counts: the same for the dry run and the act (F10). */
import { v5 } from 'uuid'
import type { Classified, Derivation } from '../../attempts/derivation.ts'
import { hitsOf } from '../../attempts/hit.ts'
import { groupsOf, profileOf } from '../../attempts/profile.ts'
import { qualify } from '../../metering/qualify.ts'
import { type Tombstone, tombstonesFor } from '../../metering/tombstone.ts'
import type { DeletionRecord, LearnerHistory, TenantId } from '../../store/ports.ts'
import { type PolicyHistory, policiesOf } from '../counting/policies.ts'
import { deriveHistory, type RecountDeps } from '../counting/recount.ts'
import { changesBetween, tallyOf } from '../counting/tally.ts'

export interface Found {
  readonly hits: readonly Classified[]
  /** Statements of `hits` that are not told of another learner. */
  readonly statements: number
  /** Attempts of which nothing is left. */
  readonly attempts: number
  /** Statements that would be hit, but are about somebody else who keeps them. */
  readonly shared: number
  /** Keys that no longer count, by window id. */
  readonly leaving: Readonly<Record<string, number>>
  readonly tombstones: readonly Tombstone[]
}

interface Known {
  readonly history: LearnerHistory
  readonly derivation: Derivation
  readonly policies: readonly PolicyHistory[]
  readonly hits: readonly Classified[]
}

/** Looks at learners, each read once. Null: nothing of that one is hit. */
export function deletionLook(
  deps: RecountDeps,
  tenant: TenantId,
  record: DeletionRecord,
): (learner: string) => Promise<Found | null> {
  const known = new Map<string, Promise<Known | null>>()
  const knownOf = (learner: string): Promise<Known | null> => {
    const reading = known.get(learner) ?? readKnown(deps, tenant, record, learner)
    known.set(learner, reading)
    return reading
  }
  const isHit = async (learner: string, statementId: string): Promise<boolean> => {
    const other = await knownOf(learner)
    if (!other || !isMeant(record, other.history)) return false
    return other.hits.some(({ fact }) => fact.statementId === statementId)
  }
  /** The other learners a statement is about; null when one of them keeps it. */
  const sharersOf = async ({ fact }: Classified, own: string): Promise<readonly string[] | null> => {
    if (!fact.member) return []
    const others = await learnersOf(deps, tenant, fact.statementId)
    others.delete(own)
    for (const other of others) if (!(await isHit(other, fact.statementId))) return null
    return [...others]
  }
  return async (learner) => {
    const mine = await knownOf(learner)
    if (!mine || mine.hits.length === 0) return null
    const own = mine.history.learner
    const sharers = await Promise.all(mine.hits.map((hit) => sharersOf(hit, own)))
    const hits = mine.hits.filter((_, at) => sharers[at] !== null)
    // Told of the first of those it is about.
    const told = sharers.filter((others) => others?.every((other) => own < other))
    const tombstones = record.mode === 'logical' ? [] : buried(record, mine, hits)
    return {
      hits,
      statements: told.length,
      attempts: attemptsGone(mine.derivation, hits),
      shared: mine.hits.length - hits.length,
      leaving: await leaving(deps, record, mine.history, hits, tombstones),
      tombstones,
    }
  }
}

async function readKnown(
  deps: RecountDeps,
  tenant: TenantId,
  { filter, upTo, mode }: DeletionRecord,
  learner: string,
): Promise<Known | null> {
  const history = await deps.stores.metering.history(tenant, learner)
  if (!history) return null
  const derivation = await deriveHistory(deps, history)
  const policies = await policiesOf(deps.stores, tenant)
  const found = hitsOf(derivation, { ...filter, upTo }, (one) =>
    countsUnder(one, policies, groupsIn(history)),
  )
  const hits = mode === 'logical' ? found.filter(({ fact }) => !fact.voided) : found
  return { history, derivation, policies, hits }
}

async function learnersOf(
  { stores }: RecountDeps,
  tenant: TenantId,
  statementId: string,
): Promise<Set<string>> {
  const learners = new Set<string>()
  for (const { learner } of await stores.metering.factsOf(tenant, statementId)) {
    const identity = await stores.identities.byIfi(tenant, learner)
    if (identity) learners.add(identity.learner)
  }
  return learners
}

/** Whether the filter speaks of this learner. */
function isMeant({ filter }: DeletionRecord, { learner, identities }: LearnerHistory): boolean {
  const { teams, roles } = profileOf(identities)
  return (
    (filter.learner === undefined || filter.learner === learner) &&
    (filter.team === undefined || teams.includes(filter.team)) &&
    (filter.role === undefined || roles.includes(filter.role))
  )
}

async function leaving(
  deps: RecountDeps,
  { mode }: DeletionRecord,
  history: LearnerHistory,
  hits: readonly Classified[],
  tombstones: readonly Tombstone[],
): Promise<Readonly<Record<string, number>>> {
  const ids = new Set(hits.map(({ fact }) => fact.statementId))
  const after = historyWithout(history, ids, mode, tombstones)
  const changes = changesBetween(await tallyOf(deps, [history]), await tallyOf(deps, [after]))
  return Object.fromEntries(Object.entries(changes).map(([window, change]) => [window, -change]))
}

/** The history as it will be. */
function historyWithout(
  history: LearnerHistory,
  ids: ReadonlySet<string>,
  mode: DeletionRecord['mode'],
  tombstones: readonly Tombstone[],
): LearnerHistory {
  if (mode === 'physical') {
    const facts = history.facts.filter(({ statementId }) => !ids.has(statementId))
    return { ...history, facts, tombstones: [...history.tombstones, ...tombstones] }
  }
  const facts = history.facts.map((fact) => (ids.has(fact.statementId) ? { ...fact, voided: true } : fact))
  return { ...history, facts }
}

function attemptsGone({ classified }: Derivation, hits: readonly Classified[]): number {
  const gone = new Set(hits)
  const left = new Set(classified.filter((one) => !gone.has(one)).map(({ attempt }) => attempt))
  return new Set(hits.map(({ attempt }) => attempt).filter((id) => id !== null && !left.has(id))).size
}

function countsUnder(
  one: Classified,
  policies: readonly PolicyHistory[],
  groups: ReadonlySet<string>,
): boolean {
  return policies.some(({ versions }) =>
    versions.some(({ policy }) => qualify(one, policy, groups).qualifies),
  )
}

function groupsIn({ identities }: LearnerHistory): ReadonlySet<string> {
  return new Set(groupsOf(identities))
}

function buried(
  { id }: DeletionRecord,
  { policies, history }: Known,
  hits: readonly Classified[],
): readonly Tombstone[] {
  return hits.flatMap((hit) =>
    policies.flatMap(({ versions }) =>
      tombstonesFor(hit, versions, groupsIn(history), (name) => v5(name, id)),
    ),
  )
}
