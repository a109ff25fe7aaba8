/** Counting policies: immutable versions under one id (counting §3). */
import { z } from 'zod'
import { parseDay, rememberedInstant } from '../../metering/dates.ts'
import {
  commercialHash,
  countHash,
  notYetAvailable,
  type Policy,
  policySchema,
} from '../../metering/policy.ts'
import { presets } from '../../metering/presets.ts'
import { policyText } from '../../metering/text.ts'
import { isBoundary, type PolicyVersion } from '../../metering/windows.ts'
import type { StoredPolicy, Stores, TenantId } from '../../store/ports.ts'
import { instantOf, isTimestamp } from '../../xapi/formats.ts'
import { type Caller, demand } from '../access/access.ts'
import { demandRecipients } from '../alerts/recipients.ts'
import type { Lrs } from '../context.ts'
import { malformed, malformedAt, Refusal } from '../refusal.ts'

export interface PolicyHistory {
  readonly id: string
  /** Ascending. */
  readonly versions: readonly PolicyVersion[]
  readonly stored: readonly StoredPolicy[]
}

/** Every policy of a tenant with its versions, as counting needs them. */
export async function policiesOf(
  stores: Pick<Stores, 'policies'>,
  tenant: TenantId,
): Promise<readonly PolicyHistory[]> {
  const byId = new Map<string, StoredPolicy[]>()
  for (const stored of await stores.policies.list(tenant)) {
    byId.set(stored.policy.id, [...(byId.get(stored.policy.id) ?? []), stored])
  }
  return [...byId].map(([id, stored]) => ({
    id,
    stored,
    versions: stored.map(({ policy, version, effectiveFrom }) => ({ policy, version, effectiveFrom })),
  }))
}

/** @throws Refusal `not-found`; without `id`, the tenant's only policy or a sentence that lists them */
export async function policyOf(
  stores: Pick<Stores, 'policies'>,
  tenant: TenantId,
  id: string | undefined,
  requirement: string,
): Promise<PolicyHistory> {
  const policies = await policiesOf(stores, tenant)
  const ids = policies.map((policy) => policy.id).join(', ') || 'none yet'
  const found =
    id === undefined && policies.length === 1 ? policies[0] : policies.find((policy) => policy.id === id)
  if (found) return found
  const path = requirement.startsWith('GET') ? '?policy' : '$.policy'
  if (id === undefined) throw malformedAt(path, `name one of: ${ids}`, requirement)
  throw new Refusal('not-found', `there is no policy «${id}»; there are: ${ids}`)
}

export interface PolicyView {
  readonly policy: Policy
  readonly version: number
  readonly effectiveFrom: string | null
  readonly recorded: string
  readonly countHash: string
  readonly commercialHash: string
  /** `building` until the history recorded before it is counted (ruling 18). */
  readonly state: 'building' | 'ready'
}

export async function listPolicies(lrs: Lrs, caller: Caller): Promise<readonly PolicyView[]> {
  demand(caller, 'read reports')
  const { at } = await lrs.stores.metering.computedThrough(caller.tenant)
  return (await lrs.stores.policies.list(caller.tenant)).map((stored) => viewOf(stored, at))
}

/** Policies as they can be sent to `POST /policies`, with an anchor, zone and limit of one's own. */
export function listPresets(caller: Caller): readonly Policy[] {
  demand(caller, 'read reports')
  return presets
}

function viewOf(stored: StoredPolicy, computedThrough: number): PolicyView {
  const { policy, version, effectiveFrom, recorded } = stored
  return {
    policy,
    version,
    effectiveFrom: effectiveFrom === null ? null : new Date(effectiveFrom).toISOString(),
    recorded: new Date(recorded).toISOString(),
    countHash: stored.countHash,
    commercialHash: stored.commercialHash,
    state: computedThrough < recorded ? 'building' : 'ready',
  }
}

/**
 * Creates a policy, or a new version of one: then `effectiveFrom` (ISO instant or date) must be a window boundary of the
 * new version, still to come, and later than that of the version before (Q25).
 * @throws Refusal `malformed`, `not-yet-available`, `conflict`
 */
export async function addPolicy(lrs: Lrs, caller: Caller, input: unknown): Promise<PolicyView> {
  demand(caller, 'manage policies')
  const { effectiveFrom: from, ...rest } = isRecord(input) ? input : {}
  const policy = parsePolicy(isRecord(input) ? rest : input)
  await demandRecipients(lrs.stores, caller.tenant, policy.alerts)
  const before =
    (await policiesOf(lrs.stores, caller.tenant)).find(({ id }) => id === policy.id)?.stored ?? []
  const now = lrs.clock.now()
  const stored: StoredPolicy = {
    policy,
    version: before.length + 1,
    countHash: countHash(policy),
    commercialHash: commercialHash(policy),
    effectiveFrom: effectiveFromOf(policy, from, before.at(-1), now),
    recorded: now,
  }
  if ((await lrs.stores.policies.add(caller.tenant, stored)) === 'taken') {
    throw new Refusal(
      'conflict',
      `version ${stored.version} of «${policy.id}» was added by somebody else just now`,
    )
  }
  lrs.wake()
  return viewOf(stored, 0)
}

/**
 * @param at where the policy lies in the body
 * @throws Refusal `malformed`, `not-yet-available`
 */
export function parsePolicy(input: unknown, at = '$'): Policy {
  const parsed = policySchema.safeParse(input)
  if (!parsed.success) {
    throw malformed(
      parsed.error.issues.map(({ path, message }) => ({
        path: [at, ...path].join('.'),
        message,
        requirement: 'counting.md §3',
      })),
    )
  }
  const missing = notYetAvailable(parsed.data)
  if (missing.length > 0) {
    const violations = missing.map(({ path, message }) => ({
      path: path.replace('$', at),
      message,
      requirement: 'counting.md §3',
    }))
    throw new Refusal('not-yet-available', missing.map(({ message }) => message).join('; '), violations)
  }
  return parsed.data
}

/** An instant, or the beginning of a date where the policy is. NaN for anything else. */
function startingAt({ window }: Policy, from: unknown): number {
  if (typeof from !== 'string') return Number.NaN
  if (z.iso.date().safeParse(from).success) return rememberedInstant(parseDay(from), window.timeZone)
  return isTimestamp(from) ? instantOf(from) : Number.NaN
}

function effectiveFromOf(
  policy: Policy,
  from: unknown,
  before: StoredPolicy | undefined,
  now: number,
): number | null {
  if (!before) {
    if (from !== undefined)
      throw malformedAt('$.effectiveFrom', 'a first version reaches back to the beginning', 'Q22a')
    return null
  }
  const at = startingAt(policy, from)
  if (Number.isNaN(at)) {
    throw malformedAt(
      '$.effectiveFrom',
      `«${policy.id}» exists: say from which window boundary the new version holds, as a date or an ISO 8601 timestamp`,
      'Q25',
    )
  }
  if (!isBoundary(policy, at) || !isBoundary(before.policy, at)) {
    throw malformedAt(
      '$.effectiveFrom',
      'not a boundary of a window, of the version before and of the new one; a date begins in the new one’s time zone',
      'Q25',
    )
  }
  // What has begun keeps its rule: the past is never cut into other windows afterwards.
  if (at < now) throw malformedAt('$.effectiveFrom', 'must be the next boundary or a later one', 'Q25')
  if (before.effectiveFrom !== null && at <= before.effectiveFrom) {
    throw malformedAt('$.effectiveFrom', 'must be later than that of the version before', 'Q25')
  }
  return at
}

/** The newest version of a policy, with all versions. @throws Refusal `not-found` */
export async function readPolicy(
  lrs: Lrs,
  caller: Caller,
  id: string,
): Promise<PolicyView & { versions: readonly PolicyView[] }> {
  const versions = (await listPolicies(lrs, caller)).filter((view) => view.policy.id === id)
  const newest = versions.at(-1)
  if (!newest) throw new Refusal('not-found', `there is no policy «${id}»`)
  return { ...newest, versions }
}

/** The newest version in plain words (F3). */
export async function policyInWords(lrs: Lrs, caller: Caller, id: string): Promise<readonly string[]> {
  demand(caller, 'read reports')
  const { stored } = await policyOf(lrs.stores, caller.tenant, id, 'GET /policies/{id}/text')
  return policyText((stored.at(-1) as StoredPolicy).policy)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
