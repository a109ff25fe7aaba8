/**
 * Changing the catalogue: a put is decided whole, by compare-and-set on the catalogue's revision, together with all it
 * will do; then each element's document is brought into line, by whoever comes first, as often as it takes.
 */
import { randomUUID } from 'node:crypto'
import type { Db, UpdateFilter } from 'mongodb'
import type { CatalogueEntry } from '../../../attempts/derivation.ts'
import type { TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { isDuplicate, retried } from '../driver/writing.ts'
import {
  type CatalogueDoc,
  type ElementDoc,
  type EntryPart,
  meterCollections,
  type PendingPart,
  type PutPart,
} from '../schema/meter-collections.ts'
import { changeBy, withEntry } from './catalogue-entries.ts'

export type AuthoredEntry = CatalogueEntry & { readonly author: string }

/** Entries decided at once: they lie in one document until they are in their elements. */
const MOST_ENTRIES = 5_000

export interface CataloguePuts {
  /** @returns how many entries were added */
  put(tenant: TenantId, entries: readonly AuthoredEntry[]): Promise<number>
  /** The catalogue with nothing left to do; a put somebody else has decided is finished first. */
  settled(tenant: TenantId): Promise<CatalogueDoc>
  /** The catalogue as it is, with what is decided and not finished. */
  peek(tenant: TenantId): Promise<CatalogueDoc>
  /** Finishes what was decided and not finished, in every tenant. */
  finishAll(): Promise<void>
}

export function createCataloguePuts(db: Db, now: () => number): CataloguePuts {
  const { catalogues } = meterCollections(db)
  const apply = elementWriter(db)

  const finish = async (tenant: TenantId, revision: number, put: PutPart): Promise<void> => {
    for (const id of [...new Set(put.entries.map((entry) => entry.id))].sort())
      await apply(tenant, id, revision, put)
    await retried(() => catalogues.updateOne({ _id: tenant, 'put.by': put.by }, { $unset: { put: '' } }))
  }
  const peek = async (tenant: TenantId): Promise<CatalogueDoc> =>
    (await catalogues.findOne({ _id: tenant })) ?? { _id: tenant, revision: 0 }
  const settled = async (tenant: TenantId): Promise<CatalogueDoc> => {
    for (;;) {
      const found = await peek(tenant)
      if (!found.put) return found
      await finish(tenant, found.revision, found.put)
    }
  }
  /** False when somebody else's put came first. */
  const decide = async ({ _id, revision }: CatalogueDoc, put: PutPart): Promise<boolean> => {
    const filter = { _id, revision, put: { $exists: false } }
    const decided = { $set: { revision: revision + 1, put } }
    try {
      const { matchedCount, upsertedCount } = await retried(() =>
        catalogues.updateOne(filter, decided, { upsert: revision === 0 }),
      )
      return matchedCount + upsertedCount === 1
    } catch (error) {
      if (!isDuplicate(error)) throw error
      return false
    }
  }
  const putSome = async (tenant: TenantId, entries: readonly AuthoredEntry[]): Promise<number> => {
    for (;;) {
      const catalogue = await settled(tenant)
      const put = await planOf(db, tenant, entries, now())
      if (put.entries.length === 0) return 0
      if (!(await decide(catalogue, put))) continue
      await finish(tenant, catalogue.revision + 1, put)
      return put.entries.length
    }
  }
  return {
    put: async (tenant, entries) => {
      let added = 0
      for (let at = 0; at < entries.length; at += MOST_ENTRIES)
        added += await putSome(tenant, entries.slice(at, at + MOST_ENTRIES))
      return added
    },
    settled,
    peek,
    finishAll: async () => {
      const left = catalogues.find({ 'put.recorded': { $gt: 0 } })
      for await (const { _id } of left) await settled(_id)
    },
  }
}

/** What of the entries changes anything, read while nothing is being put. */
async function planOf(
  db: Db,
  tenant: TenantId,
  entries: readonly AuthoredEntry[],
  recorded: number,
): Promise<PutPart> {
  const { elements } = meterCollections(db)
  const ids = [...new Set(entries.map(({ id }) => keyOf(tenant, id)))]
  const known = await elements.find({ _id: { $in: ids } }).toArray()
  const histories = new Map(known.map((element) => [element.id, element.entries]))
  const added: PutPart['entries'][number][] = []
  const changed = new Set<string>()
  for (const entry of entries) {
    const history = histories.get(entry.id) ?? []
    const part: EntryPart = { ...partOf(entry), recorded }
    const change = changeBy(history, part)
    if (change === 'equal') continue
    if (change === 'settings') changed.add(entry.id)
    histories.set(entry.id, withEntry(history, part))
    added.push({ ...partOf(entry), id: entry.id })
  }
  return { by: randomUUID(), recorded, entries: added, changed: [...changed] }
}

function partOf({ name, kind, utilizationTracking, validFrom, tags, author }: AuthoredEntry) {
  return { name, kind, utilizationTracking, validFrom, ...(tags && { tags }), author }
}

/** Brings one element into line with a decided put; its revision says whether that has happened already. */
function elementWriter(db: Db) {
  const { elements } = meterCollections(db)
  const create = async (element: ElementDoc): Promise<void> => {
    try {
      await retried(() => elements.insertOne(element))
    } catch (error) {
      // Somebody else, or we ourselves: the next look says whether anything is left to do.
      if (!isDuplicate(error)) throw error
    }
  }
  return async (tenant: TenantId, id: string, revision: number, put: PutPart): Promise<void> => {
    const _id = keyOf(tenant, id)
    for (;;) {
      const found = await elements.findOne({ _id })
      if (found && found.revision >= revision) return
      const next = afterPut(found, id, revision, put)
      const update: UpdateFilter<ElementDoc> = { $set: next }
      if (found) await retried(() => elements.updateOne({ _id, revision: found.revision }, update))
      else await create({ _id, tenant, id, ...next })
    }
  }
}

function afterPut(
  found: ElementDoc | null,
  id: string,
  revision: number,
  put: PutPart,
): Pick<ElementDoc, 'revision' | 'entries' | 'pending'> {
  const mine = put.entries.filter((entry) => entry.id === id)
  const entries = mine.reduce<readonly EntryPart[]>(
    (history, { id: _, ...entry }) => withEntry(history, { ...entry, recorded: put.recorded }),
    found?.entries ?? [],
  )
  if (!put.changed.includes(id)) return { revision, entries }
  // A change that is still being expanded begins again, and holds computedThrough where it did.
  const recorded = Math.min(put.recorded, found?.pending?.recorded ?? put.recorded)
  const pending: PendingPart = { id: String(revision), recorded, phase: 0, position: '' }
  return { revision, entries, pending }
}
