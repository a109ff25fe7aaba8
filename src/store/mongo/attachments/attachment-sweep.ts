/** Decides what becomes of staged bytes: kept when a statement refers to them, else deleted as soon as nobody can. */
import type { TenantId } from '../../ports.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried } from '../driver/writing.ts'
import type { AttachmentCollections, StagedDoc } from '../schema/attachment-collections.ts'
import type { StatementCollections } from '../schema/collections.ts'

/** Staged documents looked at in one step. */
const SLICE = 100

export interface AttachmentSweep {
  /** @returns whether the bytes were deleted. `before`: who wanted them earlier than that has been decided */
  resolve(doc: StagedDoc, before: number): Promise<boolean>
  /** Those staged before this instant, and those whose batch is decided. @returns how many were deleted */
  sweep(before: number): Promise<number>
  isReferredTo(tenant: TenantId, sha2: string): Promise<boolean>
  /** The file of bytes nobody may take any more. */
  remove(file: string): Promise<void>
}

export function createAttachmentSweep(
  { staged, attachments, references, files, chunks }: AttachmentCollections,
  { journal }: Pick<StatementCollections, 'journal'>,
): AttachmentSweep {
  const isReferredTo: AttachmentSweep['isReferredTo'] = async (tenant, sha2) => {
    const range = { $gte: keyOf(tenant, sha2, ''), $lt: keyOf(tenant, sha2, '~') }
    return (await retried(() => references.findOne({ _id: range }, { projection: { _id: 1 } }))) !== null
  }
  const isUndecided = async (batch: string): Promise<boolean> =>
    (await retried(() => journal.findOne({ _id: batch }, { projection: { _id: 1 } }))) !== null
  const remove = async (file: string): Promise<void> => {
    await retried(() => files.deleteOne({ _id: file }))
    await retried(() => chunks.deleteMany({ files_id: file }))
    await retried(() => staged.deleteOne({ _id: file }))
  }
  const keptFile = async ({ tenant, sha2 }: StagedDoc) =>
    await retried(() => attachments.findOne({ _id: keyOf(tenant, sha2) }))

  /** Its hash leads to this file. @returns whether that is over now */
  const letGo = async (doc: StagedDoc, before: number): Promise<boolean> => {
    const kept = await keptFile(doc)
    if (kept?.file !== doc._id) return true
    if (await isReferredTo(doc.tenant, doc.sha2)) {
      await retried(() => staged.deleteOne({ _id: doc._id }))
      return false
    }
    if (kept.touched >= before) return false
    const { _id, file, touched } = kept
    return (await retried(() => attachments.deleteOne({ _id, file, touched }))).deletedCount === 1
  }
  const resolve: AttachmentSweep['resolve'] = async (doc, before) => {
    const { _id, batch } = doc
    if (batch !== undefined && (await isUndecided(batch))) return false
    if (batch !== undefined && !(await letGo(doc, before))) return false
    const unwanted = batch === undefined ? { _id, batch: { $exists: false } } : { _id, batch }
    const condemned = await retried(() => staged.updateOne(unwanted, { $set: { condemned: true } }))
    // A writer that slept may have named it since: then whoever comes next sees that it is condemned.
    if (condemned.matchedCount === 0 || (await keptFile(doc))?.file === _id) return false
    await remove(_id)
    return true
  }
  const next = (after: string) =>
    retried(() =>
      staged
        .find({ _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(SLICE)
        .toArray(),
    )
  return {
    resolve,
    isReferredTo,
    remove,
    sweep: async (before) => {
      let deleted = 0
      for (let docs = await next(''); docs.length > 0; docs = await next(docs.at(-1)?._id ?? '')) {
        for (const doc of docs) {
          const isDue = doc.batch !== undefined || doc.condemned || doc.at < before
          if (isDue && (await resolve(doc, before))) deleted += 1
        }
      }
      return deleted
    },
  }
}
