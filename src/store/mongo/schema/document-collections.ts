/** The collection of State and profile documents. */
import type { Binary, Collection, Db, IndexDescription } from 'mongodb'
import type { DocumentResource } from '../../../xapi/document.ts'

export interface DocumentDoc {
  /** keyOf(tenant, resource, digest of the activity, digest of the agent, registration, digest of the id) */
  readonly _id: string
  readonly tenant: string
  readonly resource: DocumentResource
  /** Digests; what the resource does not have is empty. */
  readonly activity: string
  readonly agent: string
  readonly registration: string
  readonly id: string
  readonly body: Binary
  readonly contentType: string
  readonly etag: string
  readonly updated: number
  readonly revision: string
  /** What it says of a launch, as JSON text, until that is in the learner's history (documents.ts). */
  readonly launch?: { readonly recorded: number; readonly data: string }
}

export const DOCUMENT_COLLECTIONS = {
  documents: [
    { key: { tenant: 1, resource: 1, activity: 1, agent: 1, registration: 1, updated: 1 } },
    { key: { 'launch.recorded': 1 }, sparse: true },
  ],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export function documentCollection(db: Db): Collection<DocumentDoc> {
  return db.collection('documents')
}
