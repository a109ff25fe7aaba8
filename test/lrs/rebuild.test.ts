/** `recount` beside a server that goes on taking statements. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operatorOf } from '../../src/lrs/accounts.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { rebuild } from '../../src/lrs/rebuild.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
  await server.api('/policies', {
    method: 'POST',
    body: {
      schema: 1,
      id: 'month',
      count: { any: [{ evidence: true }] },
      unique: { by: ['learner'] },
      window: { kind: 'calendar', length: { months: 1 } },
    },
  })
})
afterAll(() => server.stop())

describe('rebuild', () => {
  it('takes no count that changes while it looks for a difference', async () => {
    const { lrs } = server.app
    const use = (timestamp: string) => server.send([statement({ actor: learner('busy'), timestamp })])
    await use('2026-01-05T00:00:00Z')
    await server.counted('month')
    let looks = 0
    const metering = {
      ...lrs.stores.metering,
      countsOf: async (tenant: string, id: string) => {
        looks += 1
        if (looks === 1) {
          await use('2026-02-05T00:00:00Z')
          await server.counted('month')
        }
        return lrs.stores.metering.countsOf(tenant, id)
      },
    }
    const busy: Lrs = { ...lrs, stores: { ...lrs.stores, metering } }
    const [tenant] = await lrs.stores.tenants.list()
    if (!tenant) throw new Error('there is a tenant from the first start on')
    const lines: string[] = []
    const result = await rebuild(busy, operatorOf(tenant), 'month', (line) => lines.push(line))
    expect(result).toMatchObject({ learners: 1, counted: 2, differences: 0 })
    expect(lines.at(-1)).toContain('nothing differed')
    expect(looks).toBeGreaterThan(1)
  })
})
