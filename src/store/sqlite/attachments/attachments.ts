/** AttachmentStore on SQLite: whose bytes they are is decided by the writer, the bytes lie in files beside the database. */

import type { Remote } from '../../calls.ts'
import type {
  AttachmentStore,
  IncomingStatement,
  KeptAttachment,
  StagedAttachment,
  TenantId,
} from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import { createTenantNumberReader } from '../accounts/tenant-numbers.ts'
import type { Database, WriteContext } from '../database.ts'
import { uuidBytes } from '../statements/uuid.ts'
import { attachmentDirectory, newFileName, readFileOf, removeFile, writeNew } from './attachment-files.ts'

/** Files condemned in one step. */
const SWEEP = 100

export function attachmentWrites(db: Database, context: WriteContext) {
  const add = db.prepare<[string, number]>('INSERT INTO staged_attachment (file, at) VALUES (?, ?)')
  const find = db.prepare<[string], { file: string }>('SELECT file FROM staged_attachment WHERE file = ?')
  const forget = db.prepare<[string]>('DELETE FROM staged_attachment WHERE file = ?')
  const old = db
    .prepare<[number, number], string>('SELECT file FROM staged_attachment WHERE at < ? ORDER BY at LIMIT ?')
    .pluck()
  const condemn = db.prepare<[string]>('UPDATE staged_attachment SET condemned = 1 WHERE file = ?')
  const condemnAll = (files: readonly string[]): readonly string[] => {
    for (const file of files) condemn.run(file)
    return files
  }
  return {
    stageAttachment: (file: string): void => {
      add.run(file, context.now())
    },
    /** Which of these nobody has taken; from now on nobody can. */
    condemnStaged: (files: readonly string[]): readonly string[] =>
      condemnAll(files.filter((file) => find.get(file) !== undefined)),
    condemnStagedBefore: (before: number): readonly string[] => condemnAll(old.all(before, SWEEP)),
    /** Their files are gone. */
    forgetStaged: (files: readonly string[]): void => {
      for (const file of files) forget.run(file)
    },
  }
}

/** In the commit of its statement: makes staged bytes those of the tenant, or takes the same ones that are there already. */
export function createAttachmentTaking(
  db: Database,
): (tenant: number, seq: number, statement: Pick<IncomingStatement, 'attachments'>) => void {
  const find = db
    .prepare<[number, Buffer], number>('SELECT id FROM attachment WHERE tenant = ? AND hash = ?')
    .pluck()
  const unstage = db.prepare<[string]>('DELETE FROM staged_attachment WHERE file = ? AND condemned = 0')
  const add = db.prepare<[number, Buffer, string, number]>(
    'INSERT INTO attachment (tenant, hash, file, bytes) VALUES (?, ?, ?, ?)',
  )
  const refer = db.prepare<[number, number]>(
    'INSERT OR IGNORE INTO attachment_reference (seq, attachment) VALUES (?, ?)',
  )
  const take = (tenant: number, hash: Buffer, { id, bytes }: StagedAttachment): number => {
    if (unstage.run(id).changes !== 1)
      throw new StoreError('unavailable', 'the request took so long that its attachments were given up')
    return Number(add.run(tenant, hash, id, bytes).lastInsertRowid)
  }
  return (tenant, seq, { attachments = [] }) => {
    for (const staged of attachments) {
      const hash = Buffer.from(staged.sha2, 'hex')
      refer.run(seq, find.get(tenant, hash) ?? take(tenant, hash, staged))
    }
  }
}

/**
 * In the commit that deletes a statement: bytes that no other one refers to are nobody's from then on. The sweep deletes them
 * after its grace: a backup that has begun may still be copying them.
 */
export function createAttachmentRelease(db: Database, context: WriteContext): (seq: number) => void {
  const referred = db
    .prepare<[number], number>('SELECT attachment FROM attachment_reference WHERE seq = ?')
    .pluck()
  const forget = db.prepare<[number]>('DELETE FROM attachment_reference WHERE seq = ?')
  const unwanted = db
    .prepare<[number], string>(
      `DELETE FROM attachment WHERE id = ?
         AND NOT EXISTS (SELECT 1 FROM attachment_reference r WHERE r.attachment = attachment.id) RETURNING file`,
    )
    .pluck()
  const stage = db.prepare<[string, number]>('INSERT INTO staged_attachment (file, at) VALUES (?, ?)')
  return (seq) => {
    const attachments = referred.all(seq)
    if (attachments.length === 0) return
    forget.run(seq)
    for (const attachment of attachments)
      for (const file of unwanted.all(attachment)) stage.run(file, context.now())
  }
}

export function attachmentReads(db: Database) {
  const numberOf = createTenantNumberReader(db)
  const ofStatement = db.prepare<[number, Buffer], { hash: Buffer; bytes: number }>(
    `SELECT a.hash, a.bytes FROM statement s
     CROSS JOIN attachment_reference r ON r.seq = s.seq CROSS JOIN attachment a ON a.id = r.attachment
     WHERE s.tenant = ? AND s.id = ?`,
  )
  const file = db
    .prepare<[number, Buffer], string>('SELECT file FROM attachment WHERE tenant = ? AND hash = ?')
    .pluck()
  return {
    attachmentsOf: (tenant: TenantId, statementIds: readonly string[]): readonly KeptAttachment[] => {
      const number = numberOf(tenant)
      if (number === null) return []
      const found = new Map<string, KeptAttachment>()
      for (const id of statementIds) {
        for (const { hash, bytes } of ofStatement.all(number, uuidBytes(id) ?? Buffer.alloc(0))) {
          const sha2 = hash.toString('hex')
          found.set(sha2, { sha2, bytes })
        }
      }
      return [...found.values()]
    },
    attachmentFile: (tenant: TenantId, sha2: string): string | null => {
      const number = numberOf(tenant)
      return number === null ? null : (file.get(number, Buffer.from(sha2, 'hex')) ?? null)
    },
  }
}

export function createAttachmentStore(
  writes: Remote<ReturnType<typeof attachmentWrites>>,
  reads: Remote<ReturnType<typeof attachmentReads>>,
  databaseFile: string,
): AttachmentStore {
  const directory = attachmentDirectory(databaseFile)
  /** Condemned first, so that a crash in between leaves a row that the next sweep finds, never a file without one. */
  const remove = async (condemned: readonly string[]): Promise<void> => {
    for (const file of condemned) await removeFile(directory, file)
    if (condemned.length > 0) await writes.forgetStaged(condemned)
  }
  return {
    stage: async (_tenant, sha2, source) => {
      const id = newFileName()
      await writes.stageAttachment(id)
      try {
        return { id, sha2, bytes: await writeNew(directory, id, source) }
      } catch (error) {
        await writes.forgetStaged([id])
        throw error
      }
    },
    staged: async (_tenant, { id }) => readFileOf(directory, id),
    discard: async (_tenant, staged) => {
      if (staged.length > 0) await remove(await writes.condemnStaged(staged.map(({ id }) => id)))
    },
    of: reads.attachmentsOf,
    read: async (tenant, sha2) => {
      const file = await reads.attachmentFile(tenant, sha2)
      return file === null ? null : readFileOf(directory, file)
    },
    sweep: async (before) => {
      for (let deleted = 0; ; ) {
        const condemned = await writes.condemnStagedBefore(before)
        await remove(condemned)
        deleted += condemned.length
        if (condemned.length < SWEEP) return deleted
      }
    },
  }
}
