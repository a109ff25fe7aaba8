/** Alerts are raised and sent beside the drain: counting waits for no mail server, and a drain that is busy delays no alert. */
import { deliverDue } from '../lrs/alerts/deliver.ts'
import { type RaiseDeps, raiseAlerts } from '../lrs/alerts/raise.ts'
import type { Senders } from '../lrs/alerts/senders.ts'
import type { Beside } from './beside.ts'

/** How often it is looked at most, ms: far within the five minutes of F4. */
const LOOK_MS = 2_000

export interface AlertingDeps extends RaiseDeps {
  readonly home: string
  readonly senders: Senders
}

/** Other processes may do the same: the outbox lets each alert be raised and sent by one. */
export function createAlerting(
  deps: AlertingDeps,
  signal: AbortSignal,
  report: (error: unknown) => void,
): Beside {
  let looked = Number.NEGATIVE_INFINITY
  const raise = once(async () => {
    if ((await raiseAlerts(deps)) > 0) deliver.begin()
  }, report)
  const deliver = once(() => deliverDue(deps, signal), report)
  return {
    look: () => {
      if (signal.aborted || performance.now() - looked < LOOK_MS) return
      looked = performance.now()
      raise.begin()
      deliver.begin()
    },
    ended: async () => {
      await raise.ended()
      await deliver.ended()
    },
  }
}

interface Once {
  /** Unless it runs; then again when it has ended, for what it may have missed. */
  begin(): void
  ended(): Promise<void>
}

function once(work: () => Promise<void>, report: (error: unknown) => void): Once {
  let running: Promise<void> | null = null
  let again = false
  const run = async (): Promise<void> => {
    do {
      again = false
      await work().catch(report)
    } while (again)
    running = null
  }
  return {
    begin: () => {
      again = true
      running ??= run()
    },
    ended: async () => {
      await running
    },
  }
}
