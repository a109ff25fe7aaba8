/** Counting policies by version. */
import type { Policy } from '../../metering/policy.ts'
import type { TenantId } from './page.ts'

export interface StoredPolicy {
  readonly policy: Policy
  readonly version: number
  /** SHA-256 of the counting part, and of the commercial part (counting §3). */
  readonly countHash: string
  readonly commercialHash: string
  /** A window boundary; null for the first version: it reaches back to the beginning. */
  readonly effectiveFrom: number | null
  readonly recorded: number
}

export interface PolicyStore {
  /** `taken` when that version exists. Records a pending change over all learners in the same commit. */
  add(tenant: TenantId, policy: StoredPolicy): Promise<'added' | 'taken'>
  /** All versions, by id then version. */
  list(tenant: TenantId): Promise<readonly StoredPolicy[]>
}
