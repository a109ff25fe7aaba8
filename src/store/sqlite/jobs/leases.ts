/**
 * LeaseStore on SQLite (ruling 33). The fence grows with every change of holder and is never used twice: a released lease
 * keeps its row.
 */

import type { Clock } from '../../../clock.ts'
import type { Remote } from '../../calls.ts'
import type { Lease, LeaseStore } from '../../ports.ts'
import type { Database, WriteContext } from '../database.ts'

interface LeaseRow {
  readonly holder: string | null
  readonly fence: number
  readonly expires: number
}

const ONE = 'SELECT holder, fence, expires FROM lease WHERE name = ?'

export function leaseWrites(db: Database, context: Pick<WriteContext, 'now'>) {
  const one = db.prepare<[string], LeaseRow>(ONE)
  const put = db.prepare(
    `INSERT INTO lease (name, holder, fence, expires) VALUES (@name, @holder, @fence, @expires)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, expires = excluded.expires`,
  )
  const release = db.prepare(
    'UPDATE lease SET holder = NULL, expires = 0 WHERE name = ? AND holder = ? AND fence = ?',
  )
  return {
    acquireLease: (name: string, holder: string, ttlMs: number): Lease | null => {
      const now = context.now()
      const row = one.get(name)
      const ours = row?.holder === holder
      if (row && !ours && row.holder !== null && row.expires > now) return null
      const fence = row ? row.fence + (ours ? 0 : 1) : 1
      put.run({ name, holder, fence, expires: now + ttlMs })
      return { name, holder, fence }
    },
    releaseLease: (lease: Lease): void => {
      release.run(lease.name, lease.holder, lease.fence)
    },
  }
}

/**
 * True while nobody else took the lease and it was not released. One that ran out but that nobody took is still held:
 * the fence protects what is written, the time only says when another may come.
 */
export function heldLease(db: Database): (lease: Lease) => boolean {
  const one = db.prepare<[string], LeaseRow>(ONE)
  return (lease) => {
    const row = one.get(lease.name)
    return row?.holder === lease.holder && row.fence === lease.fence
  }
}

export function leaseReads(db: Database) {
  const one = db.prepare<[string], LeaseRow>(ONE)
  return {
    leaseTakenByOther: (name: string, holder: string, now: number): boolean => {
      const row = one.get(name)
      return row !== undefined && row.holder !== null && row.holder !== holder && row.expires > now
    },
  }
}

export function createLeaseStore(
  writes: Remote<ReturnType<typeof leaseWrites>>,
  reads: Remote<ReturnType<typeof leaseReads>>,
  clock: Clock,
): LeaseStore {
  return {
    // Asked again and again by those who do not hold it: that must not cost the writer anything.
    acquire: async (name, holder, ttlMs) =>
      (await reads.leaseTakenByOther(name, holder, clock.now()))
        ? null
        : writes.acquireLease(name, holder, ttlMs),
    release: writes.releaseLease,
  }
}
