/** `rollcall recount`: works everything out again from the statements themselves, says what differed, and mends it. */
import type { Repaired } from '../../store/ports.ts'
import type { Caller } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { policyOf } from './policies.ts'
import { compareCounts } from './rebuild-counts.ts'
import { compareFacts } from './rebuild-facts.ts'
import { type Print, settled } from './settled.ts'

export interface Rebuild {
  readonly statements: number
  readonly learners: number
  readonly counted: number
  readonly differences: number
  /** Learners who cannot be counted at all: their recount fails. */
  readonly failing: number
}

/**
 * Reads every statement again, extracts its facts and puts them in place of stored ones that differ; works everything out
 * again that is derived of each learner and compares it with what is stored: their attempts and statements without effect,
 * and what they count for under the policy. If anything differs, every learner is recounted. In the end rows of nobody and
 * totals are repaired. Each difference is printed; returns when all is mended that can be.
 */
export async function rebuild(lrs: Lrs, caller: Caller, policyId: string, print: Print): Promise<Rebuild> {
  const { id } = await policyOf(lrs.stores, caller.tenant, policyId, 'rollcall recount')
  let stuck = await settled(lrs, caller, print)
  const facts = await compareFacts(lrs, caller, print)
  const counts = await compareCounts(lrs, caller, id, { print, settled: () => settled(lrs, caller) })
  if (facts.differences + counts.differences > 0) {
    await lrs.stores.metering.markAll(caller.tenant)
    print('every learner is being recounted')
    stuck = await settled(lrs, caller, print)
  }
  const repaired = await lrs.stores.metering.repair(caller.tenant)
  printRepaired(repaired, print)
  const differences =
    facts.differences + counts.differences + repaired.strays + repaired.windows + repaired.policies
  const mended = stuck || facts.unreadable > 0 ? 'mended as far as it can be' : 'mended'
  print(
    `${facts.statements} statements, ${counts.learners} learners, ${counts.counted} counted under ${id}: ` +
      (differences === 0 ? 'nothing differed' : `${differences} differences, ${mended}`),
  )
  if (stuck) print(`not counted: ${stuck.learners} learners; ${stuck.why}`)
  const { statements } = facts
  const { learners, counted } = counts
  return { statements, learners, counted, differences, failing: stuck?.learners ?? 0 }
}

function printRepaired({ strays, windows, policies }: Repaired, print: Print): void {
  if (strays > 0)
    print(`${strays} rows were of learners or policies that do not exist (any more): they are removed`)
  if (windows > 0) print(`${windows} totals of windows were not the number of their keys: counted again`)
  if (policies > 0)
    print(`${policies} totals of policies were not the number of their learners: counted again`)
}
