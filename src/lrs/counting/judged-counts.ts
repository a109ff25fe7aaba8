/** The numbers beside a window's own count that judge it: totals, and the windows before it (`limit.judge`, `limit.bank`). */
import { EVER, type Window } from '../../metering/count.ts'
import { neededBy, termAt } from '../../metering/judge.ts'
import { countsSeveralKeys } from '../../metering/keys.ts'
import type { Policy } from '../../metering/policy.ts'
import { beforeWindow, windowsBefore } from '../../metering/windows.ts'
import type { StoredPolicy, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import type { PolicyHistory } from './policies.ts'
import { liveCount } from './window-view.ts'

/** Ruling 9, in the unit of the count: so active ≤ total. */
export async function totalOf(
  { stores: { metering } }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  stored: StoredPolicy,
): Promise<number> {
  const { policy, version } = stored
  return countsSeveralKeys(policy)
    ? await metering.countOf(tenant, { policy: policy.id, version, start: EVER })
    : await metering.totalLearners(tenant, policy.id)
}

/** Windows a term may have: months of days. */
const OF_TERM = 400

/** Counts of the windows that judging this one needs (`limit.judge`, `limit.bank`). */
export async function earlierCounts(
  lrs: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  { versions }: PolicyHistory,
  { policy, open }: { policy: Policy; open: Window },
): Promise<{ readonly before: readonly number[]; readonly ofTerm: readonly number[] }> {
  const needed = neededBy(policy)
  const count = needed.ofTerm ? OF_TERM : needed.before
  if (count === 0) return { before: [], ofTerm: [] }
  const to = open.row === undefined ? beforeWindow(versions, open) : open.end
  const windows = windowsBefore(versions, { from: Number.MIN_SAFE_INTEGER, to }, count)
  const term = needed.ofTerm ? termAt(policy.window, open.start).start : Number.POSITIVE_INFINITY
  const [before, ofTerm] = [windows.slice(0, needed.before), windows.filter(({ start }) => start >= term)]
  const closed = new Map((await lrs.stores.snapshots.closings(tenant)).map((one) => [one.window, one.count]))
  const counted = async (one: Window) => closed.get(one.id) ?? (await liveCount(lrs, tenant, one))
  const counts = (list: readonly Window[]) => Promise.all(list.map((one) => counted(one)))
  return { before: await counts(before), ofTerm: await counts(ofTerm.reverse()) }
}
