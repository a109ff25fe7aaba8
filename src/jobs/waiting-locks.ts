/**
 * Agenda (6.2.6) drops a job whose lock runs out while it waits in the queue for its moment, and forgets to give its slot
 * back: after a pause of the process, or a step of its clock, a name with one slot never runs again in that process. So to
 * Agenda a job is locked for ever until it begins. Whether the lock still is ours is decided then, by its token: the first
 * save of a run whose lock has passed to another fails (ruling 33), and a run that fails gives its slot back.
 */
import type { AgendaBackend, JobParameters } from 'agenda'

/** The last date there is. */
const FOR_EVER = 8_640_000_000_000_000

export function withWaitingLocks(backend: AgendaBackend): AgendaBackend {
  const { repository } = backend
  return {
    ...backend,
    repository: {
      ...repository,
      getNextJobToRun: async (...given) => waiting(await repository.getNextJobToRun(...given)),
      lockJob: async (...given) => waiting(await repository.lockJob(...given)),
      saveJobState: async (job, options) => {
        // It begins: from now on the lock counts, also for Agenda, which goes on with this very object.
        if (job.lockedAt?.getTime() === FOR_EVER) job.lockedAt = new Date()
        await repository.saveJobState(job, options)
      },
    },
  }
}

function waiting(job: JobParameters | undefined): JobParameters | undefined {
  return job && { ...job, lockedAt: new Date(FOR_EVER) }
}
