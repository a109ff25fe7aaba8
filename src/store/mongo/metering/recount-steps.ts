/** The steps in which everything derived of one learner is replaced (recounts.ts says why in this order). */
import type { Db } from 'mongodb'
import { bucketOf } from '../../learner-bucket.ts'
import type { TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { isDuplicate, retried } from '../driver/writing.ts'
import {
  type AttemptDoc,
  type CountedDoc,
  meterCollections,
  type RecountDoc,
  type UnsettledPart,
} from '../schema/meter-collections.ts'
import { rowChanges, type Stamp, touchedPolicies, touchedWindows, unsettledAfter } from './recount-plan.ts'
import { writeRows } from './rows.ts'
import type { TotalsRefresh } from './totals.ts'

/** A recount whose rows are written, and whose totals and marks are not. `settled`: it had nothing to write. */
export type Begun = Stamp & { readonly settled: boolean }

export interface Learner {
  readonly tenant: TenantId
  readonly learner: string
}

/** The rows that are there, without tombstones. */
export interface Rows {
  readonly counted: readonly CountedDoc[]
  readonly attempts: readonly AttemptDoc[]
}

/** What is to be there. */
export type Wanted = Rows & Pick<RecountDoc, 'untracked' | 'qualified' | 'absorbed'>

/** Given what is there, and the number to stamp on rows; null: nothing is to be changed. */
type WantedOf = (n: number, there: Rows) => Wanted | null | Promise<Wanted | null>

export function recountSteps(db: Db) {
  const { recounts, counted, attempts } = meterCollections(db)

  const decide = async (before: RecountDoc | null, after: RecountDoc): Promise<boolean> => {
    const { _id, ...members } = after
    try {
      if (before === null) {
        await retried(() => recounts.insertOne(after))
        return true
      }
      const { matchedCount } = await retried(() => recounts.replaceOne({ _id, n: before.n }, members))
      return matchedCount === 1
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return false
    }
  }
  return {
    current: (tenant: TenantId, learner: string) => recounts.findOne({ _id: keyOf(tenant, learner) }),

    /** Makes everything derived of one learner equal to what is wanted; null when another recount came first. */
    replace: async (
      { tenant, learner }: Learner,
      before: RecountDoc | null,
      base: number,
      wantedOf: WantedOf,
      totals: Pick<TotalsRefresh, 'add'>,
    ): Promise<Begun | null> => {
      if ((before?.n ?? 0) !== base) return null
      const [oldCounted, oldAttempts] = await Promise.all([
        counted.find({ tenant, learner }).toArray(),
        attempts.find({ tenant, learner }).toArray(),
      ])
      // A row that was put there by hand may bear any number: above the document's it would never go away.
      const highest = [...oldCounted, ...oldAttempts].reduce((most, { n }) => Math.max(most, n), base)
      const stamp = { tenant, learner, n: highest + 1 }
      const wanted = await wantedOf(stamp.n, { counted: live(oldCounted), attempts: live(oldAttempts) })
      if (wanted === null) return null
      const earlier: UnsettledPart | undefined = before?.unsettled
      const keys = rowChanges(stamp, oldCounted, wanted.counted, earlier?.counted ?? null)
      const tries = rowChanges(stamp, oldAttempts, wanted.attempts, earlier?.attempts ?? null)
      const touched = {
        windows: touchedWindows(oldCounted, keys),
        policies: touchedPolicies(before?.qualified ?? [], wanted.qualified),
      }
      const unsettled = unsettledAfter(earlier, keys, tries, touched)
      // Also when there is nothing to write: whoever has read an older history must not write any more.
      if (!(await decide(before, documentOf(stamp, wanted, unsettled)))) return null
      totals.add(tenant, learner, { ...touched, ...unsettled })
      const first = [await writeRows(counted, stamp.n, keys), await writeRows(attempts, stamp.n, tries)]
      return first.every(Boolean) ? { ...stamp, settled: unsettled === null } : null
    },

    /** False when another recount has come meanwhile: it answers for what this one has written. */
    settle: async ({ tenant, learner, n, settled }: Begun): Promise<boolean> => {
      if (settled) return true
      const mine = { _id: keyOf(tenant, learner), n }
      const { matchedCount } = await retried(() => recounts.updateOne(mine, { $unset: { unsettled: '' } }))
      return matchedCount === 1
    },
  }
}

function live<Row extends CountedDoc | AttemptDoc>(rows: readonly Row[]): readonly Row[] {
  return rows.filter(({ gone }) => !gone)
}

function documentOf(
  { tenant, learner, n }: Stamp,
  { untracked, qualified, absorbed }: Wanted,
  unsettled: UnsettledPart | null,
): RecountDoc {
  const _id = keyOf(tenant, learner)
  const bucket = bucketOf(learner)
  return {
    _id,
    tenant,
    learner,
    bucket,
    n,
    untracked,
    qualified,
    ...(absorbed && { absorbed }),
    ...(unsettled && { unsettled }),
  }
}
