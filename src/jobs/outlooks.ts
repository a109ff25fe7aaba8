/** Makes the forecasts that alerts are judged by, beside the drain: one process at a time. */
import { setImmediate as turn } from 'node:timers/promises'
import { dueOutlooks, makeOutlook } from '../lrs/alerts/outlooks.ts'
import type { RecountDeps } from '../lrs/counting/recount.ts'
import { Interrupted } from '../lrs/studies/step.ts'
import { type Beside, recurring } from './beside.ts'

const LEASE = 'outlooks'
const LEASE_MS = 30_000
/** How often it is looked at most, ms. */
const LOOK_MS = 5_000

export function createOutlooks(
  deps: RecountDeps,
  holder: string,
  signal: AbortSignal,
  report: (error: unknown) => void,
): Beside {
  const { leases } = deps.stores

  const make = async (): Promise<void> => {
    const due = await dueOutlooks(deps)
    const lease = due.length > 0 ? await leases.acquire(LEASE, holder, LEASE_MS) : null
    if (!lease) return
    let renewed = performance.now()
    const step = async (): Promise<void> => {
      await turn()
      if (signal.aborted) throw new Interrupted()
      if (performance.now() - renewed < LEASE_MS / 4) return
      renewed = performance.now()
      const held = await leases.acquire(LEASE, holder, LEASE_MS)
      if (held?.fence !== lease.fence) throw new Interrupted()
    }
    try {
      for (const one of due) await makeOutlook(deps, one, step)
    } finally {
      await leases.release(lease)
    }
  }
  return recurring(make, {
    everyMs: LOOK_MS,
    since: Number.NEGATIVE_INFINITY,
    signal,
    report: (error) => (error instanceof Interrupted ? undefined : report(error)),
  })
}
