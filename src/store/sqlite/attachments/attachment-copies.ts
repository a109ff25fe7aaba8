/** The files that a copy of the database refers to, copied beside it and proven by the hashes the database holds. */
import { createHash } from 'node:crypto'
import { closeSync, constants, copyFileSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { algorithmOf } from '../../../xapi/attachments.ts'
import type { Database } from '../database.ts'
import { fileIn, readFileOf } from './attachment-files.ts'

interface Row {
  readonly file: string
  readonly hash: Buffer
}

const FIRST = ''
const SLICE = 1_000

/** For the thread of a backup: it waits for the disk. */
export function copyAttachments(copy: string, from: string, to: string): void {
  const folders = new Set<string>()
  for (const { file } of attachmentsIn(copy)) {
    const target = fileIn(to, file)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    copyFileSync(fileIn(from, file), target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    flush(target)
    folders.add(dirname(target))
  }
  for (const folder of folders) flush(folder)
  if (folders.size > 0) flush(to)
}

/** @returns what is wrong with the first file that is missing, or is not as it was; null: all are there */
export async function attachmentFault(copy: string, directory: string): Promise<string | null> {
  for (const { file, hash } of attachmentsIn(copy)) {
    const sha2 = hash.toString('hex')
    const found = createHash(algorithmOf(sha2))
    try {
      for await (const chunk of readFileOf(directory, file)) found.update(chunk)
    } catch (error) {
      return `the attachment ${sha2} cannot be read: ${(error as Error).message}`
    }
    if (found.digest('hex') !== sha2) return `the attachment ${sha2} is not as it was written`
  }
  return null
}

function* attachmentsIn(copy: string): Generator<Row> {
  const db = new SqliteDatabase(copy, { readonly: true, fileMustExist: true })
  try {
    // A copy made by an older Rollcall knows of none.
    if (!hasAttachments(db)) return
    const next = db.prepare<[string, number], Row>(
      'SELECT file, hash FROM attachment WHERE file > ? ORDER BY file LIMIT ?',
    )
    for (let after = FIRST; ; ) {
      const rows = next.all(after, SLICE)
      yield* rows
      if (rows.length < SLICE) return
      after = rows.at(-1)?.file ?? after
    }
  } finally {
    db.close()
  }
}

function hasAttachments(db: Database): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'attachment'").get() !== undefined
}

function flush(path: string): void {
  const handle = openSync(path, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
