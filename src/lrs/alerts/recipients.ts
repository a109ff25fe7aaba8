/** Recipients of a policy's alerts: addresses, or webhooks of the tenant (ruling 13). */
import { z } from 'zod'
import type { Policy } from '../../metering/policy.ts'
import type { TenantId } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { malformed } from '../refusal.ts'
import { isAddress } from './deliver.ts'

/** Where in the body recipients lie, and what asks for them. */
interface Where {
  path(alert: number): string
  readonly requirement: string
}

const IN_POLICY: Where = { path: (alert) => `$.alerts.${alert}.to`, requirement: 'counting.md §3' }

/** @throws Refusal `malformed` for what is neither: an alert to it would never arrive */
export async function demandRecipients(
  stores: Pick<Lrs['stores'], 'webhooks'>,
  tenant: TenantId,
  alerts: readonly Pick<Policy['alerts'][number], 'to'>[],
  where: Where = IN_POLICY,
): Promise<void> {
  const webhooks = new Set((await stores.webhooks.list(tenant)).map(({ id }) => id))
  const wrong = alerts.flatMap(({ to }, at) =>
    to.flatMap((recipient, index) => {
      const fits = isAddress(recipient) ? z.email().safeParse(recipient).success : webhooks.has(recipient)
      const message = `«${recipient}» is neither an e-mail address nor the id of a webhook`
      const { path, requirement } = where
      return fits ? [] : [{ path: `${path(at)}.${index}`, message, requirement }]
    }),
  )
  if (wrong.length > 0) throw malformed(wrong)
}
