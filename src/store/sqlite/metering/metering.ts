/** MeteringStore on SQLite, put together from its subjects. */

import type { Remote } from '../../calls.ts'
import type { ComputedThrough, MeteringStore, TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import type { statementWrites } from '../statements/statements-write.ts'
import { attemptReads } from './attempts.ts'
import { changeReads, changeWrites } from './changes.ts'
import { type DerivedRows, derivedReads, packRecount } from './derived-rows.ts'
import { dirtyReads } from './dirty.ts'
import { packFact } from './facts.ts'
import { historyReads } from './history.ts'
import { countedReads, learnerListReads, reviewReads } from './metering-reads.ts'
import { meteringWrites } from './metering-writes.ts'
import { repairWith, repairWrites } from './repair.ts'
import { totalsReads } from './totals.ts'

/** Identities marked in one commit of a rebuild. */
const REBUILD_SLICE = 2_000

export function allMeteringWrites(db: Database, context: WriteContext) {
  return { ...meteringWrites(db, context), ...changeWrites(db, context), ...repairWrites(db) }
}

export function allMeteringReads(db: Database) {
  return {
    ...attemptReads(db),
    ...changeReads(db),
    ...dirtyReads(db),
    ...historyReads(db),
    ...countedReads(db),
    ...derivedReads(db),
    ...learnerListReads(db),
    ...reviewReads(db),
    ...totalsReads(db),
  }
}

type Writes = Remote<
  ReturnType<typeof allMeteringWrites> & Pick<ReturnType<typeof statementWrites>, 'replaceFacts'>
>
type Reads = Remote<ReturnType<typeof allMeteringReads>>

/** @param horizon every statement stored up to its answer is visible, ms */
export function createMeteringStore(writes: Writes, reads: Reads, horizon: () => number): MeteringStore {
  return {
    dirtyLearners: reads.dirtyLearners,
    history: reads.history,
    histories: reads.histories,
    writeRecounts: async (lease, results) => {
      const standing = await reads.derivedRows(results.map(({ tenant, learner }) => ({ tenant, learner })))
      const recounts = results.map((result, index) => packRecount(result, standing[index] as DerivedRows))
      return writes.writeRecounts(lease, recounts)
    },
    markFailed: writes.markRecountFailed,
    mark: writes.markLearners,
    markAll: async (tenant) => {
      let position: string | null = ''
      while (position !== null) position = await writes.markSlice(tenant, position, REBUILD_SLICE)
    },
    pendingChanges: reads.pendingChanges,
    expandChange: writes.expandChange,
    computedThrough: (tenant) => computedThrough(reads, horizon, tenant),
    countOf: (tenant, { policy, version, start }) => reads.windowTotal(tenant, policy, version, start),
    totalLearners: reads.policyTotal,
    counted: reads.counted,
    countSince: reads.countSince,
    countedKeys: reads.countedKeys,
    countsOf: reads.countsOf,
    untrackedOf: reads.untrackedOf,
    learners: reads.learnerPage,
    attempts: reads.attempts,
    review: reads.review,
    repair: (tenant) => repairWith(writes, tenant),
    factsOf: reads.factsOfStatement,
    replaceFacts: (tenant, id, facts) => writes.replaceFacts(tenant, id, facts.map(packFact)),
  }
}

/** The horizon is asked first: whatever is stored up to it has its mark in the snapshot that is read afterwards. */
async function computedThrough(
  reads: Reads,
  horizon: () => number,
  tenant: TenantId,
): Promise<ComputedThrough> {
  const visible = horizon()
  const backlog = await reads.backlog(tenant)
  if (!backlog || backlog.at >= visible) return { at: visible, behind: null, failing: null }
  const { failing } = backlog
  return { ...backlog, failing: failing && { ...failing, others: Math.min(failing.others, visible) } }
}
