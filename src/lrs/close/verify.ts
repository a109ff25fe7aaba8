/**
 * Checks closed windows (counting §4.3): that a snapshot is as it was sealed, and that its rows with all later adjustments
 * are what the statements give from scratch. A difference is an alarm, never a fix.
 */
import { isSealed, type SealContent } from '../../evidence/seal.ts'
import { commitmentOf } from '../../evidence/sealed-row.ts'
import { type ClosedWindow, differences } from '../../metering/closing.ts'
import type { Closing, Snapshot, TenantId, Verification } from '../../store/ports.ts'
import { closedWindowOf } from '../counting/closings.ts'
import { countHistory, deriveHistory, type RecountDeps } from '../counting/recount.ts'
import { rootOf } from './snapshot.ts'

const PAGE = 500
/** Sentences kept. */
const KEPT = 100
/** A learner may be counted while being looked at. */
const LOOKS = 3

/** Looks at one closed window, notes the outcome beside it, and returns it; null when `go` says to stop. */
export async function verifyWindow(
  deps: RecountDeps,
  tenant: TenantId,
  closing: Closing,
  go: () => Promise<boolean> = async () => true,
): Promise<Verification | null> {
  const snapshot = await deps.stores.snapshots.byWindow(tenant, closing)
  if (!snapshot) return null
  const broken = await brokenSeal(deps, tenant, snapshot)
  const differing = await differingLearners(deps, tenant, closing, go)
  if (differing === null) return null
  const verification = { at: deps.clock.now(), mismatches: [...broken, ...differing].slice(0, KEPT) }
  await deps.stores.snapshots.verified(tenant, closing, verification)
  return verification
}

async function brokenSeal(
  deps: RecountDeps,
  tenant: TenantId,
  snapshot: Snapshot,
): Promise<readonly string[]> {
  const found: string[] = []
  const content = JSON.parse(snapshot.content) as SealContent
  if (!isSealed(snapshot)) found.push('the signature is not that of its content')
  const rows = await rootOf(deps, tenant, snapshot.id, async () => true)
  if (rows?.root !== content.root) found.push('the rows are not the ones that were sealed: another root')
  if (rows?.count !== content.count || content.count !== snapshot.count)
    found.push(`${content.count} rows were sealed, ${rows?.count} are there, ${snapshot.count} are shown`)
  return [...found, ...(await brokenEvidence(deps, tenant, snapshot.id))]
}

/** Evidence that stands beside a row must be what the row was sealed with; what is erased cannot be checked. */
async function brokenEvidence(deps: RecountDeps, tenant: TenantId, id: string): Promise<readonly string[]> {
  const found: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const { items, next } = await deps.stores.snapshots.rows(tenant, id, page)
    for (const { token, commitment, evidence, salt } of items)
      if (evidence && salt && commitmentOf(salt, evidence) !== commitment)
        found.push(`the evidence of row ${token} is not what it was sealed with`)
    cursor = next
  }
  return found
}

/** Every learner worked out again: sealed rows + automatic adjustments + purges must be what they count for now. */
async function differingLearners(
  deps: RecountDeps,
  tenant: TenantId,
  closing: Closing,
  go: () => Promise<boolean>,
): Promise<readonly string[] | null> {
  const found: string[] = []
  const look = {
    tenant,
    window: closedWindowOf(closing),
    closings: await deps.stores.snapshots.closings(tenant),
  }
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const { items, next } = await deps.stores.metering.learners(tenant, page)
    for (const { id } of items) found.push(...(await differingKeys(deps, look, id)))
    if (!(await go())) return null
    cursor = next
  }
  return found
}

interface Look {
  readonly tenant: TenantId
  readonly window: ClosedWindow
  /** Of the tenant: what came after one may be late for its window. */
  readonly closings: readonly Closing[]
}

async function differingKeys(
  deps: RecountDeps,
  { tenant, window, closings }: Look,
  learner: string,
): Promise<readonly string[]> {
  for (let looks = 1; ; looks += 1) {
    const history = await deps.stores.metering.history(tenant, learner)
    // Whoever is dirty is still to be counted: that is no difference yet.
    if (!history || history.marks.length > 0) return []
    const counts = await countHistory(deps, history, await deriveHistory(deps, history), closings)
    const booked = await deps.stores.adjustments.booked(tenant, history.learner)
    const found = differences(history.learner, [window], booked, counts)
    if (found.length === 0) return []
    if (looks === LOOKS)
      return found.map(
        ({ key, delta }) =>
          `learner ${learner}, ${key}: ${delta > 0 ? 'counts, and no row or adjustment says so' : 'does not count, and a row or adjustment says so'}`,
      )
  }
}

const DAY_MS = 86_400_000

/** One closed window of each tenant by chance, unless one was looked at within a day. @returns the windows that differ */
export async function verifyNightly(
  deps: RecountDeps,
  chance: () => number,
  go: () => Promise<boolean>,
): Promise<readonly { readonly window: string; readonly mismatches: readonly string[] }[]> {
  const found: { window: string; mismatches: readonly string[] }[] = []
  for (const { id: tenant } of await deps.stores.tenants.list()) {
    const closings = await deps.stores.snapshots.closings(tenant)
    const last = Math.max(...closings.map(({ verification }) => verification?.at ?? -Infinity))
    const closing = closings[Math.floor(chance() * closings.length)]
    if (!closing || deps.clock.now() - last < DAY_MS) continue
    const verification = await verifyWindow(deps, tenant, closing, go)
    if (verification && verification.mismatches.length > 0)
      found.push({ window: closing.window, mismatches: verification.mismatches })
  }
  return found
}
