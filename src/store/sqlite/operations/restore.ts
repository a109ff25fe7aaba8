/** Puts a backup in place of a data directory's database, under the directory's lock. */
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import type { BackupReport } from '../../ports.ts'
import { attachmentFault, copyAttachments } from '../attachments/attachment-copies.ts'
import { ATTACHMENTS, attachmentDirectory } from '../attachments/attachment-files.ts'
import { databaseFile } from '../database.ts'
import { lockDirectory } from '../lock.ts'
import { MIGRATIONS } from '../schema/migrations.ts'
import { sha256Of } from './upkeep.ts'

export interface RestoreRequest {
  /** Directory of the data. */
  readonly directory: string
  readonly from: string
  readonly files: BackupReport['files']
  readonly replace: boolean
}

/** `refused`: one sentence, and nothing has changed. `aside`: where the data lies that was there before. */
export type RestoreOutcome = { readonly refused: string } | { readonly aside: string | null }

/** The copy is made and proven before anything is touched, attachments too; then it is renamed into its place. @throws StoreError `locked` */
export async function restoreSqlite({
  directory,
  from,
  files,
  replace,
}: RestoreRequest): Promise<RestoreOutcome> {
  mkdirSync(directory, { recursive: true })
  const lock = lockDirectory(directory)
  try {
    const file = databaseFile(directory)
    if (existsSync(file) && !replace)
      return {
        refused: `${directory} holds data already: give --replace to keep it aside and take the backup`,
      }
    const [kept] = files
    if (kept === undefined || files.length !== 1)
      return { refused: `${from} is no backup of the embedded store` }
    const fresh = `${file}.restoring`
    rmSync(fresh, { force: true })
    copyFileSync(join(from, kept.name), fresh)
    const attachments = attachmentDirectory(file)
    const freshAttachments = `${attachments}.restoring`
    rmSync(freshAttachments, { recursive: true, force: true })
    const fault =
      (await sha256Of(fresh)) === kept.sha256
        ? (faultOf(fresh) ?? (await takeAttachments(fresh, join(from, ATTACHMENTS), freshAttachments)))
        : 'it is not as it was written: its SHA-256 differs'
    if (fault !== null) {
      rmSync(fresh, { force: true })
      rmSync(freshAttachments, { recursive: true, force: true })
      return { refused: `${from} was not taken: ${fault}` }
    }
    await flush(fresh)
    const aside = existsSync(file) ? setAside(directory, file) : null
    if (existsSync(freshAttachments)) renameSync(freshAttachments, attachments)
    renameSync(fresh, file)
    await flush(directory)
    return { aside }
  } finally {
    lock.release()
  }
}

function faultOf(file: string): string | null {
  const db = new SqliteDatabase(file, { readonly: true })
  try {
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version > MIGRATIONS.length)
      return `it has schema version ${version}, this Rollcall knows ${MIGRATIONS.length}`
    const found = db.pragma('quick_check', { simple: true })
    return found === 'ok' ? null : `the database is damaged: ${String(found)}`
  } finally {
    db.close()
  }
}

/** @returns what is wrong with one of them; null: they are all there, as they were */
async function takeAttachments(db: string, from: string, to: string): Promise<string | null> {
  const fault = await attachmentFault(db, from)
  if (fault === null) copyAttachments(db, from, to)
  return fault
}

/** With its WAL: a server that was killed may have left commits only there. */
function setAside(directory: string, file: string): string {
  const aside = join(directory, `before-restore-${new Date().toISOString().replaceAll(':', '')}`)
  mkdirSync(aside, { mode: 0o700 })
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(file + suffix)) renameSync(file + suffix, databaseFile(aside) + suffix)
  }
  if (existsSync(attachmentDirectory(file))) renameSync(attachmentDirectory(file), join(aside, ATTACHMENTS))
  return aside
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync()
  await handle.close()
}
