/** `POST /alerts/test`: sends through the same outbox what an alert would go through, before any level is reached (F4). */
import { z } from 'zod'
import { alertId } from '../../metering/alert-levels.ts'
import type { Alert, TenantId } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { policiesOf } from '../counting/policies.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt, Refusal } from '../refusal.ts'
import { type AlertView, viewOf } from './log.ts'
import { demandRecipients } from './recipients.ts'

const REQUIREMENT = 'POST /alerts/test'
const HOUR_MS = 3_600_000
/** Of one tenant in an hour: nobody is to be flooded by way of Rollcall. */
const MOST = 60
/** One recipient is tested no more often, ms. */
const PAUSE_MS = 60_000
/** So long a request waits for what comes of it, ms; `GET /alerts` tells the rest. */
const PATIENCE_MS = 5_000
const LOOK_EVERY_MS = 50

const tested = z.strictObject({ to: z.array(z.string().min(1)).min(1).max(MOST).optional() })

/**
 * To these recipients, or to all that the policies name. @returns each with what came of the first try
 * @throws Refusal `malformed` (no recipient, or one that is neither an address nor a webhook), `too-many-requests`
 */
export async function testAlerts(lrs: Lrs, caller: Caller, input: unknown): Promise<readonly AlertView[]> {
  demand(caller, 'manage webhooks')
  const { tenant } = caller
  const given = parseInput(tested, input, REQUIREMENT).to ?? (await namedBy(lrs, tenant))
  const to = [...new Set(given)]
  if (to.length === 0)
    throw malformedAt('$.to', 'must name somebody: no policy names recipients', REQUIREMENT)
  await demandRecipients(lrs.stores, tenant, [{ to }], { path: () => '$.to', requirement: REQUIREMENT })
  const now = lrs.clock.now()
  demandPause(await testsOf(lrs, tenant, now), to, now)
  const alerts = to.map((recipient) => testOf(tenant, recipient, now))
  for (const alert of alerts) await lrs.stores.alerts.raise(alert)
  lrs.wake()
  return (await tried(lrs, tenant, alerts)).map(viewOf)
}

async function namedBy({ stores }: Lrs, tenant: TenantId): Promise<readonly string[]> {
  const policies = await policiesOf(stores, tenant)
  return policies.flatMap(({ stored }) => stored.at(-1)?.policy.alerts.flatMap(({ to }) => to) ?? [])
}

/** Those of the hour. */
function testsOf({ stores }: Lrs, tenant: TenantId, now: number): Promise<readonly Alert[]> {
  return stores.alerts.ofWindow(tenant, { policy: '', version: 0, start: hourOf(now) })
}

function demandPause(sent: readonly Alert[], to: readonly string[], now: number): void {
  if (sent.length + to.length > MOST)
    throw new Refusal('too-many-requests', `alerts can be tested ${MOST} times an hour`)
  const again = sent.find(({ recipient, raised }) => to.includes(recipient) && raised > now - PAUSE_MS)
  if (again)
    throw new Refusal('too-many-requests', `«${again.recipient}» was tested within the last minute: wait`)
}

function testOf(tenant: TenantId, recipient: string, now: number): Alert {
  const [policy, version, on, level] = ['', 0, 'test', 'test'] as const
  return {
    ...{ tenant, policy, version, on, level, recipient },
    id: alertId({ policy, version, start: now, on, level, recipient }),
    ...{ start: hourOf(now), end: hourOf(now) + HOUR_MS, window: '', timeZone: 'UTC' },
    ...{ value: 0, limit: null, raised: now, state: 'pending', due: now, tries: [] },
  }
}

function hourOf(now: number): number {
  return now - (now % HOUR_MS)
}

/** As they are when each was tried, or patience ends. */
async function tried(lrs: Lrs, tenant: TenantId, alerts: readonly Alert[]): Promise<readonly Alert[]> {
  const started = performance.now()
  const ids = new Set(alerts.map(({ id }) => id))
  for (;;) {
    const found = (await testsOf(lrs, tenant, alerts[0]?.raised ?? 0)).filter(({ id }) => ids.has(id))
    const waits = found.some(({ state, tries }) => state === 'pending' && tries.length === 0)
    if (!waits || performance.now() - started > PATIENCE_MS) return found
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
