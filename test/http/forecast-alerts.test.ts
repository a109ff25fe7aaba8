/** Alerts on the forecast over HTTP, with a clock that is moved from day to day (A20, F4, F5; rulings 18, 37). */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

interface Outlook {
  state: string
  median: number
  levels: { at: string; chance: number | null; reached: boolean; raised: string | null }[]
}
interface Item {
  level: string
  on: string
  window: string
  state: string
  forecast?: { median: number; chance: number }
}

let server: Running
let receiver: Server
const posts: { data: { level: string; forecast?: object } }[] = []
let webhook: string

beforeAll(async () => {
  receiver = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    posts.push(JSON.parse(Buffer.concat(parts).toString()))
    response.writeHead(204).end()
  })
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
  server = await startServer({ ROLLCALL_WEBHOOKS_PRIVATE: 'true' })
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`
  const added = await server.api('/webhooks', { method: 'POST', body: { url } })
  webhook = ((await added.json()) as { id: string }).id
  // The eighth hour of a day, whenever this runs.
  server.clock.moveBy(DAY + 8 * HOUR - (server.clock.now() % DAY))
  await policy('ahead', [
    { at: '100%', on: 'forecast', to: [webhook, 'ahead@example.org'] },
    { at: '200%', to: [webhook] },
    { at: '200%', on: 'forecast', to: [webhook] },
  ])
  // Eight days: seven people in the morning, five in the evening. On none of them anything can be forecast.
  for (let day = 0; day < 8; day += 1) {
    await use('morning', 7)
    server.clock.moveBy(12 * HOUR)
    await use('evening', 5)
    server.clock.moveBy(12 * HOUR)
  }
})
afterAll(async () => {
  await server.stop()
  receiver.close()
})

async function policy(id: string, alerts: object[], days = 1): Promise<void> {
  const created = await server.api('/policies', {
    method: 'POST',
    body: {
      schema: 1,
      id,
      count: { any: [{ evidence: true }] },
      unique: { by: ['learner'] },
      window: { kind: 'anchored', length: { days }, anchor: '2026-01-01', timeZone: 'UTC' },
      limit: { included: 11 },
      alerts,
    },
  })
  expect(created.status, await created.clone().text()).toBe(201)
}
const use = (name: string, people: number) => {
  const timestamp = new Date(server.clock.now()).toISOString()
  return server.send(
    Array.from({ length: people }, (_, one) => statement({ actor: learner(`${name}-${one}`), timestamp })),
  )
}
const outlookOf = async (id: string) =>
  ((await (await server.api(`/licence?policy=${id}`)).json()) as { outlook: Outlook | null }).outlook
const listed = async (id: string) =>
  ((await (await server.api(`/alerts?limit=1000&policy=${id}`)).json()) as { items: Item[] }).items

/** Looks until it is so; a forecast that was made before the last use is old enough some looks later. */
async function until<T>(look: () => Promise<T>, wanted: (found: T) => boolean): Promise<T> {
  for (let looked = 1; ; looked += 1) {
    const found = await look()
    if (wanted(found)) return found
    if (looked % 20 === 0) server.clock.moveBy(60_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

describe('levels on the forecast', { timeout: 60_000 }, () => {
  it('A20, F4, F5: alert once for each window, with forecast, band and chance, before the count is there', async () => {
    expect(await listed('ahead')).toEqual([])
    await use('morning', 7)
    const items = await until(
      () => listed('ahead'),
      (found) => found.length >= 2 && found.every(({ state }) => state !== 'pending'),
    )
    expect(items.map(({ level, on, state }) => [level, on, state]).sort()).toEqual([
      ['100%@0.5', 'forecast', 'delivered'],
      // No mail server is set.
      ['100%@0.5', 'forecast', 'kept'],
    ])
    expect(items[0]?.forecast).toMatchObject({ median: 12, calibration: 'windows', made: expect.any(String) })
    expect(posts).toMatchObject([{ data: { level: '100%@0.5', value: 7, forecast: { median: 12 } } }])
    expect(await outlookOf('ahead')).toMatchObject({
      state: 'ready',
      median: 12,
      levels: [
        { at: '100%@0.5', reached: true, raised: expect.any(String) },
        { at: '200%@0.5', reached: false, raised: null },
      ],
    })
    // Q26: the forecast of the next day is of another window, and armed again.
    server.clock.moveBy(DAY)
    await use('morning', 7)
    const next = await until(
      () => listed('ahead'),
      (found) => found.length >= 4,
    )
    expect(new Set(next.map(({ window }) => window)).size).toBe(2)
  })

  it('F5: keep silent with too little history, and the licence view says so', async () => {
    await policy('young', [{ at: '1', on: 'forecast', to: [webhook] }, { at: '2' }], 300)
    const outlook = await until(
      () => outlookOf('young'),
      (found) => found?.state !== 'not-made',
    )
    expect(outlook).toMatchObject({
      state: 'too-little-history',
      levels: [{ at: '1@0.5', reached: false, chance: null }],
    })
    const items = await until(
      () => listed('young'),
      (found) => found.length > 0,
    )
    expect(items.map(({ on }) => on)).toEqual(['actual'])
  })

  it('are shown only where a policy has any', async () => {
    await policy('plain', [{ at: '80%' }])
    expect(await outlookOf('plain')).toBeNull()
  })
})
