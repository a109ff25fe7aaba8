/** A draft's rows, sealed: what is signed is worked out from the rows as they are in the store. */
import { type SealContent, sealOf } from '../../evidence/seal.ts'
import { rowsRoot } from '../../evidence/sealed-row.ts'
import { licenceFigures } from '../../metering/licence.ts'
import type { Snapshot, StoredPolicy, TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { earlierCounts, totalOf } from '../counting/judged-counts.ts'
import type { CloseDeps, Draft, Drain } from './seal-window.ts'

const PAGE = 1_000

/** Null when the lease is lost. */
export async function snapshotOf(deps: CloseDeps, draft: Draft, drain: Drain): Promise<Snapshot | null> {
  const { request, window, cutoff, id, secret } = draft
  const { policy, version, start, tenant } = request
  const rows = await rootOf(deps, tenant, id, () => drain.keep())
  if (rows === null) return null
  const closed = deps.clock.now()
  const content = await contentFor(deps, draft, rows, closed)
  const seal = sealOf(content, deps.keys.signing)
  return {
    id,
    window: window.id,
    policy,
    version,
    start,
    cutoff,
    count: rows.count,
    closed,
    secret,
    ...seal,
  }
}

/** Root and number of the rows of a draft or a snapshot; null when `go` says so between two pages. */
export async function rootOf(
  { stores }: Pick<Lrs, 'stores'>,
  tenant: TenantId,
  id: string,
  go: () => Promise<boolean>,
): Promise<{ readonly root: string; readonly count: number } | null> {
  const rows = rowsRoot()
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = { limit: PAGE, ...(cursor !== undefined && { cursor }) }
    const { items, next } = await stores.snapshots.rows(tenant, id, page)
    for (const row of items) rows.add(row)
    if (!(await go())) return null
    cursor = next
  }
  return rows.end()
}

async function contentFor(
  deps: CloseDeps,
  { request, policy, window, cutoff }: Draft,
  { root, count }: { readonly root: string; readonly count: number },
  closed: number,
): Promise<SealContent> {
  const { stores } = deps
  const { tenant, author, reason } = request
  const stored = policy.stored.find(({ version }) => version === request.version) as StoredPolicy
  const total = await totalOf(deps, tenant, stored)
  const judged = await earlierCounts(deps, tenant, policy, { policy: stored.policy, open: window })
  const figures = licenceFigures({ policy: stored.policy, active: count, total, ...judged })
  return {
    format: 1,
    tenant,
    policy: request.policy,
    version: request.version,
    window: window.id,
    start: new Date(window.start).toISOString(),
    end: new Date(window.end).toISOString(),
    timeZone: stored.policy.window.timeZone,
    tzData: process.versions.tz ?? 'unknown',
    countHash: stored.countHash,
    commercialHash: stored.commercialHash,
    cutoff: { at: new Date(cutoff.at).toISOString(), seq: cutoff.seq },
    aliases: await stores.snapshots.aliases(tenant),
    catalogue: (await stores.elements.history(tenant)).revision,
    count,
    root,
    limit: figures.limit,
    over: figures.over,
    surchargePct: figures.surchargePct,
    alerts: figures.alerts.filter(({ reached }) => reached).map(({ at }) => at),
    closedAt: new Date(closed).toISOString(),
    closedBy: author,
    reason,
  }
}
