/** The jobs of alerts: looking which levels are reached, and sending what is due. Both run beside the drain, however long that takes. */
import type { Agenda } from 'agenda'
import { deliverDue } from '../lrs/alerts/deliver.ts'
import { type RaiseDeps, raiseAlerts } from '../lrs/alerts/raise.ts'
import type { Senders } from '../lrs/alerts/senders.ts'

const RAISE = 'raise alerts'
const DELIVER = 'deliver alerts'
/** Far within the five minutes of F4. */
const EVERY = '10 seconds'
/** A batch of tries takes a few times the longest one. */
const LOCK_MS = 60_000

export interface AlertJobsDeps extends RaiseDeps {
  readonly home: string
  readonly senders: Senders
}

export interface AlertJobs {
  /** Resolves when what was running has ended. */
  ended(): Promise<unknown>
}

export async function startAlertJobs(
  agenda: Agenda,
  deps: AlertJobsDeps,
  signal: AbortSignal,
): Promise<AlertJobs> {
  let raising: Promise<unknown> = Promise.resolve()
  let delivering: Promise<unknown> = Promise.resolve()
  const options = { lockLifetime: LOCK_MS }
  agenda.define(
    RAISE,
    // biome-ignore lint/nursery/noMisusedPromises: Agenda awaits the promise of a handler with one parameter.
    async (_job) => {
      if (signal.aborted) return
      raising = raiseAlerts(deps)
      if (await raising) await agenda.now(DELIVER, {})
    },
    options,
  )
  agenda.define(
    DELIVER,
    // biome-ignore lint/nursery/noMisusedPromises: as above.
    async (_job) => {
      if (signal.aborted) return
      delivering = deliverDue(deps, signal)
      await delivering
    },
    options,
  )
  await agenda.every(EVERY, RAISE)
  await agenda.every(EVERY, DELIVER)
  return { ended: () => Promise.allSettled([raising, delivering]) }
}
