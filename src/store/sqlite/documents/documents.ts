/** DocumentStore on SQLite: the writer decides by reading, and a launch that a document tells of is in the same commit. */
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import type { DocumentPlace, DocumentScope } from '../../../xapi/document.ts'
import type { Remote } from '../../calls.ts'
import type { DocumentStore, StoredDocument, TenantId } from '../../ports.ts'
import { launchWrites } from '../catalogue/launches.ts'
import type { Database, WriteContext } from '../database.ts'

/** With `registration` null it holds for all of them. */
const SCOPE = `tenant = @tenant AND resource = @resource AND activity = @activity AND agent = @agent
  AND (@registration IS NULL OR registration = @registration)`
const PLACE = `tenant = @tenant AND resource = @resource AND activity = @activity AND agent = @agent
  AND registration = @registration AND id = @id`

type Owned<T> = T & { readonly tenant: TenantId }

interface Condition {
  readonly expected: string | null
  readonly launch?: LaunchRecord
}

export function documentWrites(db: Database, context: WriteContext) {
  const revisionOf = db
    .prepare<[Owned<DocumentPlace>], string>(`SELECT revision FROM document WHERE ${PLACE}`)
    .pluck()
  const put = db.prepare(
    `INSERT INTO document (tenant, resource, activity, agent, registration, id, updated, revision, etag, content_type, body)
     VALUES (@tenant, @resource, @activity, @agent, @registration, @id, @updated, @revision, @etag, @contentType, @body)
     ON CONFLICT (tenant, resource, activity, agent, registration, id) DO UPDATE SET updated = excluded.updated,
       revision = excluded.revision, etag = excluded.etag, content_type = excluded.content_type, body = excluded.body`,
  )
  const removeOne = db.prepare(`DELETE FROM document WHERE ${PLACE} AND revision = @expected`)
  const removeScope = db.prepare(`DELETE FROM document WHERE ${SCOPE}`)
  const { addLaunches } = launchWrites(db, context)
  return {
    writeDocument: (
      tenant: TenantId,
      place: DocumentPlace,
      document: StoredDocument,
      { expected, launch }: Condition,
    ): boolean => {
      if ((revisionOf.get({ ...place, tenant }) ?? null) !== expected) return false
      put.run({ ...place, ...document, tenant })
      if (launch) addLaunches(tenant, [launch])
      return true
    },
    removeDocument: (tenant: TenantId, place: DocumentPlace, expected: string): boolean =>
      removeOne.run({ ...place, tenant, expected }).changes === 1,
    removeDocuments: (tenant: TenantId, scope: DocumentScope): void => {
      removeScope.run({ ...scope, tenant })
    },
  }
}

export function documentReads(db: Database) {
  const one = db.prepare<[Owned<DocumentPlace>], StoredDocument>(
    `SELECT body, content_type AS contentType, etag, updated, revision FROM document WHERE ${PLACE}`,
  )
  const all = db.prepare<[Owned<DocumentScope> & { since: number }], { id: string; updated: number }>(
    `SELECT id, max(updated) AS updated FROM document WHERE ${SCOPE} AND updated > @since GROUP BY id ORDER BY id`,
  )
  return {
    readDocument: (tenant: TenantId, place: DocumentPlace): StoredDocument | null =>
      one.get({ ...place, tenant }) ?? null,
    listDocuments: (tenant: TenantId, scope: DocumentScope, since = Number.MIN_SAFE_INTEGER) => {
      const rows = all.all({ ...scope, tenant, since })
      const updated = rows.reduce<number | null>(
        (newest, row) => Math.max(newest ?? row.updated, row.updated),
        null,
      )
      return { ids: rows.map(({ id }) => id), updated }
    },
  }
}

export function createDocumentStore(
  writes: Remote<ReturnType<typeof documentWrites>>,
  reads: Remote<ReturnType<typeof documentReads>>,
): DocumentStore {
  return {
    largest: null,
    read: reads.readDocument,
    list: reads.listDocuments,
    write: writes.writeDocument,
    remove: writes.removeDocument,
    removeAll: writes.removeDocuments,
  }
}
