/** AttachmentStore on MongoDB: bytes in GridFS, each hash of a tenant once. */
import { randomUUID } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { type Db, GridFSBucket } from 'mongodb'
import type { AttachmentStore, KeptAttachment } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import { byIds } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import { attachmentCollections, BUCKET } from '../schema/attachment-collections.ts'
import type { StatementCollections } from '../schema/collections.ts'
import { createAttachmentSweep } from './attachment-sweep.ts'

const CHUNK_BYTES = 1024 * 1024
/** Chunks that come in one answer. GridFS's own reader takes as many as the server gives: 16 MB and more for each reader. */
const CHUNKS_AT_ONCE = 4

export function createAttachmentStore(
  db: Db,
  collections: StatementCollections,
  now: () => number,
): AttachmentStore {
  const own = attachmentCollections(db)
  const sweeper = createAttachmentSweep(own, collections)
  const bucket = new GridFSBucket(db, { bucketName: BUCKET, chunkSizeBytes: CHUNK_BYTES })
  // GridFS takes any `_id`, its types only ObjectIds.
  const fileId = (id: string) => id as never
  const upload = async (id: string, sha2: string, source: AsyncIterable<Uint8Array>): Promise<number> => {
    let bytes = 0
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        bytes += chunk.byteLength
        yield chunk
      }
    }
    await pipeline(counted, bucket.openUploadStreamWithId(fileId(id), sha2))
    return bytes
  }
  async function* download(id: string, bytes: number): AsyncGenerator<Uint8Array> {
    let read = 0
    for await (const { data } of own.chunks.find({ files_id: id }).sort({ n: 1 }).batchSize(CHUNKS_AT_ONCE)) {
      const chunk = data.value()
      read += chunk.byteLength
      yield chunk
    }
    if (read !== bytes)
      throw new StoreError('damaged', `of an attachment ${read} of ${bytes} bytes are there`)
  }
  return {
    stage: async (tenant, sha2, source) => {
      const id = keyOf(tenant, randomUUID())
      const fresh = { tenant, sha2, at: now() }
      await retried(() => own.staged.updateOne({ _id: id }, { $setOnInsert: fresh }, { upsert: true }))
      try {
        return { id, sha2, bytes: await upload(id, sha2, source) }
      } catch (error) {
        await sweeper.remove(id)
        throw error
      }
    },
    staged: async (_tenant, { id, bytes }) => download(id, bytes),
    discard: async (_tenant, given) => {
      const ids = given.map(({ id }) => id)
      for (const doc of await byIds(own.staged, ids)) await sweeper.resolve(doc, Number.NEGATIVE_INFINITY)
    },
    of: async (tenant, statementIds) => {
      const keys = statementIds.map((id) => keyOf(tenant, id))
      const found = await byIds(collections.statements, keys, { projection: { seq: 1, attachments: 1 } })
      const kept = new Map<string, KeptAttachment>()
      for (const { seq, attachments = [] } of found) {
        if (seq === undefined) continue
        for (const one of attachments) kept.set(one.sha2, one)
      }
      return [...kept.values()]
    },
    read: async (tenant, sha2) => {
      const kept = await retried(() => own.attachments.findOne({ _id: keyOf(tenant, sha2) }))
      if (kept === null || !(await sweeper.isReferredTo(tenant, sha2))) return null
      return download(kept.file, kept.bytes)
    },
    sweep: (before) => sweeper.sweep(before),
  }
}
