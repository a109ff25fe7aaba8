/** `recount`: what it finds and mends, beside a server that goes on taking statements. */
import type { Db } from 'mongodb'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { operatorOf } from '../../src/lrs/access/accounts.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { type Rebuild, rebuild } from '../../src/lrs/counting/rebuild.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'
import { copied, DAMAGES, type Damage, inflict, nobody } from './damage.ts'

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

async function recounted(): Promise<{ result: Rebuild; lines: string[] }> {
  const { lrs } = server.app
  const [tenant] = await lrs.stores.tenants.list()
  if (!tenant) throw new Error('there is a tenant from the first start on')
  const lines: string[] = []
  const result = await rebuild(lrs, operatorOf(tenant), 'month', (line) => lines.push(line))
  return { result, lines }
}

/** All that reports show of what is derived. */
async function derived(): Promise<unknown> {
  const paths = [
    '/windows?policy=month&from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z',
    '/windows/month.1.2026-04-01/learners',
    '/attempts?limit=1000&deleted=true',
    '/review',
  ]
  const answers = await Promise.all(paths.map(async (path) => (await server.api(path)).json()))
  const { totalLearners, activeLearners } = await server.counted('month')
  return [totalLearners, activeLearners, ...answers]
}

describe('rebuild mends what was damaged by hand', () => {
  const names = ['d-1', 'd-2', 'd-3', 'd-4', 'd-5', 'd-6']
  const link = {
    id: 'https://lms.example.org/l',
    definition: { type: 'http://adlnet.gov/expapi/activities/link' },
  }
  const uses = () =>
    names.flatMap((name) => [
      statement({ actor: learner(name), timestamp: '2026-04-05T00:00:00Z' }),
      statement({
        actor: learner(name),
        object: link,
        context: undefined,
        timestamp: '2026-04-06T00:00:00Z',
      }),
    ])
  beforeAll(async () => {
    await server.send(uses())
    await server.counted('month')
  })
  const inflicted = (damage: Damage) => inflict(server.directory, damage)
  const there = Object.entries(DAMAGES).filter(
    ([, [damage]]) => damage[inject('store') === 'sqlite' ? 'sqlite' : 'mongo'] !== undefined,
  )

  it.each(there)('%s', async (_what, [damage, said]) => {
    const before = await derived()
    expect(await inflicted(damage)).toBeGreaterThan(0)
    const first = await recounted()
    expect(first.result.differences).toBeGreaterThan(0)
    expect(
      first.lines.some((line) => said.test(line)),
      first.lines.join('\n'),
    ).toBe(true)
    expect(first.lines.at(-1)).toMatch(/differences, mended$/)
    // No wait here: it is mended when `recount` says so.
    expect(await derived()).toEqual(before)
    const second = await recounted()
    expect(second.lines).toEqual([expect.stringMatching(/nothing differed$/)])
    expect(second.result.differences).toBe(0)
  })

  it('removes what is left of a learner who was merged away', async () => {
    await server.send([statement({ actor: learner('d-7'), timestamp: '2026-04-05T00:00:00Z' })])
    await server.counted('month')
    const aliases = [{ identities: [learner('d-6'), learner('d-7')] }]
    await server.api('/aliases', { method: 'PUT', body: { aliases } })
    await server.counted('month')
    const before = await derived()
    const merged = `(SELECT id FROM learner WHERE redirect IS NOT NULL)`
    const gone = async (db: Db) =>
      String((await db.collection('learners').findOne({ redirect: { $ne: null } }))?.id)
    const left: Damage = {
      sqlite: nobody.replace("'nobody'", merged),
      mongo: copied(async (db) => ({ learner: await gone(db) })),
    }
    expect(await inflicted(left)).toBe(1)
    expect((await recounted()).result.differences).toBe(1)
    expect(await derived()).toEqual(before)
  })

  it('ruling 30: ends, and says why, when only learners whose recount fails are left', async () => {
    // A launch record is no fact: nothing can be put in its place.
    const lms = await server.credential('lms', ['all'])
    const record = {
      element: 'https://lms.example.org/l',
      learner: learner('d-2'),
      origin: 'learner',
      at: '2026-04-01T00:00:00Z',
    }
    expect((await server.api('/launches', { method: 'POST', body: [record], as: lms })).status).toBe(200)
    await server.counted('month')
    const unreadable: Damage = {
      sqlite: "UPDATE launch SET data = '{'",
      mongo: async (db) =>
        (await db.collection('launches').updateMany({}, { $set: { data: '{' } })).modifiedCount,
    }
    expect(await inflicted(unreadable)).toBe(1)
    await server.send([statement({ actor: learner('d-2'), timestamp: '2026-04-07T00:00:00Z' })])
    const { result, lines } = await recounted()
    expect(result).toMatchObject({ failing: 1, differences: 1 })
    expect(lines).toContainEqual(expect.stringMatching(/^learner .*: cannot be worked out: /))
    expect(lines.at(-2)).toMatch(/1 differences, mended as far as it can be$/)
    expect(lines.at(-1)).toMatch(/^not counted: 1 learners; the recount of learner .* has failed \d+ times: /)
    await inflicted({
      sqlite: 'DELETE FROM launch',
      mongo: async (db) => (await db.collection('launches').deleteMany({})).deletedCount,
    })
    expect((await recounted()).result.failing).toBe(0)
    expect((await recounted()).lines.at(-1)).toMatch(/nothing differed$/)
  })
})
