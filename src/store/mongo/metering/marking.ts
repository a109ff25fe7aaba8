/** Dirty marks that no batch brings: under a number and an instant of their own. */
import type { Allocator } from '../commit/allocator.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'
import { ALWAYS, markAll } from './marks.ts'

/** Marks identities over all of time. `oldest`: computedThrough stays before it, however late the mark is written. */
export type MarkIdentities = (identities: readonly IdentityDoc[], oldest?: number) => Promise<void>

export function identityMarker(collections: StatementCollections, allocator: Allocator): MarkIdentities {
  return async (identities, oldest) => {
    if (identities.length === 0) return
    const stamp = await allocator.stamp()
    const marked = identities.map((identity) => ({ identity, span: ALWAYS }))
    await markAll(collections, stamp, marked, oldest)
  }
}
