/** Webhooks: where alerts are posted to (F4). */
import { z } from 'zod'
import type { Webhook } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import { authorOf } from '../acts.ts'
import type { Lrs } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { malformedAt, Refusal } from '../refusal.ts'
import { isLiteral, mayReach } from './addresses.ts'
import { webhookSecret } from './messages.ts'

const LONGEST = 2_000

const newWebhook = z.strictObject({
  url: z.string().max(LONGEST).refine(isTarget, 'must be an http or https address without user and password'),
})

export type WebhookView = Omit<Webhook, 'created'> & { readonly created: string }

/** @returns the secret, this once */
export async function addWebhook(
  lrs: Lrs,
  caller: Caller,
  input: unknown,
): Promise<WebhookView & { readonly secret: string }> {
  demand(caller, 'manage webhooks')
  const { url } = parseInput(newWebhook, input, 'POST /webhooks')
  const { hostname, href } = new URL(url)
  if (isLiteral(hostname) && !mayReach(hostname, lrs.privateWebhooks === true))
    throw malformedAt(
      '$.url',
      `${hostname} is no public address (ROLLCALL_WEBHOOKS_PRIVATE)`,
      'POST /webhooks',
    )
  const webhook = { id: lrs.newId(), url: href, created: lrs.clock.now(), author: authorOf(caller) }
  await lrs.stores.webhooks.add(caller.tenant, webhook)
  const secret = await webhookSecret(lrs.stores, caller.tenant, webhook.id)
  return { ...viewOf(webhook), secret }
}

export async function listWebhooks(lrs: Lrs, caller: Caller): Promise<readonly WebhookView[]> {
  demand(caller, 'manage webhooks')
  return (await lrs.stores.webhooks.list(caller.tenant)).map(viewOf)
}

/** What is still to be sent there is given up. */
export async function removeWebhook(lrs: Lrs, caller: Caller, id: string): Promise<void> {
  demand(caller, 'manage webhooks')
  if (!(await lrs.stores.webhooks.remove(caller.tenant, id)))
    throw new Refusal('not-found', `there is no webhook «${id}»`)
}

function viewOf({ created, ...rest }: Webhook): WebhookView {
  return { ...rest, created: new Date(created).toISOString() }
}

function isTarget(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  return ['http:', 'https:'].includes(protocol) && username === '' && password === ''
}
