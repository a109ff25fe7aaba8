/** Who has no business having anything derived: not in the list of learners, and no recount is due that would clear up. */
import { groupBy } from '../../../attempts/group-by.ts'
import type { TenantId } from '../../ports.ts'
import { byIds } from '../driver/bulk.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { IdentityDoc, StatementCollections } from '../schema/collections.ts'

export function strayTest(
  { marks }: StatementCollections,
  redirects: Redirects,
): (tenant: TenantId, learners: readonly string[]) => Promise<ReadonlySet<string>> {
  const membersByRoot = async (tenant: TenantId, roots: ReadonlySet<string>) => {
    const members = await redirects.membersOf(tenant, roots)
    const rootOf = await redirects.rootsOf(
      tenant,
      members.map(({ learner }) => learner),
    )
    return groupBy(members, ({ learner }) => rootOf.get(learner)?.id ?? learner)
  }
  return async (tenant, learners) => {
    const rootOf = await redirects.rootsOf(tenant, learners)
    const members = await membersByRoot(tenant, new Set([...rootOf.values()].map(({ id }) => id)))
    const membersOf = (learner: string): readonly IdentityDoc[] =>
      members.get(rootOf.get(learner)?.id ?? '') ?? []
    const unlisted = learners.filter(
      (learner) => rootOf.get(learner)?.id !== learner || !membersOf(learner).some(({ seen }) => seen),
    )
    const due = await byIds(
      marks,
      unlisted.flatMap((learner) => membersOf(learner).map(({ _id }) => _id)),
      { projection: { _id: 1 } },
    )
    const marked = new Set(due.map(({ _id }) => _id))
    return new Set(unlisted.filter((learner) => !membersOf(learner).some(({ _id }) => marked.has(_id))))
  }
}
