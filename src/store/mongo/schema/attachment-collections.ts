/** The collections that attachments live in. Bytes lie in GridFS, in files that never mean other bytes. */
import type { Binary, Collection, Db, IndexDescription } from 'mongodb'

/** Bytes a request has brought, until it is decided whether a statement keeps them. */
export interface StagedDoc {
  /** keyOf(tenant, uuid): the `_id` of the file in GridFS. */
  readonly _id: string
  readonly tenant: string
  readonly sha2: string
  readonly at: number
  /** The journal that decides the batch which wants them. */
  readonly batch?: string
  /** Is being deleted: may not be taken any more. */
  readonly condemned?: true
}

/** The one file for a hash. */
export interface AttachmentDoc {
  /** keyOf(tenant, sha2) */
  readonly _id: string
  readonly tenant: string
  readonly sha2: string
  readonly file: string
  readonly bytes: number
  /** When a batch wanted it last: for some time after that it may still be committed. */
  readonly touched: number
}

/** Which statement refers to which bytes; written by committed batches only. */
export interface AttachmentReferenceDoc {
  /** keyOf(tenant, sha2, statement id): a range of `_id` is the references of a hash. */
  readonly _id: string
  readonly tenant: string
}

export const BUCKET = 'attachment_bytes'

export const ATTACHMENT_COLLECTIONS = {
  staged_attachments: [],
  attachments: [],
  attachment_references: [],
  // As GridFS wants them.
  [`${BUCKET}.files`]: [{ key: { filename: 1, uploadDate: 1 } }],
  [`${BUCKET}.chunks`]: [{ key: { files_id: 1, n: 1 }, unique: true }],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export interface AttachmentCollections {
  readonly staged: Collection<StagedDoc>
  readonly attachments: Collection<AttachmentDoc>
  readonly references: Collection<AttachmentReferenceDoc>
  readonly files: Collection<{ readonly _id: string; readonly length: number }>
  readonly chunks: Collection<{ readonly files_id: string; readonly n: number; readonly data: Binary }>
}

export function attachmentCollections(db: Db): AttachmentCollections {
  return {
    staged: db.collection('staged_attachments'),
    attachments: db.collection('attachments'),
    references: db.collection('attachment_references'),
    files: db.collection(`${BUCKET}.files`),
    chunks: db.collection(`${BUCKET}.chunks`),
  }
}
