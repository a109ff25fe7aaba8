/** Recounting many learners: handed out, some at a time, to everybody who can count. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Lease } from '../../store/ports.ts'
import { LONGEST_MS, type Named } from './recount.ts'

/** Recounts some and writes the results in one commit (`recountLearners`), here or in another thread. @returns how many were written */
export type Counter = (lease: Lease, learners: readonly Named[]) => Promise<number>

/** Learners whose results are written in one commit, at most: few enough to leave ingest its share of the writer. */
const COMMIT = 64
/** Towards the end fewer, so that all end together; at least so many. */
const LEAST = 8

/**
 * @param learners each once; who is not reached in time stays dirty
 * @returns how many were written
 * @throws what a counter threw, when all of them have ended: nothing is written under the lease afterwards
 */
export async function shareOut(
  counters: readonly Counter[],
  lease: Lease,
  learners: readonly Named[],
): Promise<number> {
  const started = performance.now()
  let handedOut = 0
  let written = 0
  const work = async (count: Counter): Promise<void> => {
    while (handedOut < learners.length && performance.now() - started < LONGEST_MS) {
      const share = Math.ceil((learners.length - handedOut) / counters.length / 2)
      const some = learners.slice(handedOut, handedOut + Math.min(COMMIT, Math.max(LEAST, share)))
      handedOut += some.length
      const counted = await count(lease, some)
      written += counted
      // As long as answers of one port arrive, Node looks at no other: those of helping threads would wait for all of this one's.
      await nextTurn()
    }
  }
  // Twice each: while the results of some are being written, the next are worked out.
  const ended = await Promise.allSettled([...counters, ...counters].map(work))
  for (const one of ended) if (one.status === 'rejected') throw one.reason
  return written
}
