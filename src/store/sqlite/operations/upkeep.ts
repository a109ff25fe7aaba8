/** Upkeep on SQLite. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open, stat, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Remote } from '../../calls.ts'
import type { BackupReport, StoreSize, Upkeep } from '../../ports.ts'
import { StoreError } from '../../store-error.ts'
import type { Database } from '../database.ts'
import { type BackupStart, threadFile } from '../threads/threads.ts'

/** More than a page, so that the file or its WAL must grow. */
const PROBE_BYTES = 32 * 1024

export function upkeepWrites(db: Database) {
  const fill = db.prepare<[number]>('INSERT OR REPLACE INTO probe (id, room) VALUES (1, zeroblob(?))')
  const empty = db.prepare('DELETE FROM probe')
  return {
    probeWrite: (): void => {
      fill.run(PROBE_BYTES)
      empty.run()
    },
  }
}

export function createUpkeep(writes: Remote<ReturnType<typeof upkeepWrites>>, file: string): Upkeep {
  return {
    probe: writes.probeWrite,
    size: () => sizeOf(file),
    backup: (directory) => backUp(file, directory),
  }
}

async function sizeOf(file: string): Promise<StoreSize> {
  const sizes = await Promise.all([file, `${file}-wal`].map((one) => stat(one).catch(() => null)))
  const { bavail, bsize } = await statfs(dirname(file))
  return { bytes: sizes.reduce((sum, found) => sum + (found?.size ?? 0), 0), freeBytes: bavail * bsize }
}

async function backUp(file: string, directory: string): Promise<BackupReport> {
  const name = basename(file)
  const copy = join(directory, name)
  const thread = new Worker(threadFile('backup'), { workerData: { file, copy } satisfies BackupStart })
  try {
    await once(thread, 'exit')
  } catch (cause) {
    throw new StoreError('unavailable', `the copy could not be written: ${(cause as Error).message}`, {
      cause,
    })
  }
  await flush(copy)
  await flush(directory)
  return { files: [{ name, bytes: (await stat(copy)).size, sha256: await sha256Of(copy) }] }
}

/** SQLite does not wait for the disk when it writes a copy. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync()
  await handle.close()
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer)
  return hash.digest('hex')
}
