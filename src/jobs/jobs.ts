/** The recurring and woken jobs, on Agenda. Handlers are idempotent: any of them can be run again at any time. */
import { randomUUID } from 'node:crypto'
import { Agenda, type AgendaBackend, type Job } from 'agenda'
import { type AlertingDeps, createAlerting } from './alerts.ts'
import { type DrainDeps, drain, LEASE_MS } from './drain.ts'
import { createNightly } from './nightly.ts'
import { createOutlooks } from './outlooks.ts'
import { createPace } from './pace.ts'
import { createStudies } from './studies.ts'
import { sweepAttachments } from './sweep-attachments.ts'
import { withWaitingLocks } from './waiting-locks.ts'

const DRAIN = 'drain'
const SWEEP = 'sweep attachments'
/** Agenda's polling finds work of other processes and after failures; our own commits wake the drain at once (ruling 34). */
const POLL_MS = 500
/** A drain that nobody woke: what a crash left behind. */
const SAFETY_NET = '5 seconds'

export interface Jobs {
  /** Something is dirty. */
  wake(): void
  /** A study was asked for. */
  study(): void
  /** Handlers stop at their next slice and release their locks. */
  stop(): Promise<void>
}

export async function startJobs(
  deps: DrainDeps,
  backend: AgendaBackend,
  report: (error: unknown) => void,
  alerting: Pick<AlertingDeps, 'home' | 'senders'>,
): Promise<Jobs> {
  const holder = randomUUID()
  const stopping = new AbortController()
  const pace = createPace()
  /** A drain runs, until Agenda has written that it has ended. */
  let running = false
  /** Woken while a drain ran: it may have looked already. */
  let again = false
  let scheduling: Promise<void> | null = null
  /** The last drain. One that took too long is given up by Agenda, but still writes under the same lease. */
  let drained: Promise<void> = Promise.resolve()
  const alerts = createAlerting({ ...deps, ...alerting }, stopping.signal, report)
  const nightly = createNightly(deps, holder, stopping.signal, report)
  const outlooks = createOutlooks(deps, holder, stopping.signal, report)
  const studies = createStudies(deps, holder, stopping.signal, report)
  /** Looked at while the drain is busy too. */
  const always = [alerts, outlooks, studies]
  const beside = [...always, nightly]

  const agenda = new Agenda({
    backend: withWaitingLocks(backend),
    name: `rollcall ${holder}`,
    processEvery: POLL_MS,
    defaultConcurrency: 1,
    defaultLockLimit: 1,
    defaultLockLifetime: LEASE_MS,
  })
  agenda.on('error', report)
  agenda.on('fail', report)
  // biome-ignore lint/nursery/noMisusedPromises: Agenda awaits the promise of a handler with one parameter.
  agenda.define(DRAIN, async (job) => {
    // Agenda may begin what it had taken before it was stopped.
    if (stopping.signal.aborted) return
    running = true
    again = false
    const control = { signal: stopping.signal, touch: () => touched(job) }
    drained = drained.catch(() => undefined).then(() => drain(deps, holder, control, pace))
    await drained
    for (const one of beside) one.look()
  })
  agenda.on(`complete:${DRAIN}`, () => {
    running = false
    if (again) wake()
  })
  // biome-ignore lint/nursery/noMisusedPromises: Agenda awaits the promise of a handler.
  agenda.define(SWEEP, async () => await sweepAttachments(deps))
  await agenda.start()
  await agenda.every(SAFETY_NET, DRAIN)
  await agenda.every('1 hour', SWEEP)

  /** A drain may be busy for an hour. */
  function touched(job: Job): Promise<void> {
    for (const one of always) one.look()
    return job.touch()
  }

  function wake(): void {
    again = true
    if (running || scheduling || stopping.signal.aborted) return
    scheduling = agenda
      .create(DRAIN, { woken: true })
      .unique({ 'data.woken': true })
      .schedule(new Date())
      .save()
      .then(() => undefined, report)
      .finally(() => {
        scheduling = null
      })
  }

  return {
    wake,
    study: studies.look,
    stop: async () => {
      stopping.abort()
      await scheduling
      // Not `once` of node:events: that rejects when Agenda reports the error of a job meanwhile.
      const ended = running
        ? new Promise<void>((resolve) => agenda.once(`complete:${DRAIN}`, () => resolve()))
        : null
      // Unlocks what is queued; what runs ends at its slice and unlocks itself.
      await agenda.stop(false)
      await ended
      // Also one that Agenda has given up.
      await drained.catch(() => undefined)
      for (const one of beside) await one.ended()
    },
  }
}
