/** How many keys histories count in each window: what a change would do, worked out the way `recount` does it. */
import { type LearnerCount, LIVE } from '../../metering/count.ts'
import { liveWindow, type PolicyVersion, windowsHolding } from '../../metering/windows.ts'
import type { LearnerHistory, TenantId } from '../../store/ports.ts'
import { countUnder, deriveUnder, type RecountDeps } from './recount.ts'
import { rulesReader } from './rules.ts'

/** Counted keys by window id. */
export type Tally = ReadonlyMap<string, number>

export async function tallyOf(deps: RecountDeps, histories: readonly LearnerHistory[]): Promise<Tally> {
  const tally = new Map<string, number>()
  const rulesIn = rulesReader(deps)
  for (const history of histories) {
    const rules = await rulesIn(history.tenant)
    for (const count of countUnder(rules, deps, history, deriveUnder(rules.catalogue, history))) {
      const versions = rules.policies.find(({ id }) => id === count.policy)?.versions ?? []
      for (const id of windowsOf(count, versions, deps.clock.now())) tally.set(id, (tally.get(id) ?? 0) + 1)
    }
  }
  return tally
}

/** The window of each counted key, and the live one of a rolling policy for each key that stands in it. */
function windowsOf(
  { version, counted, standing = [] }: LearnerCount,
  versions: readonly PolicyVersion[],
  now: number,
): readonly string[] {
  const index = versions.findIndex((one) => one.version === version)
  const rolling = versions[index] && liveWindow(versions[index], now)
  const live = standing.filter(
    ({ windowStart, evidence }) => rolling && windowStart === LIVE && evidence.at >= rolling.start,
  )
  return [
    // By its start, not by the evidence: that may have come too late for a window before (late.ts).
    ...counted.flatMap(({ windowStart }) =>
      windowsHolding(versions, index, windowStart)
        .filter(({ start }) => start === windowStart)
        .map(({ id }) => id),
    ),
    ...live.flatMap(() => (rolling ? [rolling.id] : [])),
  ]
}

/** After less before, of the windows where they differ. */
export function changesBetween(before: Tally, after: Tally): Readonly<Record<string, number>> {
  const changes: Record<string, number> = {}
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const change = (after.get(id) ?? 0) - (before.get(id) ?? 0)
    if (change !== 0) changes[id] = change
  }
  return changes
}

export function addChanges(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum: Record<string, number> = { ...a }
  for (const [id, change] of Object.entries(b)) sum[id] = (sum[id] ?? 0) + change
  return sum
}

/** What of a change touches live counts, and what only closed windows: their closed count stays (Q15, Q21). */
export interface WindowChange {
  readonly window: string
  readonly change: number
}

export interface WindowEffect {
  readonly open: readonly WindowChange[]
  /** Closed: the count does not change; «as known today» may. */
  readonly closed: readonly WindowChange[]
}

export function effectOf(changes: Readonly<Record<string, number>>, closed: readonly string[]): WindowEffect {
  const all = Object.entries(changes)
    .filter(([, change]) => change !== 0)
    .map(([window, change]) => ({ window, change }))
    .sort((a, b) => (a.window < b.window ? -1 : 1))
  const isClosed = new Set(closed)
  return {
    open: all.filter(({ window }) => !isClosed.has(window)),
    closed: all.filter(({ window }) => isClosed.has(window)),
  }
}

/** Those of the windows that are closed now. */
export async function closedAmong(
  { stores }: RecountDeps,
  tenant: TenantId,
  windows: readonly string[],
): Promise<readonly string[]> {
  const closed = new Set((await stores.snapshots.closings(tenant)).map(({ window }) => window))
  return windows.filter((window) => closed.has(window))
}
