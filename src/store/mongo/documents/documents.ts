/**
 * DocumentStore on MongoDB. Compare-and-set on `revision` decides every change. A launch that a document tells of lies in the
 * document until it is in the learner's history: whoever meets it there brings it there, so a crash cannot lose it.
 */
import { Binary, type Db, type Filter } from 'mongodb'
import type { LaunchRecord } from '../../../attempts/derivation.ts'
import type { DocumentPlace, DocumentScope } from '../../../xapi/document.ts'
import type { DocumentStore, LaunchStore, StoredDocument, TenantId } from '../../ports.ts'
import { digest, keyOf } from '../driver/keys-of.ts'
import { isDuplicate, retried } from '../driver/writing.ts'
import { type DocumentDoc, documentCollection } from '../schema/document-collections.ts'

/** Below the 16 MB of a document of MongoDB. */
const LARGEST = 15 * 1024 * 1024

const SETTLED = { launch: { $exists: false } } as const

export interface Documents extends DocumentStore {
  /** Brings the launches of every document whose writer did not get that far into the histories. */
  finishAll(): Promise<void>
}

export function createDocumentStore(db: Db, launches: LaunchStore): Documents {
  const documents = documentCollection(db)
  const find = (_id: string) => retried(() => documents.findOne({ _id }))

  const settle = async ({ _id, tenant, revision, launch }: DocumentDoc): Promise<void> => {
    if (launch === undefined) return
    await launches.add(tenant, [JSON.parse(launch.data) as LaunchRecord])
    await retried(() => documents.updateOne({ _id, revision }, { $unset: { launch: '' } }))
  }
  /** Tries once more after finishing what a change before it left. `change`: whether it found the revision it expected */
  const onceSettled = async (_id: string, change: () => Promise<boolean>): Promise<boolean> => {
    if (await change()) return true
    const found = await find(_id)
    if (found?.launch === undefined) return false
    await settle(found)
    return change()
  }
  const insert = async (document: DocumentDoc): Promise<boolean> => {
    try {
      await retried(() => documents.insertOne(document))
      return true
    } catch (error) {
      if (!isDuplicate(error)) throw error
      // The command was sent twice.
      return (await find(document._id))?.revision === document.revision
    }
  }
  const replace = async (document: DocumentDoc, expected: string): Promise<boolean> => {
    const { _id, revision } = document
    const there = { _id, revision: expected, ...SETTLED }
    const { matchedCount } = await retried(() => documents.replaceOne(there, document))
    return matchedCount === 1 || (await find(_id))?.revision === revision
  }

  return {
    largest: LARGEST,
    read: async (tenant, place) => {
      const found = await find(idOf(tenant, place))
      return found && storedOf(found)
    },
    list: async (tenant, scope, since) => {
      const newer = since === undefined ? {} : { updated: { $gt: since } }
      const filter = { ...filterOf(tenant, scope), ...newer }
      const found = await retried(() =>
        documents.find(filter, { projection: { id: 1, updated: 1 } }).toArray(),
      )
      const updated = found.reduce<number | null>(
        (newest, row) => Math.max(newest ?? row.updated, row.updated),
        null,
      )
      return { ids: [...new Set(found.map(({ id }) => id))].sort(), updated }
    },
    write: async (tenant, place, document, { expected, launch }) => {
      const doc = docOf(tenant, place, document, launch)
      const written =
        expected === null ? await insert(doc) : await onceSettled(doc._id, () => replace(doc, expected))
      if (written) await settle(doc)
      return written
    },
    remove: (tenant, place, expected) => {
      const _id = idOf(tenant, place)
      return onceSettled(_id, async () => {
        const { deletedCount } = await retried(() =>
          documents.deleteOne({ _id, revision: expected, ...SETTLED }),
        )
        return deletedCount === 1
      })
    },
    removeAll: async (tenant, scope) => {
      const filter = filterOf(tenant, scope)
      for (let unsettled = 1; unsettled > 0; ) {
        const left = await retried(() => documents.find({ ...filter, launch: { $exists: true } }).toArray())
        for (const one of left) await settle(one)
        await retried(() => documents.deleteMany({ ...filter, ...SETTLED }))
        unsettled = left.length
      }
    },
    finishAll: async () => {
      const left = documents.find({ 'launch.recorded': { $gt: 0 } })
      for await (const one of left) await settle(one)
    },
  }
}

function idOf(tenant: TenantId, { resource, activity, agent, registration, id }: DocumentPlace): string {
  return keyOf(tenant, resource, keyed(activity), keyed(agent), registration, digest(id))
}

function filterOf(tenant: TenantId, scope: DocumentScope): Filter<DocumentDoc> {
  const { resource, activity, agent, registration } = scope
  const owner = { tenant, resource, activity: keyed(activity), agent: keyed(agent) }
  return registration === null ? owner : { ...owner, registration }
}

/** Identifiers of people stand in no index (ruling 19), and no IRI is too long for one. */
function keyed(text: string): string {
  return text === '' ? '' : digest(text)
}

function docOf(
  tenant: TenantId,
  place: DocumentPlace,
  { body, contentType, etag, updated, revision }: StoredDocument,
  launch: LaunchRecord | undefined,
): DocumentDoc {
  const { resource, activity, agent, registration, id } = place
  return {
    _id: idOf(tenant, place),
    tenant,
    resource,
    activity: keyed(activity),
    agent: keyed(agent),
    registration,
    id,
    body: new Binary(body),
    contentType,
    etag,
    updated,
    revision,
    ...(launch && { launch: { recorded: updated, data: JSON.stringify(launch) } }),
  }
}

function storedOf({ body, contentType, etag, updated, revision }: DocumentDoc): StoredDocument {
  return { body: body.buffer.subarray(0, body.position), contentType, etag, updated, revision }
}
