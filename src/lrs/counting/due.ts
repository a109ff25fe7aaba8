/** Learners whose count changes by time alone: a key of theirs has come of age (`minAgeHours`, ruling 10). */
import { DUE } from '../../metering/count.ts'
import type { TenantId, WindowRef } from '../../store/ports.ts'
import type { RecountDeps } from './recount.ts'

export interface DueWindow extends WindowRef {
  readonly tenant: TenantId
}

/** Where such learners are kept: one place for each policy version with a minimum age. */
export async function dueWindows({ stores }: RecountDeps): Promise<readonly DueWindow[]> {
  const found: DueWindow[] = []
  for (const { id: tenant } of await stores.tenants.list()) {
    for (const { policy, version } of await stores.policies.list(tenant)) {
      if (policy.count.minAgeHours > 0) found.push({ tenant, policy: policy.id, version, start: DUE })
    }
  }
  return found
}

/** The next of them who are due now, each once. */
export async function dueLearners(
  { stores, clock }: RecountDeps,
  { tenant, ...window }: DueWindow,
  limit: number,
): Promise<readonly { readonly tenant: TenantId; readonly learner: string }[]> {
  const { items } = await stores.metering.counted(tenant, window, { limit })
  const now = clock.now()
  return items.filter(({ evidence }) => evidence.at <= now).map(({ learner }) => ({ tenant, learner }))
}
