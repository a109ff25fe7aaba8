/**
 * Agenda's backend on SQLite (agenda 6.2.6): the jobs lie beside the statements, in the same file and under the same writer.
 * Polling only reads; it writes when there is something to lock.
 */
import type { AgendaBackend, JobParameters, JobRepository } from 'agenda'
import type { MovableClock } from '../../../clock.ts'
import { createJobChannel } from '../../agenda-channel.ts'
import { LOCK, type LockedJob, shiftOf } from '../../agenda-jobs.ts'
import { listJobs, overviewOf } from '../../agenda-query.ts'
import type { Remote } from '../../calls.ts'
import { StoreError } from '../../store-error.ts'
import { filterOf, jobOf, jobToSave, stateOf } from './agenda-convert.ts'
import type { JobRow } from './agenda-rows.ts'
import type { agendaReads, agendaWrites } from './agenda-writes.ts'

export interface AgendaParts {
  readonly writes: Remote<ReturnType<typeof agendaWrites>>
  readonly reads: Remote<ReturnType<typeof agendaReads>>
  readonly clock: MovableClock
  /** The same for every thread on the same data. */
  readonly channel: string
}

/** A backend for one Agenda: stopping that one disconnects its channel. */
export function createAgendaBackend(parts: AgendaParts): AgendaBackend {
  const notificationChannel = createJobChannel(parts.channel)
  return {
    name: 'SQLite',
    repository: createRepository(parts),
    notificationChannel,
    // The database belongs to the store, which outlives every Agenda.
    ownsConnection: false,
    // At once, so that an Agenda that only saves jobs is heard too.
    connect: () => notificationChannel.connect(),
    disconnect: () => notificationChannel.disconnect(),
  }
}

function createRepository({ writes, reads, clock }: AgendaParts): JobRepository {
  const shift = () => shiftOf(clock)
  const ms = (date: Date) => date.getTime() + shift()
  const now = () => new Date(clock.now() - shift())
  return {
    ...lockingHalf({ writes, reads, clock }),
    connect: async () => {},
    queryJobs: async (options = {}) => {
      // A filter by an empty list is no filter here, as in Agenda's own backends.
      const rows = await reads.jobs(filterOf(withoutEmptyLists(options)))
      return listJobs(
        rows.map((row) => jobOf(row, shift())),
        options,
        now(),
      )
    },
    getJobsOverview: async () =>
      overviewOf(
        (await reads.jobs({})).map((row) => jobOf(row, shift())),
        now(),
      ),
    getDistinctJobNames: async () => [...(await reads.jobNames())],
    getJobById: async (id) => {
      const [row] = await reads.jobs({ ids: [id] })
      return row ? jobOf(row, shift()) : null
    },
    getQueueSize: () => reads.jobsWaiting(ms(now())),
    removeJobs: (options) => writes.removeJobs(filterOf(options)),
    disableJobs: (options) => writes.setJobsDisabled(filterOf(options), true),
    enableJobs: (options) => writes.setJobsDisabled(filterOf(options), false),
    purgeAllJobs: () => writes.purgeJobs(),
    saveJob: async (job, options) => {
      const saved = await writes.saveJob(
        jobToSave(job as JobParameters, options?.lastModifiedBy ?? null, shift()),
      )
      // One that was removed meanwhile is not brought back.
      return saved ? jobOf(saved, shift()) : job
    },
  }
}

type LockingHalf = Pick<
  JobRepository,
  'lockJob' | 'unlockJob' | 'unlockJobs' | 'getNextJobToRun' | 'saveJobState'
>

function lockingHalf({ writes, reads, clock }: Omit<AgendaParts, 'channel'>): LockingHalf {
  const ms = (date: Date) => date.getTime() + shiftOf(clock)
  /** Our locks by job id, for calls that give nothing else. */
  const held = new Map<string, string>()
  const locked = (row: JobRow | null): LockedJob | undefined => {
    if (row === null || row.lockToken === null) return undefined
    held.set(row.id, row.lockToken)
    return { ...jobOf(row, shiftOf(clock)), [LOCK]: row.lockToken }
  }
  const lockOf = (id: string, job?: LockedJob) => {
    const token = job?.[LOCK] ?? held.get(id)
    return token === undefined || token === null ? [] : [{ id, token }]
  }
  return {
    getNextJobToRun: async (name, nextScanAt, lockDeadline, at, options) => {
      const query = { name, scanAt: ms(nextScanAt), deadline: ms(lockDeadline) }
      if (!(await reads.jobIsDue(query))) return undefined
      return locked(await writes.lockNextJob(query, at ? ms(at) : null, options?.lastModifiedBy ?? null))
    },
    lockJob: async (job, options) => {
      if (!job._id) return undefined
      const nextRunAt = job.nextRunAt ? ms(job.nextRunAt) : null
      return locked(
        await writes.lockJob({ id: job._id, name: job.name, nextRunAt }, options?.lastModifiedBy ?? null),
      )
    },
    unlockJob: async (job) => {
      if (job._id) await writes.unlockJobs(lockOf(job._id, job))
    },
    /** Only locks that this backend holds: after a pause, the job may be somebody else's. */
    unlockJobs: async (ids) => {
      const locks = ids.flatMap((id) => lockOf(String(id)))
      if (locks.length > 0) await writes.unlockJobs(locks)
    },
    saveJobState: async (job, options) => {
      const id = String(job._id)
      const token = (job as LockedJob)[LOCK] ?? null
      const state = { ...stateOf(job, shiftOf(clock)), id, name: job.name }
      if (!(await writes.saveJobState(state, token, options?.lastModifiedBy ?? null))) {
        throw new StoreError(
          'bad-job',
          `job «${job.name}» ${id} is gone, or locked by somebody else: its state is not saved`,
        )
      }
      if (!job.lockedAt && held.get(id) === token) held.delete(id)
    },
  }
}

function withoutEmptyLists<T extends object>(options: T): T {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => !(Array.isArray(value) && value.length === 0)),
  ) as T
}
