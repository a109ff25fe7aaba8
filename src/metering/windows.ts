import { LIVE, type Window } from './count.ts'
import type { Policy } from './policy.ts'
import { lengthBefore } from './rolling.ts'
import { type Period, rollingTilingOf, tilingOf } from './tiling.ts'

/** One version of a policy and from when on it decides: a window boundary, ms; null = since the beginning. */
export interface PolicyVersion {
  readonly policy: Policy
  readonly version: number
  readonly effectiveFrom: number | null
}

/** The time a version decides: half-open, ms. The next version ends it (Q25). */
export interface Reign {
  readonly from: number
  readonly until: number
}

export function reignOf(versions: readonly PolicyVersion[], index: number): Reign {
  return {
    from: versions[index]?.effectiveFrom ?? -Infinity,
    until: versions[index + 1]?.effectiveFrom ?? Infinity,
  }
}

/**
 * The window an instant (ms) lies in; null before an anchored policy's anchor. Half-open: the start instant belongs to the
 * new window (Q4). `versions` are one policy's, ascending.
 */
export function windowAt(versions: readonly PolicyVersion[], at: number): Window | null {
  for (let index = versions.length - 1; index >= 0; index -= 1) {
    if (at >= reignOf(versions, index).from) return windowOfVersion(versions, index, at)
  }
  return null
}

/** The same, for a version already known to decide at that instant. */
function windowOfVersion(versions: readonly PolicyVersion[], index: number, at: number): Window | null {
  const version = versions[index]
  const period = version && tilingOf(version.policy.window).periodAt(at)
  return period ? toWindow(version, reignOf(versions, index), period) : null
}

/**
 * Every window of a version that holds an instant (ms): one, none before the anchor, or, of rolling windows, each that is
 * evaluated within the length and while the version decides.
 */
export function windowsHolding(
  versions: readonly PolicyVersion[],
  index: number,
  at: number,
): readonly Window[] {
  const version = versions[index]
  if (version?.policy.window.kind !== 'rolling') {
    const window = windowOfVersion(versions, index, at)
    return window ? [window] : []
  }
  const reign = reignOf(versions, index)
  return rollingTilingOf(version.policy.window)
    .periodsHolding(at)
    .filter(({ end }) => end > reign.from && end <= reign.until)
    .map((period) => toWindow(version, reign, period))
}

/** The last length of a rolling policy up to now (ms): no window that is ever sealed (ruling 10). Null for other policies. */
export function liveWindow({ policy, version }: PolicyVersion, now: number): Window | null {
  if (policy.window.kind !== 'rolling') return null
  const start = lengthBefore(policy.window, now)
  return { id: `${policy.id}.${version}.live`, policy: policy.id, version, start, end: now, row: LIVE }
}

/**
 * Every window that touches [from, to), ms, ascending. Both must be finite: calendar windows reach back for ever. Of rolling
 * windows those evaluated in it, and the next.
 */
export function windowsBetween(versions: readonly PolicyVersion[], from: number, to: number): Window[] {
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new RangeError('windowsBetween needs finite times')
  return versions.flatMap((version, index) => {
    const reign = reignOf(versions, index)
    const tiling = tilingOf(version.policy.window)
    const found: Window[] = []
    let at = Math.max(from, reign.from, tiling.origin)
    while (at < Math.min(to, reign.until)) {
      const period = tiling.periodAt(at)
      if (!period) break
      found.push(toWindow(version, reign, period))
      at = period.end
    }
    return found
  })
}

/**
 * The newest `count` windows that touch [from, to), ms, newest first. Walks back from `to`, so that what lies before the
 * last one given costs nothing, however long ago `from` is.
 */
export function windowsBefore(
  versions: readonly PolicyVersion[],
  range: { readonly from: number; readonly to: number },
  count: number,
): Window[] {
  const found: Window[] = []
  for (let index = versions.length - 1; index >= 0 && found.length < count; index -= 1) {
    const version = versions[index] as PolicyVersion
    const reign = reignOf(versions, index)
    const tiling = tilingOf(version.policy.window)
    const earliest = Math.max(range.from, reign.from, tiling.origin)
    let before = Math.min(range.to, reign.until)
    while (before > earliest && found.length < count) {
      const period = tiling.periodAt(before - 1)
      if (!period) break
      const window = toWindow(version, reign, period)
      found.push(window)
      before = Math.max(period.since, reign.from)
    }
  }
  return found
}

/** Where `windowsBefore` goes on after a window, ms. Rolling windows overlap: the next is evaluated before, not over, it. */
export function beforeWindow(versions: readonly PolicyVersion[], { version, start, end }: Window): number {
  const rule = versions.find((each) => each.version === version)?.policy.window
  return rule?.kind === 'rolling' ? (tilingOf(rule).periodAt(end - 1)?.since ?? start) : start
}

/** The window with that id; null for another policy's, an unknown version, or a date on which none begins. */
export function windowById(versions: readonly PolicyVersion[], id: string): Window | null {
  const [policy, number, date = ''] = id.split('.')
  const index = versions.findIndex((each) => each.policy.id === policy && String(each.version) === number)
  const version = versions[index]
  const period = version && tilingOf(version.policy.window).periodOn(date)
  if (!period) return null
  const window = toWindow(version, reignOf(versions, index), period)
  // Equal to the id asked for, so that one window has one spelling; not empty, so that it is one of this version's.
  return window.id === id && window.start < window.end ? window : null
}

/** Whether a window of the policy begins at that instant, ms: where a new version may take over. */
export function isBoundary(policy: Policy, at: number): boolean {
  return tilingOf(policy.window).periodAt(at)?.since === at
}

/**
 * Cut to the version's reign, so that windows never overlap even if zone rules moved a boundary after the fact. A rolling
 * window is not: whoever decides when it is evaluated judges all of it.
 */
function toWindow(version: PolicyVersion, reign: Reign, period: Period): Window {
  const { policy, version: number } = version
  const { start, end } =
    policy.window.kind === 'rolling'
      ? period
      : { start: Math.max(period.start, reign.from), end: Math.min(period.end, reign.until) }
  return { id: `${policy.id}.${number}.${period.date}`, policy: policy.id, version: number, start, end }
}
