/**
 * How a batch makes staged bytes its own. One document for each hash names the file; whoever writes it first decides, and
 * later batches use that file. What a batch that is aborted leaves is cleared away by the sweep (attachment-sweep.ts).
 */
import type { IncomingStatement, StagedAttachment, TenantId } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import type { Commit } from '../commit/journal.ts'
import { byIds, chunksOf, upsertAll } from '../driver/bulk.ts'
import { keyOf } from '../driver/keys-of.ts'
import { retried, upserted } from '../driver/writing.ts'
import type { AttachmentCollections } from '../schema/attachment-collections.ts'
import type { StatementCollections, StatementDoc } from '../schema/collections.ts'

/** Tries for a hash whose file turns out to be gone while others do the same. */
const TRIES = 5

export interface AttachmentTaking {
  /** After the journal was begun and before it is decided. @throws StoreError `unavailable` when something was given up */
  take(tenant: TenantId, batch: string, statements: readonly IncomingStatement[]): Promise<void>
  /** With the effects of the commit; may be repeated, also when the statements have been deleted since. */
  refer(commit: Commit, statements: readonly StatementDoc[]): Promise<void>
  /** These statements are deleted: the sweep looks at what they leave when the commit is complete. May be repeated. */
  release(commit: Commit, uses: readonly AttachmentUse[]): Promise<void>
}

/** That a statement came with such bytes. */
export interface AttachmentUse {
  readonly statement: string
  readonly sha2: string
}

export function createAttachmentTaking(
  { staged, attachments, references, files }: AttachmentCollections,
  { statements: stored }: Pick<StatementCollections, 'statements'>,
  now: () => number,
): AttachmentTaking {
  const isAlive = async (file: string): Promise<boolean> => {
    const found = await retried(() => staged.findOne({ _id: file }))
    if (found?.condemned) return false
    return (await retried(() => files.findOne({ _id: file }, { projection: { _id: 1 } }))) !== null
  }
  /** The sweep keeps its hands off what a batch wants, until the batch is decided. */
  const claim = async (file: string, batch: string): Promise<void> => {
    const free = { _id: file, condemned: { $exists: false } }
    const { matchedCount } = await retried(() => staged.updateOne(free, { $set: { batch } }))
    if (matchedCount === 0)
      throw new StoreError('unavailable', 'the request took so long that its attachments were given up')
  }
  const takeOne = async (tenant: TenantId, batch: string, { id: file, sha2, bytes }: StagedAttachment) => {
    await claim(file, batch)
    const _id = keyOf(tenant, sha2)
    for (let tried = 0; tried < TRIES; tried++) {
      const update = { $setOnInsert: { tenant, sha2, file, bytes }, $max: { touched: now() } }
      const kept = await upserted(() =>
        attachments.findOneAndUpdate({ _id }, update, { upsert: true, returnDocument: 'after' }),
      )
      if (kept === null || kept.file === file || (await isAlive(kept.file))) return
      // Of a writer that was stopped for too long: its file is gone, and its batch cannot commit.
      await retried(() => attachments.updateOne({ _id, file: kept.file }, { $set: { file } }))
    }
    throw new StoreError('unavailable', 'others are storing the same attachment and do not come to an end')
  }
  const deleted = async (tenant: TenantId, uses: readonly AttachmentUse[]) => {
    const ids = [...new Set(uses.map(({ statement }) => statement))]
    const keys = ids.map((id) => keyOf(tenant, id))
    const there = new Set((await byIds(stored, keys, { projection: { _id: 1 } })).map(({ _id }) => _id))
    return uses.filter(({ statement }) => !there.has(keyOf(tenant, statement)))
  }
  const release: AttachmentTaking['release'] = async ({ tenant, batch }, uses) => {
    for (const chunk of chunksOf(uses)) {
      const ids = chunk.map(({ statement, sha2 }) => keyOf(tenant, sha2, statement))
      await retried(() => references.deleteMany({ _id: { $in: ids } }))
    }
    const kept = await byIds(
      attachments,
      uses.map(({ sha2 }) => keyOf(tenant, sha2)),
    )
    await upsertAll(
      staged,
      kept.map(({ file, sha2 }) => ({
        _id: file,
        update: { $setOnInsert: { tenant, sha2, at: now(), batch } },
      })),
    )
  }
  return {
    take: async (tenant, batch, statements) => {
      for (const one of distinct(statements)) await takeOne(tenant, batch, one)
    },
    refer: async (commit, statements) => {
      const uses = statements.flatMap(({ id, attachments: own = [] }) =>
        own.map(({ sha2 }) => ({ statement: id, sha2 })),
      )
      if (uses.length === 0) return
      const { tenant } = commit
      const reference = ({ statement, sha2 }: AttachmentUse) => keyOf(tenant, sha2, statement)
      await upsertAll(
        references,
        uses.map((use) => ({ _id: reference(use), update: { $setOnInsert: { tenant } } })),
      )
      // A deletion that came in between took the statements first: one of us two sees what the other has done.
      const gone = await deleted(tenant, uses)
      if (gone.length > 0) await release(commit, gone)
    },
    release,
  }
}

/** Each hash once, in order: two batches that want the same ones do not cross. */
function distinct(statements: readonly IncomingStatement[]): readonly StagedAttachment[] {
  const all = new Map(statements.flatMap(({ attachments = [] }) => attachments.map((one) => [one.sha2, one])))
  return [...all.values()].sort((a, b) => (a.sha2 < b.sha2 ? -1 : 1))
}
