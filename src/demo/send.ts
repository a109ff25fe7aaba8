/** Sends statements as content and LMSs do: in batches, several at once, with an xAPI client library. */
import type { Statement as ClientStatement } from '@xapi/xapi'
import xapi from '@xapi/xapi'
import type { Purpose } from '../attempts/fact.ts'
import type { Statement } from '../xapi/types.ts'
import { basic, DemoError } from './api.ts'
import type { Session } from './sessions.ts'

export interface Delivery {
  readonly purpose: Purpose
  readonly statements: readonly Statement[]
  /** Time of the newest session in it, ms. */
  readonly at: number
}

const BATCH = 100
const AT_ONCE = 6

/**
 * Batches of whole sessions, one purpose each, in order of time. Sessions that are sent twice go together in batches of
 * their own, and each of those stands in the list two times.
 */
export function deliveriesOf(sessions: readonly Session[]): readonly Delivery[] {
  const open = new Map<string, { purpose: Purpose; twice: boolean; statements: Statement[]; at: number }>()
  const full: Delivery[] = []
  const close = (name: string): void => {
    const batch = open.get(name)
    if (!batch) return
    full.push(...(batch.twice ? [batch, batch] : [batch]))
    open.delete(name)
  }
  for (const { steps, visit } of sessions) {
    for (const { purpose, statement } of steps) {
      const name = `${purpose} ${visit.sentTwice}`
      const batch = open.get(name) ?? { purpose, twice: visit.sentTwice, statements: [], at: visit.at }
      batch.statements.push(statement)
      batch.at = visit.at
      open.set(name, batch)
    }
    for (const [name, { statements }] of [...open]) if (statements.length >= BATCH) close(name)
  }
  for (const name of [...open.keys()]) close(name)
  return full.sort((a, b) => a.at - b.at)
}

export interface Keys {
  readonly key: string
  readonly secret: string
}

export interface SendOptions {
  readonly address: string
  readonly keys: Readonly<Partial<Record<Purpose, Keys>>>
  /** Called after each delivery. */
  onSent(delivery: Delivery): void
}

/** @throws DemoError with the server's words when a batch is refused */
export async function sendAll(
  deliveries: readonly Delivery[],
  { address, keys, onSent }: SendOptions,
): Promise<void> {
  const clients = new Map(
    Object.entries(keys).map(([purpose, pair]) => [
      purpose,
      new xapi.default({
        endpoint: `${address}/xapi/`,
        auth: basic(pair),
        version: '1.0.3',
        adapter: 'fetch',
      }),
    ]),
  )
  const left = deliveries.values()
  const work = async (): Promise<void> => {
    for (const delivery of left) {
      const client = clients.get(delivery.purpose)
      if (!client) throw new DemoError(`there is no credential of purpose ${delivery.purpose}`)
      try {
        await client.sendStatements({ statements: delivery.statements as unknown as ClientStatement[] })
      } catch (error) {
        throw new DemoError(
          `a batch of ${delivery.statements.length} statements was refused: ${(error as Error).message}`,
        )
      }
      onSent(delivery)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}
