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

  it('mends facts that are not what their statement says, and the counts made of them', async () => {
    const { lrs } = server.app
    const [tenant] = await lrs.stores.tenants.list()
    if (!tenant) throw new Error('there is a tenant from the first start on')
    const [id = ''] = await server.send([
      statement({ actor: learner('damaged'), timestamp: '2026-03-05T00:00:00Z' }),
    ])
    const kept = await lrs.stores.metering.factsOf(tenant.id, id)
    const wrong = kept.map(({ seq: _seq, stored: _stored, voided: _voided, ...fact }) => ({ ...fact, at: 0 }))
    await lrs.stores.metering.replaceFacts(tenant.id, id, wrong)
    await server.counted('month')
    const inMarch = async () =>
      ((await (await server.api('/windows/month.1.2026-03-01')).json()) as { activeLearners: number })
        .activeLearners
    expect(await inMarch()).toBe(0)
    const first = await rebuild(lrs, operatorOf(tenant), 'month', () => undefined)
    expect(first.differences).toBeGreaterThan(0)
    await server.counted('month')
    expect(await inMarch()).toBe(1)
    expect(await lrs.stores.metering.factsOf(tenant.id, id)).toEqual(kept)
    const second = await rebuild(lrs, operatorOf(tenant), 'month', () => undefined)
    expect(second.differences).toBe(0)
  })
})
