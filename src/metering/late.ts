/**
 * Late facts (ruling 15): they belong by their time to a window that had been closed when they were stored. Under `adjust` they
 * count there all the same, and the difference to the snapshot is an adjustment. Under the other two they never count there:
 * `ignore` lists them; `next-window` counts them in the first window that was not closed when they were stored, unless what
 * came in time suffices already: who counts in a window is not counted for it a second time.
 */
import type { ClosedWindow } from './closing.ts'
import { type CountedKey, LATE, type Window } from './count.ts'
import { keyOfPolicy } from './keys.ts'
import { filled, needOf, type Qualifying } from './reach.ts'
import { english } from './text-en.ts'
import { type PolicyVersion, windowAt, windowsHolding } from './windows.ts'

/** `into`: the window it counts with. */
export type LateOutcome =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'already-counted' }
  | { readonly kind: 'next-window'; readonly into: Window; readonly index: number }

export interface LateFact {
  readonly one: Qualifying
  /** Of the version whose window it came too late for. */
  readonly index: number
  readonly window: Window
  readonly outcome: LateOutcome
}

/** Up to which number statements were known when a window was closed; Infinity while it is not. */
export type Cutoffs = (window: Pick<Window, 'version' | 'start'>) => number

const NEVER_CLOSED: Cutoffs = () => Number.POSITIVE_INFINITY

/** @param closed of any policies */
export function cutoffsOf(versions: readonly PolicyVersion[], closed: readonly ClosedWindow[]): Cutoffs {
  const id = versions[0]?.policy.id
  if (versions.every(({ policy }) => policy.close.late === 'adjust')) return NEVER_CLOSED
  const cutoffs = new Map(
    closed
      .filter(({ policy }) => policy === id)
      .map(({ version, start, cutoff }) => [`${version} ${start}`, cutoff]),
  )
  if (cutoffs.size === 0) return NEVER_CLOSED
  return ({ version, start }) => cutoffs.get(`${version} ${start}`) ?? Number.POSITIVE_INFINITY
}

/** The same of the windows that late facts stay out of: the others are as if they had never been closed. */
export function keptOut(versions: readonly PolicyVersion[], cutoffs: Cutoffs): Cutoffs {
  if (cutoffs === NEVER_CLOSED) return NEVER_CLOSED
  const adjusted = new Set(
    versions.filter(({ policy }) => policy.close.late === 'adjust').map(({ version }) => version),
  )
  return (window) => (adjusted.has(window.version) ? Number.POSITIVE_INFINITY : cutoffs(window))
}

type Judged = Omit<LateFact, 'outcome'>

/**
 * Every late fact of a learner and what becomes of it, by the windows they came too late for. A statement is judged by the
 * version that decides at its time; the window it counts with has its own key and `atLeast`.
 * @param qualifying by version
 */
export function lateFacts(
  versions: readonly PolicyVersion[],
  qualifying: readonly (readonly Qualifying[])[],
  cutoffs: Cutoffs,
): readonly LateFact[] {
  const closedTo = keptOut(versions, cutoffs)
  if (closedTo === NEVER_CLOSED) return []
  const all = versions.flatMap((_, index) => placesOf(versions, index, qualifying[index] ?? []))
  const isLate = ({ one, window }: Judged) => one.of.fact.seq > closedTo(window)
  const late = all.filter(isLate).sort((a, b) => a.window.start - b.window.start)
  if (late.length === 0) return []
  const pools = poolsFor(versions, late)
  for (const place of all) if (!isLate(place)) pools.add(place)
  // Ascending: what an earlier window passes on is there when a later one is looked at.
  return late.map((fact) => {
    const outcome = outcomeOf(versions, fact, cutoffs, pools.suffices(fact))
    if (outcome.kind === 'next-window')
      pools.add({ one: fact.one, index: outcome.index, window: outcome.into })
    return { ...fact, outcome }
  })
}

function placesOf(
  versions: readonly PolicyVersion[],
  index: number,
  qualifying: readonly Qualifying[],
): readonly Judged[] {
  return qualifying.flatMap((one) =>
    windowsHolding(versions, index, one.evidence.at).map((window) => ({ one, index, window })),
  )
}

/** What came in time, of the windows that others came too late for. */
function poolsFor(versions: readonly PolicyVersion[], late: readonly Judged[]) {
  const keys = versions.map(({ policy }) => keyOfPolicy(policy))
  const windowOf = ({ index, window }: Judged) => `${index} ${window.start}`
  const poolOf = (fact: Judged) => `${windowOf(fact)} ${keys[fact.index]?.(fact.one.of)}`
  const wanted = new Set(late.map(windowOf))
  const pools = new Map<string, Qualifying[]>()
  const full = new Set<string>()
  return {
    add: (fact: Judged): void => {
      if (!wanted.has(windowOf(fact))) return
      const pool = pools.get(poolOf(fact))
      if (pool) pool.push(fact.one)
      else pools.set(poolOf(fact), [fact.one])
    },
    suffices: (fact: Judged): boolean => {
      const name = poolOf(fact)
      const need = needOf((versions[fact.index] as PolicyVersion).policy)
      if (!full.has(name) && filled(pools.get(name) ?? [], need) >= need.n) full.add(name)
      return full.has(name)
    },
  }
}

function outcomeOf(
  versions: readonly PolicyVersion[],
  { one, index, window }: Judged,
  cutoffs: Cutoffs,
  suffices: boolean,
): LateOutcome {
  if (versions[index]?.policy.close.late === 'ignore') return { kind: 'ignored' }
  if (suffices) return { kind: 'already-counted' }
  const into = firstOpen(versions, window, cutoffs, one.of.fact.seq)
  if (!into) return { kind: 'ignored' }
  return {
    kind: 'next-window',
    into,
    index: versions.findIndex(({ version }) => version === into.version),
  }
}

/** The first window after one that had not been closed when a statement of that number was stored. */
function firstOpen(
  versions: readonly PolicyVersion[],
  after: Window,
  cutoffs: Cutoffs,
  seq: number,
): Window | null {
  let next = windowAt(versions, after.end)
  while (next && seq > cutoffs(next)) next = windowAt(versions, next.end)
  return next
}

/** Rows of the list of late facts of each window: beside the counted ones, by effective time; `rule` tells the outcome. */
export function lateRows(late: readonly LateFact[], index: number): readonly CountedKey[] {
  return late
    .filter((fact) => fact.index === index)
    .map(({ one, window, outcome }) => ({
      windowStart: LATE,
      // A statement is late for several windows where those overlap (rolling ones).
      key: `${window.start} ${one.evidence.statementId}`,
      evidence: { ...one.evidence, rule: ruleOf(outcome) },
    }))
}

export function isLateFor({ start }: Pick<Window, 'start'>, key: string): boolean {
  return key.startsWith(`${start} `)
}

function ruleOf(outcome: LateOutcome): string {
  return outcome.kind === 'next-window' ? `${outcome.kind} ${outcome.into.id}` : outcome.kind
}

/** What `rule` of such a row tells; `window`: the id of the one it counts with, null = none. */
export function outcomeIn(rule: string): {
  readonly outcome: LateOutcome['kind']
  readonly window: string | null
} {
  const [kind = '', window = null] = rule.split(' ')
  return { outcome: kind as LateOutcome['kind'], window }
}

/** A sentence for an administrator. @param window the one it counts with, if any */
export function lateText(outcome: LateOutcome['kind'] | 'adjusted', window: string | null): string {
  return english.cameLate[outcome](window ?? '')
}
