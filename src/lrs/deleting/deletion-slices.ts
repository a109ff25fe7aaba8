/** The work of a deletion, in slices: looks at everybody first, then deletes, then cleans (ruling 31). Runs in the drain. */
import type { DeletionFigures, DeletionRecord, GroupRef, Lease, TenantId } from '../../store/ports.ts'
import type { RecountDeps } from '../counting/recount.ts'
import { addChanges, closedAmong } from '../counting/tally.ts'
import { deletionLook, type Found } from './deletion-look.ts'

/** Learners looked at in one slice. */
const SLICE = 32

/** Goes on with the oldest deletion. @returns false when there is none, or the lease is lost */
export async function deletionSlice(deps: RecountDeps, lease: Lease): Promise<boolean> {
  const { removals } = deps.stores
  const [open] = await removals.openDeletions(1)
  if (!open) return false
  const next = await advance(deps, open.tenant, open.record)
  return (await removals.saveDeletion(lease, open.tenant, next)) === 'saved'
}

async function advance(deps: RecountDeps, tenant: TenantId, record: DeletionRecord): Promise<DeletionRecord> {
  if (record.state === 'cleaning')
    return (await deps.stores.removals.clean()) === 'done' ? { ...record, state: 'done' } : record
  const { learners, next } = await somebody(deps, tenant, record)
  const look = deletionLook(deps, tenant, record)
  let figures = record.figures
  for (const learner of learners) {
    const found = await look(learner)
    if (found && record.state === 'planning') figures = added(figures, found)
    if (found && record.state === 'deleting') await remove(deps, tenant, record, found)
  }
  const seen = record.seen + learners.length
  if (next !== null) return { ...record, figures, seen, position: next }
  return record.state === 'planning'
    ? decided(deps, tenant, { ...record, figures, seen })
    : ended(record, seen)
}

/** The next learners the filter speaks of. */
async function somebody(
  { stores }: RecountDeps,
  tenant: TenantId,
  { filter, position }: DeletionRecord,
): Promise<{ readonly learners: readonly string[]; readonly next: string | null }> {
  if (filter.learner !== undefined) return { learners: [filter.learner], next: null }
  const page = { limit: SLICE, ...(position !== null && { cursor: position }) }
  const [first, ...others] = groupsIn(filter)
  const found = first
    ? await stores.profiles.members(tenant, [first, ...others], page)
    : await stores.metering.learners(tenant, page)
  return { learners: found.items.map(({ id }) => id), next: found.next }
}

function groupsIn({ team, role }: DeletionRecord['filter']): readonly GroupRef[] {
  return [
    ...(team === undefined ? [] : [{ kind: 'team' as const, name: team }]),
    ...(role === undefined ? [] : [{ kind: 'role' as const, name: role }]),
  ]
}

/** All has been looked at: what only looked ends; what was confirmed otherwise is refused, and nothing is deleted (F10). */
async function decided(deps: RecountDeps, tenant: TenantId, record: DeletionRecord): Promise<DeletionRecord> {
  const closed = await closedAmong(deps, tenant, Object.keys(record.figures.leaving))
  const looked = { ...record, figures: { ...record.figures, closed } }
  if (record.dryRun) return { ...looked, state: 'done' }
  if (record.mode === 'physical' && record.confirmed !== record.figures.statements)
    return { ...looked, state: 'refused' }
  return { ...looked, state: 'deleting', position: null, seen: 0 }
}

function ended(record: DeletionRecord, seen: number): DeletionRecord {
  return { ...record, seen, position: null, state: record.mode === 'physical' ? 'cleaning' : 'done' }
}

function added(figures: DeletionFigures, found: Found): DeletionFigures {
  return {
    ...figures,
    statements: figures.statements + found.statements,
    attempts: figures.attempts + found.attempts,
    learners: figures.learners + (found.hits.length > 0 ? 1 : 0),
    shared: figures.shared + found.shared,
    leaving: addChanges(figures.leaving, found.leaving),
  }
}

async function remove(
  { stores: { removals } }: RecountDeps,
  tenant: TenantId,
  { mode }: DeletionRecord,
  { hits, tombstones }: Found,
): Promise<void> {
  const ids = hits.map(({ fact }) => fact.statementId)
  if (ids.length === 0) return
  if (mode === 'logical') await removals.hide(tenant, ids)
  else await removals.purge(tenant, ids, tombstones)
}
