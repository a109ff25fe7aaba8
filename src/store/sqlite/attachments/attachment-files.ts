/** The files beside the database: one for each attachment, under a name of its own that never means other bytes. */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from '../../store-error.ts'

/** Beside the database file, and in a backup. */
export const ATTACHMENTS = 'attachments'

const FOLDER = /^[0-9a-f]{2}$/
const READ_BYTES = 256 * 1024

/** Of the database file. */
export function attachmentDirectory(databaseFile: string): string {
  return join(dirname(databaseFile), ATTACHMENTS)
}

export function newFileName(): string {
  return randomUUID()
}

/** Spread over 256 folders, so that none holds too many. */
export function fileIn(directory: string, name: string): string {
  const folder = name.slice(0, 2)
  if (!FOLDER.test(folder)) throw new Error(`not a file name of ours: ${name}`)
  return join(directory, folder, name)
}

/** Resolves when the bytes and their name are on the disk. Leaves nothing when `source` or the disk fails. @returns how many bytes */
export async function writeNew(
  directory: string,
  name: string,
  source: AsyncIterable<Uint8Array>,
): Promise<number> {
  const path = fileIn(directory, name)
  await makeFolder(directory, dirname(path))
  const file = await open(path, 'wx', 0o600).catch(unavailable)
  let bytes = 0
  try {
    for await (const chunk of source) {
      await file.writeFile(chunk).catch(unavailable)
      bytes += chunk.byteLength
    }
    await file.sync().catch(unavailable)
    await file.close()
    await flushDirectory(dirname(path))
    return bytes
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
    throw error
  }
}

export function readFileOf(directory: string, name: string): AsyncIterable<Uint8Array> {
  return createReadStream(fileIn(directory, name), { highWaterMark: READ_BYTES })
}

export async function removeFile(directory: string, name: string): Promise<void> {
  await rm(fileIn(directory, name), { force: true })
}

/** Until the folder's own name is on the disk, a file in it is not either. */
async function makeFolder(directory: string, folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true, mode: 0o700 }).catch(unavailable)
  if (made === undefined) return
  await flushDirectory(directory)
  await flushDirectory(dirname(directory))
}

async function flushDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(unavailable)
  await handle.sync().catch(unavailable)
  await handle.close()
}

function unavailable(cause: unknown): never {
  throw new StoreError('unavailable', `an attachment cannot be written: ${(cause as Error).message}`, {
    cause,
  })
}
