/** Sends what is due from the outbox, at least once: a process that dies between sending and noting it sends again. */
import { groupBy } from '../../attempts/group-by.ts'
import type { Alert } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { mailOf, postOf } from './messages.ts'
import type { Senders, SendOutcome } from './senders.ts'

export interface DeliverDeps extends Pick<Lrs, 'stores' | 'clock' | 'home'> {
  readonly senders: Senders
}

/** An alert that is being sent is nobody else's for so long; longer than any try takes. */
const CLAIM_MS = 60_000
const AT_ONCE = 32
/** After each failure; then it is given up. */
const BACK_OFF_MS = [30_000, 120_000, 600_000, 3_600_000, 6 * 3_600_000, 24 * 3_600_000]

/** Recipients side by side, what goes to one of them in order. */
export async function deliverDue(deps: DeliverDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const due = await deps.stores.alerts.due(deps.clock.now(), AT_ONCE)
    const byRecipient = groupBy(due, ({ tenant, recipient }) => JSON.stringify([tenant, recipient]))
    await Promise.all([...byRecipient.values()].map((alerts) => deliverInOrder(deps, alerts, signal)))
    if (due.length < AT_ONCE) return
  }
}

/** A level that fails holds back the higher ones of the same moment (F4). */
async function deliverInOrder(
  deps: DeliverDeps,
  alerts: readonly Alert[],
  signal: AbortSignal,
): Promise<void> {
  let held: number | null = null
  for (const alert of alerts) {
    const { tenant, id, due } = alert
    if (signal.aborted || due === null) return
    if (held === null) held = await deliver(deps, alert, signal)
    else await deps.stores.alerts.postpone(tenant, id, due, ++held)
  }
}

/** @returns when it is tried again; null when it is not, or somebody else has it */
async function deliver(deps: DeliverDeps, alert: Alert, signal: AbortSignal): Promise<number | null> {
  const { stores, clock } = deps
  const { tenant, id, due } = alert
  const claimed = clock.now() + CLAIM_MS
  if (due === null || !(await stores.alerts.postpone(tenant, id, due, claimed))) return null
  const outcome = await send(deps, alert, signal)
  const now = clock.now()
  // Told to stop in the middle: that is no failure of the recipient's.
  const settled = signal.aborted && outcome ? { ...alert, due: now } : settledAs(alert, outcome, now)
  await stores.alerts.settle(tenant, id, claimed, settled)
  return settled.due
}

function settledAs(
  alert: Alert,
  outcome: SendOutcome | 'kept',
  now: number,
): Pick<Alert, 'state' | 'due' | 'tries'> {
  if (outcome === 'kept') return { state: 'kept', due: null, tries: alert.tries }
  const tries = [...alert.tries, { at: now, error: outcome?.error ?? null }]
  if (!outcome) return { state: 'delivered', due: null, tries }
  const pause = outcome.permanent ? undefined : BACK_OFF_MS[alert.tries.length]
  return pause === undefined
    ? { state: 'failed', due: null, tries }
    : { state: 'pending', due: now + pause, tries }
}

async function send(deps: DeliverDeps, alert: Alert, signal: AbortSignal): Promise<SendOutcome | 'kept'> {
  const { senders } = deps
  if (isAddress(alert.recipient)) return senders.mail ? senders.mail(mailOf(deps, alert), signal) : 'kept'
  const post = await postOf(deps, alert)
  return post ? senders.post(post, signal) : { error: 'the webhook was removed', permanent: true }
}

/** Recipients are addresses or ids of webhooks (ruling 13). */
export function isAddress(recipient: string): boolean {
  return recipient.includes('@')
}
