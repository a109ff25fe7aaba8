/** Once a day one closed window is worked out again (counting §4.3), beside the drain: counting does not wait for it. */
import { verifyNightly } from '../lrs/close/verify.ts'
import { type Beside, recurring } from './beside.ts'
import type { DrainDeps } from './drain.ts'

const LEASE = 'verify'
const LEASE_MS = 60_000
/** How often it is looked whether it is time, ms. */
const LOOK_MS = 3_600_000

export function createNightly(
  deps: DrainDeps,
  holder: string,
  signal: AbortSignal,
  report: (error: unknown) => void,
): Beside {
  const verify = async (): Promise<void> => {
    const { leases } = deps.stores
    const lease = await leases.acquire(LEASE, holder, LEASE_MS)
    if (!lease) return
    const go = async () => !signal.aborted && (await leases.acquire(LEASE, holder, LEASE_MS)) !== null
    for (const { window, mismatches } of await verifyNightly(deps, Math.random, go))
      report(new Error(`the snapshot of ${window} is not what its statements give: ${mismatches[0]}`))
    await leases.release(lease)
  }
  return recurring(verify, { everyMs: LOOK_MS, since: performance.now(), signal, report })
}
