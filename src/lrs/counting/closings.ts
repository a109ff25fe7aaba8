/** Closed windows as counting looks at them. */
import type { ClosedWindow } from '../../metering/closing.ts'
import type { Closing, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'

export function closedWindowOf({ policy, version, start, cutoff }: Closing): ClosedWindow {
  return { policy, version, start, cutoff: cutoff.seq }
}

/** Windows close seldom: one look for all learners of a tenant that are worked out together. */
export function closingsOf({
  stores,
}: Pick<Lrs, 'stores'>): (tenant: TenantId) => Promise<readonly Closing[]> {
  const known = new Map<TenantId, Promise<readonly Closing[]>>()
  return (tenant) => {
    const found = known.get(tenant) ?? stores.snapshots.closings(tenant)
    known.set(tenant, found)
    return found
  }
}
