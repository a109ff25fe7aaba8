/**
 * Mass changes (ruling 31). Each lies in the document it has changed, an element or a version of a policy, and came with it;
 * a job marks the learners it touches in slices. Until it is gone, computedThrough stays before it.
 */
import type { Collection, Db, Filter, UpdateFilter } from 'mongodb'
import type { Lease, MeteringStore, PendingChange, TenantId } from '../../ports.ts'
import type { CataloguePuts } from '../catalogue/catalogue-put.ts'
import { retried } from '../driver/writing.ts'
import { heldLease } from '../jobs/leases.ts'
import type { Redirects } from '../learners/redirects.ts'
import type { StatementCollections } from '../schema/collections.ts'
import {
  type ElementDoc,
  meterCollections,
  type PendingPart,
  type PolicyDoc,
} from '../schema/meter-collections.ts'
import { type Found, type Look, touchedBy } from './changes-touched.ts'
import type { MarkIdentities } from './marking.ts'

/** What an element and a policy have in common here. */
interface Changing {
  readonly _id: string
  readonly tenant: TenantId
  readonly id: string
  readonly pending?: PendingPart
}

const NOBODY: Found = { identities: [], next: null }
/** Between the document's `_id` and the change's own id. */
const BETWEEN = '\n\n'

export interface ChangeParts {
  readonly collections: StatementCollections
  readonly redirects: Redirects
  readonly puts: CataloguePuts
  readonly mark: MarkIdentities
}

export type Changes = Pick<MeteringStore, 'pendingChanges' | 'expandChange'> & {
  /** The tenant's oldest; null when there is none. */
  oldest(tenant: TenantId): Promise<PendingChange | null>
}

export function createChanges(db: Db, { collections, redirects, puts, mark }: ChangeParts): Changes {
  const places = placesOf(db)
  const held = heldLease(db)
  const phases = touchedBy(db, collections, redirects)

  const step = async (place: Collection<Changing>, change: PendingChange, found: Changing, slice: number) => {
    const { pending } = found
    if (!pending) return 'done'
    const { phase, position } = pending
    const looks: readonly Look[] = phases[change.kind]
    const { identities, next } = (await looks[phase]?.(found.tenant, found.id, position, slice)) ?? NOBODY
    await mark(identities, pending.recorded)
    const last = next === null && phase + 1 >= looks.length
    const moved = next === null ? { phase: phase + 1, position: '' } : { phase, position: next }
    const update: UpdateFilter<Changing> = last
      ? { $unset: { pending: '' } }
      : { $set: { 'pending.phase': moved.phase, 'pending.position': moved.position } }
    const same = { 'pending.id': pending.id, 'pending.phase': phase, 'pending.position': position }
    // Unless the document has changed again meanwhile: then the new change is expanded from its beginning.
    await retried(() => place.updateOne({ _id: found._id, ...same } as Filter<Changing>, update))
    return last ? 'done' : 'more'
  }
  return {
    pendingChanges: async (limit) => {
      await puts.finishAll()
      const all = await Promise.all([
        listOf('element', places.element, limit),
        listOf('policy', places.policy, limit),
      ])
      return all.flat().sort(byAge).slice(0, limit)
    },
    expandChange: async (lease: Lease, change, slice) => {
      if (!(await held(lease))) return 'fenced'
      const place = change.kind === 'setting' ? null : places[change.kind]
      const [_id, id] = change.id.split(BETWEEN)
      const found = await place?.findOne({ _id, 'pending.id': id } as Filter<Changing>)
      return place && found ? step(place, change, found, slice) : 'done'
    },
    oldest: async (tenant) => {
      const { put } = await puts.peek(tenant)
      if (put)
        return { id: put.by, tenant, kind: 'element', subject: put.changed[0] ?? '', recorded: put.recorded }
      const all = await Promise.all([
        listOf('element', places.element, 1, tenant),
        listOf('policy', places.policy, 1, tenant),
      ])
      return all.flat().sort(byAge)[0] ?? null
    },
  }
}

function byAge(a: PendingChange, b: PendingChange): number {
  return a.recorded - b.recorded || (a.id < b.id ? -1 : 1)
}

function placesOf(db: Db): Readonly<Record<'element' | 'policy', Collection<Changing>>> {
  const { elements, policies } = meterCollections(db)
  return {
    element: elements as Collection<ElementDoc> as unknown as Collection<Changing>,
    policy: policies as Collection<PolicyDoc> as unknown as Collection<Changing>,
  }
}

/** The oldest ones, of all tenants or of one. */
async function listOf(
  kind: 'element' | 'policy',
  place: Collection<Changing>,
  limit: number,
  tenant?: TenantId,
): Promise<readonly PendingChange[]> {
  const any = { 'pending.recorded': { $gte: Number.MIN_SAFE_INTEGER } }
  const filter = (tenant === undefined ? any : { tenant, ...any }) as Filter<Changing>
  const found = await place.find(filter).sort({ 'pending.recorded': 1 }).limit(limit).toArray()
  return found.flatMap(({ _id, tenant: of, id, pending }) =>
    pending
      ? [{ id: `${_id}${BETWEEN}${pending.id}`, tenant: of, kind, subject: id, recorded: pending.recorded }]
      : [],
  )
}
