/**
 * Mends what recounts leave alone: derived rows of nobody, and totals that are not what their rows add up to. Rows are
 * removed by the steps of a recount, so that one which is on its way, or wakes up later, is refused as it would be by another.
 */
import type { Db } from 'mongodb'
import type { MeteringStore, TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { meterCollections } from '../schema/meter-collections.ts'
import { type Learner, type Rows, recountSteps, type Wanted } from './recount-steps.ts'
import { derivedPlaces } from './repair-places.ts'
import { strayTest } from './strays.ts'
import { type Touched, totalsRepair, windowId } from './totals.ts'

/** What of everything derived of one learner may stay. */
type Keep = (there: Kept, of: Learner) => Promise<Kept>
type Kept = Rows & Pick<Wanted, 'untracked' | 'qualified'>

/** Totals whose rows were removed, by their `_id`. */
interface TouchedTotals {
  readonly ids: Set<string>
  add(tenant: TenantId, learner: string, touched: Touched): void
}

export function createRepair(
  db: Db,
  collections: StatementCollections,
  redirects: Redirects,
): MeteringStore['repair'] {
  const places = derivedPlaces(db)
  const totals = totalsRepair(db)
  const strays = strayTest(collections, redirects)
  const removeBut = removal(db)
  const known = knownPolicies(db)

  const nothingOfStrays: Keep = async (there, { tenant, learner }) =>
    (await strays(tenant, [learner])).size > 0
      ? { counted: [], attempts: [], untracked: [], qualified: [] }
      : there
  // Asked for after the rows were read: a policy is there before the first row under it.
  const nothingUnknown: Keep = async (there, { tenant }) => {
    const isKnown = await known(tenant)
    return { ...there, counted: there.counted.filter(isKnown), qualified: there.qualified.filter(isKnown) }
  }
  const removeStrays = async (tenant: TenantId, touched: TouchedTotals): Promise<number> => {
    let removed = 0
    for await (const slice of places.learners(tenant))
      for (const learner of await strays(tenant, slice))
        removed += await removeBut(nothingOfStrays, { tenant, learner }, touched)
    const isKnown = await known(tenant)
    for await (const learner of places.learnersUnder(tenant, (version) => !isKnown(version)))
      removed += await removeBut(nothingUnknown, { tenant, learner }, touched)
    return removed
  }
  return async (tenant) => {
    const touched = touchedTotals()
    const found = { strays: await removeStrays(tenant, touched), windows: 0, policies: 0 }
    for (const window of await places.windows(tenant))
      if (await totals.window(tenant, window, touched.ids.has(windowId(tenant, window)))) found.windows += 1
    for (const policy of await places.policies(tenant))
      if (await totals.policy(tenant, policy, touched.ids.has(keyOf(tenant, policy)))) found.policies += 1
    return found
  }
}

function touchedTotals(): TouchedTotals {
  const ids = new Set<string>()
  return {
    ids,
    add: (tenant, _learner, { windows, policies }) => {
      for (const window of windows) ids.add(windowId(tenant, window))
      for (const policy of policies) ids.add(keyOf(tenant, policy))
    },
  }
}

/** Removes what may not stay. @returns how many rows that were */
function removal(db: Db): (keep: Keep, of: Learner, touched: TouchedTotals) => Promise<number> {
  const { current, replace, settle } = recountSteps(db)
  return async (keep, of, touched) => {
    for (;;) {
      const before = await current(of.tenant, of.learner)
      const { untracked = [], qualified = [], absorbed } = before ?? {}
      let removed = 0
      const wantedOf = async (_n: number, rows: Rows): Promise<Wanted | null> => {
        const there = { ...rows, untracked, qualified }
        const kept = await keep(there, of)
        removed = sizeOf(there) - sizeOf(kept)
        return removed === 0 ? null : { ...kept, ...(absorbed && { absorbed }) }
      }
      const begun = await replace(of, before, before?.n ?? 0, wantedOf, touched)
      if (begun) await settle(begun)
      // Else a recount came first, and has left something else.
      if (begun || removed === 0) return removed
    }
  }
}

function sizeOf({ counted, attempts, untracked, qualified }: Kept): number {
  return counted.length + attempts.length + untracked.length + qualified.length
}

interface Version {
  readonly policy: string
  readonly version: number
}

function knownPolicies(db: Db): (tenant: TenantId) => Promise<(version: Version) => boolean> {
  const { policies } = meterCollections(db)
  return async (tenant) => {
    const found = await policies.find({ tenant }, { projection: { id: 1, version: 1 } }).toArray()
    const known = new Set(found.map(({ id, version }) => keyOf(id, version)))
    return ({ policy, version }) => known.has(keyOf(policy, version))
  }
}
