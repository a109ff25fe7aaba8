/** Which statements count for a key in a window: those that lie in it, less what came too late, and what came too late for another. */
import { groupBy } from '../attempts/group-by.ts'
import type { Window } from './count.ts'
import type { Learner } from './evidence.ts'
import { type KeyOf, keyOfPolicy } from './keys.ts'
import type { Qualifying } from './reach.ts'
import { windowsHolding } from './windows.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** Evidence before the anchor: in no window, but remembered by `once: ever`. */
export const BEFORE_ANY: Span = { start: -Infinity, end: -Infinity }

interface Pool {
  readonly span: Span
  readonly items: Qualifying[]
}

/** By key, then by window start. */
type Pools = ReadonlyMap<string, ReadonlyMap<number, Pool>>

/** The statements of each key in each window, keys and windows in no order. */
export function pooled(
  { qualifying, versions, late, closedTo }: Learner,
  index: number,
  keyOf: KeyOf,
): Pools {
  const pools = new Map<string, Map<number, Pool>>()
  const windowsAt = windowsFinder(versions, index)
  for (const one of qualifying[index] ?? []) {
    const holding = windowsAt(one.evidence.at)
    const spans =
      late.length === 0 ? holding : holding.filter((window) => one.of.fact.seq <= closedTo(window))
    add(pools, keyOf(one.of), one, holding.length === 0 ? [BEFORE_ANY] : spans)
  }
  for (const { one, outcome } of late)
    if (outcome.kind === 'next-window' && outcome.index === index)
      add(pools, keyOf(one.of), one, [outcome.into])
  return pools
}

/** Evidence comes in runs: most of the time it lies in the window that the one before it lies in. */
function windowsFinder(versions: Learner['versions'], index: number): (at: number) => readonly Window[] {
  const mayOverlap = versions[index]?.policy.window.kind === 'rolling'
  let recent: readonly Window[] = []
  return (at) => {
    const [window] = recent
    if (mayOverlap || !window || at < window.start || at >= window.end)
      recent = windowsHolding(versions, index, at)
    return recent
  }
}

function add(
  pools: Map<string, Map<number, Pool>>,
  key: string,
  one: Qualifying,
  spans: readonly Span[],
): void {
  const pool = pools.get(key) ?? new Map<number, Pool>()
  if (spans.length > 0) pools.set(key, pool)
  for (const span of spans) {
    const known = pool.get(span.start)
    if (known) known.items.push(one)
    else pool.set(span.start, { span, items: [one] })
  }
}

/** All evidence of a window, by key. */
export function evidenceIn(
  learner: Learner,
  window: Pick<Window, 'version' | 'start' | 'end' | 'row'>,
): ReadonlyMap<string, readonly Qualifying[]> {
  const index = learner.versions.findIndex(({ version }) => version === window.version)
  const policy = learner.versions[index]?.policy
  if (!policy) return new Map()
  const keyOf = keyOfPolicy(policy)
  if (window.row !== undefined) {
    const inside = (learner.qualifying[index] ?? []).filter(
      ({ evidence: { at } }) => at >= window.start && at < window.end,
    )
    return groupBy(inside, ({ of }) => keyOf(of))
  }
  const pools = [...pooled(learner, index, keyOf)].map(
    ([key, pool]) => [key, pool.get(window.start)?.items ?? []] as const,
  )
  return new Map(pools.filter(([, items]) => items.length > 0))
}
