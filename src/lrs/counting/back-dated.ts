/** Statements that were too old when they were received for a policy to count them (`maxBackdateDays`, Q12): for review. */
import { BACK_DATED } from '../../metering/count.ts'
import { english } from '../../metering/text-en.ts'
import type { CountedLearner, Page, PageRequest, StoredPolicy, TenantId } from '../../store/ports.ts'
import type { Identifier } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { learnerView } from '../people/people-view.ts'
import { malformedAt } from '../refusal.ts'
import { policiesOf, policyOf } from './policies.ts'

export interface BackDatedView {
  readonly policy: string
  readonly version: number
  readonly learner: string
  readonly name: string | null
  readonly identities: readonly Identifier[]
  readonly statementId: string
  readonly at: string
  readonly stored: string
  readonly reason: 'back-dated'
  readonly text: string
}

export interface BackDatedSelection extends PageRequest {
  readonly policy?: string
}

/** By version of the policy, then by when they happened. @throws Refusal `not-found`, `malformed` */
export async function listBackDated(
  lrs: Lrs,
  caller: Caller,
  { policy, limit, cursor }: BackDatedSelection,
): Promise<Page<BackDatedView>> {
  demand(caller, 'read reports')
  const { stored } = await policyOf(lrs.stores, caller.tenant, policy, 'GET /review/back-dated')
  const from = positionIn(cursor)
  const left = stored.filter((one) => isLimited(one) && one.version >= from.version)
  const items: BackDatedView[] = []
  for (const version of left) {
    if (items.length === limit) return { items, next: `${version.version}.` }
    const after = version.version === from.version && from.after !== '' ? { cursor: from.after } : {}
    const page = await lrs.stores.metering.counted(caller.tenant, refOf(version), {
      limit: limit - items.length,
      ...after,
    })
    items.push(...page.items.map((one) => viewOf(version, one)))
    if (page.next !== null) return { items, next: `${version.version}.${page.next}` }
  }
  return { items, next: null }
}

/** How many there are under each policy that has such a limit. */
export async function backDatedCounts(
  { stores }: Lrs,
  tenant: TenantId,
): Promise<readonly { readonly policy: string; readonly statements: number }[]> {
  const policies = (await policiesOf(stores, tenant)).filter(({ stored }) => stored.some(isLimited))
  return Promise.all(
    policies.map(async ({ id, stored }) => {
      const counts = stored
        .filter(isLimited)
        .map((version) => stores.metering.countOf(tenant, refOf(version)))
      return { policy: id, statements: (await Promise.all(counts)).reduce((sum, one) => sum + one, 0) }
    }),
  )
}

function isLimited({ policy }: StoredPolicy): boolean {
  return policy.time.maxBackdateDays !== null
}

function refOf({ policy, version }: StoredPolicy) {
  return { policy: policy.id, version, start: BACK_DATED }
}

/** A cursor names the version it is in, then goes on in the store's own. */
function positionIn(cursor: string | undefined): { readonly version: number; readonly after: string } {
  if (cursor === undefined) return { version: 0, after: '' }
  const [, version, after = ''] = /^(\d{1,9})\.(.*)$/.exec(cursor) ?? []
  if (version === undefined)
    throw malformedAt('?cursor', 'this cursor is not a continuation of this list', 'GET /review/back-dated')
  return { version: Number(version), after }
}

function viewOf(
  { policy, version }: StoredPolicy,
  { learner, identities, evidence }: CountedLearner,
): BackDatedView {
  return {
    policy: policy.id,
    version,
    ...learnerView(learner, identities),
    statementId: evidence.statementId,
    at: new Date(evidence.at).toISOString(),
    stored: new Date(evidence.stored).toISOString(),
    reason: 'back-dated',
    text: english.backDated(policy.time.maxBackdateDays ?? 0),
  }
}
