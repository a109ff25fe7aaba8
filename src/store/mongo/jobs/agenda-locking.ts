/**
 * Locking jobs, where Agenda's own backend promises too little: there a save unlocks a job that runs, so that another process
 * starts it as well, and a run whose lock has passed to another still saves and unlocks. Here every locking has its own token
 * (ruling 33), and only who holds it may save or unlock.
 */
import { randomUUID } from 'node:crypto'
import type { JobParameters, JobRepository } from 'agenda'
import { type Collection, type Filter, ObjectId } from 'mongodb'
import type { MovableClock } from '../../../clock.ts'
import { LOCK, type LockedJob, shiftOf } from '../../agenda-jobs.ts'
import { StoreError } from '../../store-error.ts'
import { retried } from '../driver/writing.ts'
import { type JobDoc, jobOf, msOf, stateOf } from './agenda-documents.ts'

type Locking = Pick<
  JobRepository,
  'lockJob' | 'unlockJob' | 'unlockJobs' | 'getNextJobToRun' | 'saveJobState'
>

/** The earliest, then the more important one. */
const ORDER = { nextRunAt: 1, priority: -1, _id: 1 } as const

export function jobLocking(jobs: Collection<JobDoc>, clock: MovableClock): Locking {
  /** Our locks by job id, for calls that give nothing else. */
  const held = new Map<string, string>()
  const moved = (date: Date) => new Date(date.getTime() + shiftOf(clock))

  const lock = async (free: Filter<JobDoc>, by: string | null, at = clock.now()) => {
    const lockToken = randomUUID()
    const $set = { lockedAt: new Date(at), lockToken, rescheduled: false, lastModifiedBy: by }
    const taken = await jobs.findOneAndUpdate(free, { $set }, { sort: ORDER, returnDocument: 'after' })
    if (!taken) return undefined
    const doc = await dueIfCutOff(jobs, taken, at)
    held.set(doc._id.toHexString(), lockToken)
    return { ...jobOf(doc, shiftOf(clock)), [LOCK]: lockToken } as LockedJob
  }
  const unlock = async (id: string, token: string | null | undefined) => {
    if (!token) return
    // Without a next run it would be lost: such a lock is left to run out.
    const ours = { _id: new ObjectId(id), lockToken: token, nextRunAt: { $ne: null } }
    await retried(() => jobs.updateOne(ours, UNLOCK))
  }
  const save = async (job: JobParameters, token: string | null, by: string | null): Promise<boolean> => {
    const _id = new ObjectId(String(job._id))
    const state = stateOf(job, by, shiftOf(clock))
    for (;;) {
      const found = await jobs.findOne({ _id, name: job.name })
      if (!found || (found.lockToken ?? null) !== token) return false
      // Unless somebody saved it since it was read.
      const same = { _id, lockToken: token ?? { $exists: false }, nextRunAt: found.nextRunAt }
      const { matchedCount } = await jobs.updateOne(same as Filter<JobDoc>, afterRun(found, state))
      if (matchedCount === 1) return true
    }
  }
  return {
    getNextJobToRun: (name, nextScanAt, lockDeadline, at, options) =>
      lock(
        {
          name,
          disabled: { $ne: true },
          $or: [
            { lockedAt: null, nextRunAt: { $lte: moved(nextScanAt) } },
            { lockedAt: { $lte: moved(lockDeadline) } },
          ],
        },
        options?.lastModifiedBy ?? null,
        at ? moved(at).getTime() : undefined,
      ),
    lockJob: async (job, options) => {
      if (!job._id) return undefined
      const nextRunAt = job.nextRunAt ? moved(job.nextRunAt) : null
      const free = { _id: new ObjectId(String(job._id)), name: job.name, disabled: { $ne: true } }
      return lock({ ...free, lockedAt: null, nextRunAt }, options?.lastModifiedBy ?? null)
    },
    unlockJob: async (job) => {
      const id = String(job._id)
      if (job._id) await unlock(id, (job as LockedJob)[LOCK] ?? held.get(id))
    },
    /** Only locks that this backend holds: after a pause, the job may be somebody else's. */
    unlockJobs: async (ids) => {
      for (const id of ids.map(String)) await unlock(id, held.get(id))
    },
    saveJobState: async (job, options) => {
      const id = String(job._id)
      const token = (job as LockedJob)[LOCK] ?? null
      if (!(await save(job as JobParameters, token, options?.lastModifiedBy ?? null))) {
        throw new StoreError(
          'bad-job',
          `job «${job.name}» ${id} is gone, or locked by somebody else: its state is not saved`,
        )
      }
      if (!job.lockedAt && held.get(id) === token) held.delete(id)
    },
  }
}

const UNLOCK = { $set: { lockedAt: null }, $unset: { lockToken: '' as const } }

/** A run that began and did not end was cut off: it is due now, whatever its next turn would be. */
async function dueIfCutOff(jobs: Collection<JobDoc>, doc: JobDoc, now: number): Promise<JobDoc> {
  const { _id, lockToken, lastRunAt, lastFinishedAt } = doc
  const cutOff = lastRunAt && lastRunAt.getTime() > (msOf(lastFinishedAt) ?? -1)
  if (!cutOff || (doc.nextRunAt && doc.nextRunAt.getTime() <= now)) return doc
  const due = { $set: { nextRunAt: new Date(now) } }
  const moved = await jobs.findOneAndUpdate({ _id, ...(lockToken && { lockToken }) }, due, {
    returnDocument: 'after',
  })
  return moved ?? doc
}

/** The next run that somebody saved while the job ran stays, if it is the earlier one. */
function afterRun({ rescheduled, nextRunAt }: JobDoc, state: ReturnType<typeof stateOf>) {
  const saved = rescheduled ? nextRunAt : null
  const kept = saved && (state.nextRunAt === null || saved < state.nextRunAt) ? saved : state.nextRunAt
  const $set = { ...state, nextRunAt: kept }
  if (state.lockedAt !== null) return { $set }
  return { $set: { ...$set, rescheduled: false }, $unset: { lockToken: '' as const } }
}
