/**
 * What the drain writes: `recount` is the only way a count changes (design.md). Without transactions it goes like this:
 *
 *  1. Compare-and-set on the number in the learner's recount document, against the number its history was read under. Who
 *     wins has decided; the same write says which rows and totals are about to change.
 *  2. The rows, each stamped with the number (rows.ts); then the totals of all learners of the call, and the adjustments.
 *  3. The document is settled: nothing of it is left to write. Then the dirty marks go, those that the history has seen.
 *
 * A crash anywhere leaves the marks, so the learner is recounted, and the recount that finds an unsettled document writes
 * every row again and puts tombstones where the one before may still write (a process may have been paused, not killed).
 * Between 1 and 3 a reader may see a part of it; computedThrough stays before it until then.
 */
import type { Db } from 'mongodb'
import type { Lease, MeteringStore, RecountResult } from '../../ports.ts'
import { adjustmentWriter } from '../closing/closing-rows.ts'
import { identityKey, keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { heldLease } from '../jobs/leases.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { meterCollections, type RecountDoc } from '../schema/meter-collections.ts'
import { attemptRowsOf } from './attempt-rows.ts'
import { countedRowsOf, qualifiedOf } from './counted-rows.ts'
import { type Begun, type Learner, recountSteps, type Wanted } from './recount-steps.ts'
import { type TotalsRefresh, totalsWriter } from './totals.ts'

type Derived = Pick<RecountResult, 'attempts' | 'untracked' | 'counts'> & { readonly absorbed?: true }

/** Learners written at the same time. */
const AT_ONCE = 8
const ABSORBED: Derived = { attempts: [], untracked: {}, counts: [], absorbed: true }

export function createRecountWriter(
  db: Db,
  statements: StatementCollections,
  redirects: Redirects,
): MeteringStore['writeRecounts'] {
  const held = heldLease(db)
  const totals = totalsWriter(db)
  const { current, replace, settle } = recountSteps(db)
  const isCurrent = currency(statements, redirects)
  const clear = settler(db, statements)
  const adjust = adjustmentWriter(db)

  const begin = async (result: RecountResult, touched: TotalsRefresh): Promise<readonly Begun[] | null> => {
    const { tenant, learner } = result
    const base = await isCurrent(result)
    if (base === null) return null
    const merged = [...(await redirects.groupOf(tenant, [learner]))].filter((id) => id !== learner)
    const begun: Begun[] = []
    for (const id of merged) begun.push(...(await absorb({ tenant, learner: id }, touched)))
    const own = await replace(
      { tenant, learner },
      await current(tenant, learner),
      base,
      wantedOf({ tenant, learner }, result),
      touched,
    )
    return own && [...begun, own]
  }
  /** Learners merged into this one: what was derived for them is part of this one's result now. */
  const absorb = async (of: Learner, touched: TotalsRefresh): Promise<readonly Begun[]> => {
    for (;;) {
      const before = await current(of.tenant, of.learner)
      if (before?.absorbed && !before.unsettled) return []
      const begun = await replace(of, before, before?.n ?? 0, wantedOf(of, ABSORBED), touched)
      if (begun) return [begun]
    }
  }
  const finish = async (result: RecountResult, begun: readonly Begun[] | null) => {
    if (begun === null) return 'stale'
    for (const adjustment of result.adjustments ?? []) await adjust(result.tenant, adjustment)
    for (const one of begun) if (!(await settle(one))) return 'stale'
    await clear(result)
    return 'written'
  }
  return async (lease: Lease, results) => {
    if (!(await held(lease))) return results.map(() => 'fenced' as const)
    const touched = totals()
    const begun = await someAtOnce(results, (result) => begin(result, touched))
    await touched.refresh()
    return someAtOnce([...results.entries()], ([at, result]) => finish(result, begun[at] ?? null))
  }
}

function wantedOf({ tenant, learner }: Learner, { attempts, untracked, counts, absorbed }: Derived) {
  const reasons = Object.entries(untracked) as [RecountDoc['untracked'][number]['reason'], number][]
  return (n: number): Wanted => ({
    counted: countedRowsOf(tenant, learner, n, counts),
    attempts: attemptRowsOf(tenant, learner, n, attempts),
    untracked: reasons.flatMap(([reason, statements]) => (statements > 0 ? [{ reason, statements }] : [])),
    qualified: qualifiedOf(counts),
    ...(absorbed && { absorbed }),
  })
}

/**
 * The number that a history was read under, while the learner still is who it was: `revision` is this number and the number
 * of identities (history.ts). Both only grow, so the sum is the same only if both are. Null when they are not.
 */
function currency({ learners }: StatementCollections, redirects: Redirects) {
  return async ({ tenant, learner, revision }: RecountResult): Promise<number | null> => {
    const found = await learners.findOne({ _id: keyOf(tenant, learner) })
    if (!found || found.redirect !== null) return null
    const base = revision - (await redirects.membersOf(tenant, [learner])).length
    return base < 0 ? null : base
  }
}

/** Deletes the marks that the recount has seen, if nothing marked again since, and forgets earlier failures. */
function settler(db: Db, { marks: dirty }: StatementCollections) {
  const { failures } = meterCollections(db)
  return async ({ tenant, learner, marks }: RecountResult): Promise<void> => {
    await retried(() => failures.deleteOne({ _id: keyOf(tenant, learner) }))
    for (const { ifi, generation } of marks)
      await retried(() => dirty.deleteOne({ _id: keyOf(tenant, identityKey(ifi)), generation }))
  }
}

async function someAtOnce<In, Out>(items: readonly In[], work: (item: In) => Promise<Out>): Promise<Out[]> {
  const out: Out[] = []
  for (let at = 0; at < items.length; at += AT_ONCE)
    out.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))))
  return out
}
