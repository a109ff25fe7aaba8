/**
 * Batches of one tenant that wait at the same time are committed together: one journal, one reservation, one of everything
 * that costs a round trip. All of a group becomes true or nothing, so each of its batches does. A group in which anything
 * goes wrong that has to do with what is in it goes one by one.
 */
import { MongoServerError } from 'mongodb'
import type { Batch, TenantId } from '../../ports.ts'
import type { WriteBatch, Written } from './write-batches.ts'

type WriteTogether = (tenant: TenantId, batches: readonly Batch[]) => Promise<Written>

interface Waiting {
  readonly batch: Batch
  /** With the promise of what became of it. */
  resolve(written: Promise<Written>): void
}

interface Queue {
  waiting: Waiting[]
  /** Groups on their way. */
  running: number
}

/** Groups of one tenant on their way at the same time: one is decided while the next is claimed. */
const AT_ONCE = 2
/** Statements, and characters of their text, in a group of several batches. */
const STATEMENTS = 500
const CHARACTERS = 4 * 1024 * 1024

export function inGroups(write: WriteTogether): WriteBatch {
  const queues = new Map<TenantId, Queue>()
  const writeGroup = async (tenant: TenantId, group: readonly Waiting[]): Promise<void> => {
    const together = write(
      tenant,
      group.map(({ batch }) => batch),
    )
    const isBroken = group.length > 1 && (await together.then(isUndecided, isAboutContent))
    for (const { batch, resolve } of group) resolve(isBroken ? write(tenant, [batch]) : together)
    await together.catch(() => undefined)
  }
  const run = async (tenant: TenantId, queue: Queue): Promise<void> => {
    queue.running += 1
    while (queue.waiting.length > 0) {
      const group = firstGroup(queue.waiting)
      queue.waiting = queue.waiting.filter((one) => !group.has(one))
      await writeGroup(tenant, [...group])
    }
    queue.running -= 1
    if (queue.running === 0) queues.delete(tenant)
  }
  return (tenant, batch) =>
    new Promise((resolve) => {
      const queue = queues.get(tenant) ?? { waiting: [], running: 0 }
      queues.set(tenant, queue)
      queue.waiting.push({ batch, resolve })
      if (queue.running < AT_ONCE) void run(tenant, queue)
    })
}

/** As many as there is room for; one that has an id of an earlier one waits for what becomes of that. */
function firstGroup(waiting: readonly Waiting[]): ReadonlySet<Waiting> {
  const group = new Set<Waiting>()
  const ids = new Set<string>()
  let characters = 0
  for (const one of waiting) {
    const { statements } = one.batch
    characters += statements.reduce((sum, { raw }) => sum + raw.length, 0)
    const isFull = ids.size + statements.length > STATEMENTS || characters > CHARACTERS
    if (group.size > 0 && isFull) break
    const meets = statements.some(({ id }) => ids.has(id))
    for (const { id } of statements) ids.add(id)
    if (!meets) group.add(one)
  }
  return group
}

/** Nothing is stored, because of an id or of the epoch. */
function isUndecided(written: Written): boolean {
  return typeof written === 'string'
}

/** The database has answered, or the driver did not send it: not that it is gone. */
function isAboutContent(error: unknown): boolean {
  return error instanceof MongoServerError || (error instanceof Error && error.name.startsWith('BSON'))
}
