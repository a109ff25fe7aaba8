/** ElementStore on SQLite: the catalogue as a history of dated entries (ruling 1). */
import type { CatalogueEntry } from '../../../attempts/derivation.ts'
import { sameSettings } from '../../../attempts/element.ts'
import type { Remote } from '../../calls.ts'
import { keyIn, pageOf } from '../../page.ts'
import type { ElementStore, Page, PageRequest, TenantId } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'
import { recordChange } from '../metering/changes.ts'

type AuthoredEntry = CatalogueEntry & { readonly author: string }

const COLUMNS = 'element AS id, name, kind, tracking AS utilizationTracking, valid_from AS validFrom, tags'

type EntryRow = Omit<CatalogueEntry, 'tags'> & { readonly tags: string }

function entryOf({ tags, ...entry }: EntryRow): CatalogueEntry {
  const list = JSON.parse(tags) as string[]
  return list.length > 0 ? { ...entry, tags: list } : entry
}

/** The entry valid at an instant; before the first one, the first reaches back to the beginning. */
const VALID_FROM_AT = `COALESCE(
  (SELECT max(valid_from) FROM element_entry WHERE tenant = e.tenant AND element = e.element AND superseded = 0 AND valid_from <= @at),
  (SELECT min(valid_from) FROM element_entry WHERE tenant = e.tenant AND element = e.element AND superseded = 0))`

export function elementWrites(db: Database, context: WriteContext) {
  const addEntry = entryWriter(db, context)
  const change = recordChange(db, context)
  const grow = db.prepare(
    'INSERT INTO catalogue (tenant, revision) VALUES (?, 1) ON CONFLICT (tenant) DO UPDATE SET revision = revision + 1',
  )
  return {
    putElements: (tenant: TenantId, entries: readonly AuthoredEntry[]): number => {
      const results = entries.map((entry) => ({ id: entry.id, result: addEntry(tenant, entry) }))
      const changed = results.filter(({ result }) => result === 'settings').map(({ id }) => id)
      for (const id of new Set(changed)) change(tenant, 'element', id)
      const added = results.filter(({ result }) => result !== 'equal').length
      if (added > 0) grow.run(tenant)
      return added
    },
  }
}

/** Adds one entry and says what it changed: nothing, only what the element is called, or how it is counted. */
function entryWriter(db: Database, context: WriteContext) {
  const validAt = db.prepare<[{ tenant: string; element: string; at: number }], EntryRow>(
    `SELECT ${COLUMNS} FROM element_entry e
     WHERE tenant = @tenant AND element = @element AND superseded = 0 AND valid_from = ${VALID_FROM_AT}`,
  )
  const supersede = db.prepare(
    'UPDATE element_entry SET superseded = 1 WHERE tenant = ? AND element = ? AND valid_from = ? AND superseded = 0',
  )
  const insert = db.prepare(
    `INSERT INTO element_entry (tenant, element, valid_from, number, name, kind, tracking, tags, author, recorded)
     SELECT @tenant, @id, @validFrom, COALESCE(max(number) + 1, 0), @name, @kind, @utilizationTracking, @tags, @author, @recorded
     FROM element_entry WHERE tenant = @tenant AND element = @id AND valid_from = @validFrom`,
  )
  return (tenant: TenantId, entry: AuthoredEntry): 'equal' | 'name' | 'settings' => {
    const row = validAt.get({ tenant, element: entry.id, at: entry.validFrom })
    const same = row !== undefined && sameSettings(entryOf(row), entry)
    if (same && row.name === entry.name) return 'equal'
    supersede.run(tenant, entry.id, entry.validFrom)
    const { tags = [], ...rest } = entry
    insert.run({ ...rest, tenant, tags: JSON.stringify(tags), recorded: context.now() })
    return same ? 'name' : 'settings'
  }
}

export function elementReads(db: Database) {
  const inForce = db.prepare<[{ tenant: string; at: number; after: string; limit: number }], EntryRow>(
    `SELECT ${COLUMNS} FROM element_entry e
     WHERE tenant = @tenant AND element > @after AND superseded = 0 AND valid_from = ${VALID_FROM_AT}
     ORDER BY element LIMIT @limit`,
  )
  const revision = db.prepare<[string], { revision: number }>(
    'SELECT revision FROM catalogue WHERE tenant = ?',
  )
  const all = db.prepare<[string], EntryRow>(
    `SELECT ${COLUMNS} FROM element_entry WHERE tenant = ? AND superseded = 0 ORDER BY element, valid_from`,
  )
  // One transaction, so that the entries are those of the revision.
  const history = db.transaction((tenant: TenantId, knownRevision: number | undefined) => {
    const current = revision.get(tenant)?.revision ?? 0
    return { revision: current, entries: current === knownRevision ? null : all.all(tenant).map(entryOf) }
  })
  return {
    elements: (tenant: TenantId, now: number, { limit, cursor }: PageRequest): Page<CatalogueEntry> => {
      const [after = ''] = keyIn(cursor, 's') ?? []
      const rows = inForce.all({ tenant, at: now, after: after as string, limit: limit + 1 })
      return pageOf(rows, limit, (row) => [row.id], entryOf)
    },
    elementHistory: (tenant: TenantId, knownRevision?: number) => history(tenant, knownRevision),
  }
}

export function createElementStore(
  writes: Remote<ReturnType<typeof elementWrites>>,
  reads: Remote<ReturnType<typeof elementReads>>,
): ElementStore {
  return {
    put: writes.putElements,
    list: reads.elements,
    history: reads.elementHistory,
  }
}
