/** Ids of documents: they begin with the tenant, so that every shard key can (ruling 24). */
import type { TenantId } from '../ports.ts'

/** Never in an identifier, an IRI or an id of ours, so parts cannot run into each other. */
const BETWEEN = '\n'

export function keyOf(tenant: TenantId, ...parts: readonly (string | number)[]): string {
  return [tenant, ...parts].join(BETWEEN)
}
