/** Asks for every window to be closed whose grace is over (Q13); never for historical ones (Q22a). */
import { dueAt } from '../../metering/closing.ts'
import type { Window } from '../../metering/count.ts'
import { windowsBefore } from '../../metering/windows.ts'
import type { StoredPolicy } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { type PolicyHistory, policiesOf } from '../counting/policies.ts'

/** More than windows of a day in a century. */
const ALL = 40_000

/** @returns whether any was asked for that had not been */
export async function requestDue({ stores, clock }: Pick<Lrs, 'stores' | 'clock'>): Promise<boolean> {
  const now = clock.now()
  let asked = false
  for (const { id: tenant } of await stores.tenants.list()) {
    const closed = new Set((await stores.snapshots.closings(tenant)).map(({ window }) => window))
    for (const policy of await policiesOf(stores, tenant)) {
      const due = endedWindows(policy, now).filter(
        (window) => isDue(policy, window, now) && !closed.has(window.id),
      )
      for (const { id: window, version, start, end } of due) {
        const request = { tenant, policy: policy.id, version, start, window, end }
        await stores.snapshots.request({ ...request, requested: now, author: null, reason: null })
      }
      asked ||= due.length > 0
    }
  }
  return asked
}

/** Those that ended after their policy was made, newest first. */
function endedWindows({ versions, stored }: PolicyHistory, now: number): readonly Window[] {
  const first = Math.min(...stored.map(({ recorded }) => recorded))
  return windowsBefore(versions, { from: first, to: now }, ALL).filter(
    (window) => window.end <= now && window.end > recordedOf(stored, window),
  )
}

function isDue({ stored }: PolicyHistory, window: Window, now: number): boolean {
  const version = stored.find((one) => one.version === window.version)
  return version !== undefined && now >= dueAt(window, version.policy)
}

function recordedOf(stored: readonly StoredPolicy[], window: Window): number {
  return stored.find(({ version }) => version === window.version)?.recorded ?? Infinity
}
