/** Upkeep on MongoDB: what its own tools do better, they do (docs/operations.md). */
import type { Db } from 'mongodb'
import type { Upkeep } from '../../ports.ts'
import { upserted } from '../driver/writing.ts'

interface ProbeDoc {
  readonly _id: 'probe'
  readonly room?: Buffer
}

const PROBE_BYTES = 32 * 1024

export function createUpkeep(db: Db): Upkeep {
  const probe = db.collection<ProbeDoc>('probe')
  const write = (update: object) =>
    upserted(() => probe.updateOne({ _id: 'probe' }, update, { upsert: true }))
  return {
    probe: async () => {
      await write({ $set: { room: Buffer.alloc(PROBE_BYTES) } })
      await write({ $unset: { room: '' } })
    },
    size: async () => {
      const { storageSize, indexSize, fsTotalSize, fsUsedSize } = await db.command({ dbStats: 1 })
      return { bytes: sum(storageSize, indexSize), freeBytes: sum(fsTotalSize, minus(fsUsedSize)) }
    },
    backup: null,
  }
}

/** Null unless the server gave both; an engine that only speaks the protocol may leave them out. */
function sum(a: unknown, b: unknown): number | null {
  return isSize(a) && isSize(b) && a + b > 0 ? a + b : null
}

function minus(size: unknown): unknown {
  return isSize(size) ? -size : size
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
