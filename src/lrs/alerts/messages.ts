/** What is sent for an alert: a mail, or a signed body in the form of Standard Webhooks (standardwebhooks.com). */
import { createHmac } from 'node:crypto'
import { alertMail, testMail } from '../../metering/alert-text-en.ts'
import type { Alert, TenantId } from '../../store/ports.ts'
import { randomSecret } from '../access/secrets.ts'
import type { Lrs } from '../context.ts'
import type { Mail, Post } from './senders.ts'

type Deps = Pick<Lrs, 'stores' | 'clock' | 'home'>

export function mailOf({ home }: Deps, alert: Alert): Mail {
  const { id, recipient: to, on } = alert
  return { id, to, ...(on === 'test' ? testMail(home) : alertMail({ ...alert, on, home })) }
}

/** Null when the webhook is no longer there. */
export async function postOf({ stores, clock }: Deps, alert: Alert): Promise<Post | null> {
  const webhook = await stores.webhooks.byId(alert.tenant, alert.recipient)
  if (!webhook) return null
  const body = JSON.stringify(eventOf(alert))
  const at = String(Math.floor(clock.now() / 1_000))
  const key = await keyOf(stores, alert.tenant, webhook.id)
  const signature = createHmac('sha256', key).update(`${alert.id}.${at}.${body}`).digest('base64')
  return {
    url: webhook.url,
    headers: {
      'content-type': 'application/json',
      'webhook-id': alert.id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${signature}`,
    },
    body,
  }
}

/** As the receiver configures it: `whsec_` and the key in base64. */
export async function webhookSecret(stores: Lrs['stores'], tenant: TenantId, id: string): Promise<string> {
  return `whsec_${(await keyOf(stores, tenant, id)).toString('base64')}`
}

/** Made of the installation's key and the webhook's id, so that no secret lies in the store beside the address. */
async function keyOf(stores: Lrs['stores'], tenant: TenantId, id: string): Promise<Buffer> {
  const key = await stores.keys.getOrCreate('webhooks', randomSecret())
  return createHmac('sha256', key)
    .update(JSON.stringify([tenant, id]))
    .digest()
}

function eventOf(alert: Alert): unknown {
  const { id, policy, version, window, start, end, timeZone, level, on, value, limit, raised, forecast } =
    alert
  const iso = (at: number) => new Date(at).toISOString()
  if (on === 'test') return { type: 'alert.test', timestamp: iso(raised), data: { id } }
  return {
    type: 'alert.reached',
    timestamp: iso(raised),
    data: {
      ...{ id, policy, version },
      window: { id: window, start: iso(start), end: iso(end), timeZone },
      ...{ level, on, value, limit },
      ...(forecast && { forecast: { ...forecast, made: iso(forecast.made) } }),
    },
  }
}
