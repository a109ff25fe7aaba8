/**
 * Agenda's own MongoDB backend (@agendajs/mongo-backend 4.0.3) on the store's database, with saving and locking replaced
 * (agenda-locking.ts says why). It is not connected as a whole: that would make indexes of a log that nobody reads.
 */
import { MongoBackend } from '@agendajs/mongo-backend'
import type { AgendaBackend, JobParameters, JobRepository } from 'agenda'
import { type Db, ObjectId } from 'mongodb'
import type { MovableClock } from '../../../clock.ts'
import { createJobChannel } from '../../agenda-channel.ts'
import { shiftOf } from '../../agenda-jobs.ts'
import { listJobs, overviewOf } from '../../agenda-query.ts'
import { guarded } from '../driver/connection.ts'
import { JOBS, jobCollection, jobOf, shifted } from './agenda-documents.ts'
import { jobLocking } from './agenda-locking.ts'
import { createJobSaver } from './agenda-saving.ts'

/** A backend for one Agenda: stopping that one disconnects its channel. */
export function createAgendaBackend(db: Db, clock: MovableClock): AgendaBackend {
  // Threads of this process hear of each other's jobs at once (ruling 34); other processes poll.
  const notificationChannel = createJobChannel(`rollcall jobs ${db.databaseName}`)
  return {
    name: 'MongoDB',
    repository: guarded(createRepository(db, clock)),
    notificationChannel,
    // The client belongs to the store, which outlives every Agenda.
    ownsConnection: false,
    // At once, so that an Agenda that only saves jobs is heard too.
    connect: () => notificationChannel.connect(),
    disconnect: () => notificationChannel.disconnect(),
  }
}

function createRepository(db: Db, clock: MovableClock): JobRepository {
  const jobs = jobCollection(db)
  const saveJob = createJobSaver(jobs)
  const theirs = connectedOnce(new MongoBackend({ mongo: db, collection: JOBS, ensureIndex: false }))
  const now = () => new Date(clock.now() - shiftOf(clock))
  /** In Agenda's time; what is asked for in its own terms is decided by listJobs. */
  const found = async (filter: Parameters<JobRepository['queryJobs']>[0]) => {
    const { jobs: all } = await (await theirs()).queryJobs(filter)
    return all.map(({ state: _, ...job }) => shifted(job as JobParameters, -shiftOf(clock)))
  }
  return {
    ...jobLocking(jobs, clock),
    connect: async () => {},
    queryJobs: async (options = {}) => {
      const { id, ids, name, names, data } = options
      return listJobs(await found({ ...definedOf({ id, ids, name, names, data }) }), options, now())
    },
    getJobsOverview: async () => overviewOf(await found({}), now()),
    getDistinctJobNames: async () => (await theirs()).getDistinctJobNames(),
    getJobById: async (id) => {
      const job = ObjectId.isValid(id) ? await jobs.findOne({ _id: new ObjectId(id) }) : null
      return job && jobOf(job, shiftOf(clock))
    },
    getQueueSize: () => jobs.countDocuments({ nextRunAt: { $lt: new Date(clock.now()) } }),
    removeJobs: async (options) => (await theirs()).removeJobs(options),
    disableJobs: async (options) => (await theirs()).disableJobs(options),
    enableJobs: async (options) => (await theirs()).enableJobs(options),
    purgeAllJobs: async () => (await theirs()).purgeAllJobs(),
    saveJob: async (job, options) => {
      const by = options?.lastModifiedBy ?? null
      const saved = await saveJob(job as JobParameters, by, shiftOf(clock), clock.now())
      return saved ? (jobOf(saved, shiftOf(clock)) as typeof job) : job
    },
  }
}

function connectedOnce({ repository }: MongoBackend): () => Promise<JobRepository> {
  let connected: Promise<JobRepository> | null = null
  return () => {
    connected ??= repository.connect().then(() => repository)
    return connected
  }
}

function definedOf<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>
}
