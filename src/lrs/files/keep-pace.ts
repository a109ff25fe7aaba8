/** An import goes no faster than counts are kept up: whoever looks at a licence meanwhile sees a number that is seconds old. */
import { setTimeout } from 'node:timers/promises'
import type { TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'

/** How far counts may be behind before an import rests, ms. */
const BEHIND_MS = 5_000
/** Before each commit as long as they are; never longer, so that an import gets on whatever holds them back. */
const REST_MS = 100
/** How often it is looked at, ms. */
const LOOK_MS = 500

interface Watch {
  elapsed(): number
  sleep(ms: number): Promise<unknown>
}

const WATCH: Watch = { elapsed: () => performance.now(), sleep: setTimeout }

/** @returns to be awaited before each commit */
export function keepPace(
  { stores, clock }: Pick<Lrs, 'stores' | 'clock'>,
  tenant: TenantId,
  { elapsed, sleep }: Watch = WATCH,
): () => Promise<void> {
  let looked = Number.NEGATIVE_INFINITY
  let isBehind = false
  return async () => {
    if (elapsed() - looked >= LOOK_MS) {
      looked = elapsed()
      const { at, failing } = await stores.metering.computedThrough(tenant)
      // Learners whose recount fails wait for somebody to look at them, not for time.
      isBehind = clock.now() - (failing?.others ?? at) > BEHIND_MS
    }
    if (isBehind) await sleep(REST_MS)
  }
}
