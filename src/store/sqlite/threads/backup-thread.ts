/**
 * Writes a copy of the database from one read snapshot: consistent, whatever is written meanwhile, and compact. While it runs
 * the WAL cannot start again from its beginning, so the disk needs room for what is written meanwhile.
 */
import { workerData } from 'node:worker_threads'
import { copyAttachments } from '../attachments/attachment-copies.ts'
import { attachmentDirectory } from '../attachments/attachment-files.ts'
import { openReader } from '../database.ts'
import type { BackupStart } from './threads.ts'

const { file, copy } = workerData as BackupStart
const db = openReader(file)
try {
  db.prepare('VACUUM INTO ?').run(copy)
} finally {
  db.close()
}
// What the copy refers to is there already, and stays: files are deleted only when nothing has referred to them for a day.
copyAttachments(copy, attachmentDirectory(file), attachmentDirectory(copy))
