/** Waiting until counts are complete, but never for those who cannot be counted. */
import type { FailingLearners } from '../../store/ports.ts'
import type { Caller } from '../access/access.ts'
import type { Lrs } from '../context.ts'

/** One line for the operator. */
export type Print = (line: string) => void

/** Learners whose recount fails, and why one does. */
export interface Stuck extends Pick<FailingLearners, 'learners'> {
  readonly why: string
}

/**
 * A count that is still being worked out is no difference: waits for what was stored before the start.
 * @returns null; or, once nobody else is waited for and they have been tried again in vain, those whose recount fails
 */
export async function settled(lrs: Lrs, caller: Caller, print?: Print): Promise<Stuck | null> {
  const start = lrs.clock.now()
  lrs.wake()
  let tell = print
  for (;;) {
    const { at, behind, failing } = await lrs.stores.metering.computedThrough(caller.tenant)
    if (at >= start) return null
    const onlyFailing = failing !== null && failing.others >= start
    if (onlyFailing && failing.tried >= start) return { learners: failing.learners, why: behind ?? '' }
    // Or it would be some seconds until they are tried again.
    if (onlyFailing) lrs.wake()
    if (behind !== null) {
      tell?.(`waiting: ${behind}`)
      tell = undefined
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
