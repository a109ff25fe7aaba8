/** Looking ahead over HTTP: forecasts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const DAY = 86_400_000

let server: Running
/** Start of the open calendar month. */
let month: number

function policy(id: string, extra: object = {}) {
  return {
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'calendar', length: { months: 1 } },
    limit: { included: 15 },
    ...extra,
  }
}

const monthsBack = (back: number) => {
  const date = new Date(month)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back, 1)
}
const use = (name: string, at: number) => {
  const timestamp = new Date(at).toISOString()
  return statement({ actor: learner(name), timestamp })
}

beforeAll(async () => {
  server = await startServer()
  // The tenth of a month: the open window has a past and a future whenever this runs.
  const today = new Date(server.clock.now())
  const tenth = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1, 10, 12)
  server.clock.moveBy(tenth - server.clock.now())
  month = tenth - 9.5 * DAY
  // Nine months: twelve learners on the 3rd, eight on the 20th; one of them is found by name.
  const past = Array.from({ length: 9 }, (_, index) => monthsBack(index + 1)).flatMap((start) => [
    ...Array.from({ length: 12 }, (_, one) => use(`early-${one}`, start + 2 * DAY)),
    ...Array.from({ length: 8 }, (_, one) => use(`late-${one}`, start + 19 * DAY)),
  ])
  await server.send([
    ...past,
    ...Array.from({ length: 12 }, (_, one) => use(`early-${one}`, month + 2 * DAY)),
  ])
  await server.api('/policies', { method: 'POST', body: policy('month') })
  await server.counted('month')
})
afterAll(() => server.stop())

type Json = Record<string, unknown>
async function post(path: string, body: unknown, as?: string): Promise<{ status: number; body: Json }> {
  const response = await server.api(path, { method: 'POST', body, ...(as && { as }) })
  return { status: response.status, body: (await response.json()) as Json }
}

async function idOf(name: string): Promise<string> {
  const response = await server.api('/learners?limit=1000')
  const { items } = (await response.json()) as { items: { learner: string; identities: unknown[] }[] }
  return items.find(({ identities }) => JSON.stringify(identities).includes(`"${name}"`))?.learner ?? ''
}

describe('POST /forecasts', () => {
  it('F5: says median, band, chance to be over, the day the limit is reached, and its own past accuracy', async () => {
    const { status, body } = await post('/forecasts', { policy: 'month' })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      policy: 'month',
      state: 'ready',
      counted: 12,
      median: 20,
      limit: 15,
      bounds: { least: 12, most: 20 },
      band: { holdsPct: 80 },
      accuracy: { mapePct: 0, biasPct: 0 },
      rollouts: [],
    })
    expect(body.probabilityOver as number).toBeGreaterThan(0.9)
    expect(body.reachesLimitOn).toBe(new Date(month + 19 * DAY).toISOString().slice(0, 10))
    expect(body).not.toHaveProperty('without')
  })

  it('F6: a planned roll-out adds those not counted, counts nobody and stores nothing', async () => {
    const early = await idOf('early-1')
    const late = await idOf('late-1')
    const plan = { policy: 'month', rollouts: [{ learners: [early, late], newPeople: 10, rate: 0.5 }] }
    const { body } = await post('/forecasts', plan)
    expect(body).toMatchObject({
      counted: 12,
      median: 25,
      rollouts: [{ people: 12, alreadyCounted: 1, added: 5, rate: 0.5 }],
      without: { median: 20 },
    })
    expect((await post('/forecasts', { policy: 'month' })).body).toMatchObject({ counted: 12, median: 20 })
    expect(await server.counted('month')).toMatchObject({ activeLearners: 12, totalLearners: 20 })
  })

  it('F6: plans for a team, shows the prior it reckons with, and only the part within the window', async () => {
    const csv =
      'homePage,account,name,team\nhttps://lms.example.org,new-1,New One,Sales\nhttps://lms.example.org,new-2,New Two,Sales\n'
    const response = await server.api('/learners/import', { method: 'POST', body: csv })
    await response.text()
    const { body } = await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100 }] })
    expect(body.rollouts).toEqual([{ people: 100, alreadyCounted: 0, added: 65, rate: 0.65 }])
    const starts = new Date(month + 62 * DAY).toISOString()
    const beyond = await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100, starts }] })
    expect(beyond.body.rollouts).toEqual([{ people: 100, alreadyCounted: 0, added: 0, rate: 0 }])
    expect(
      (await post('/forecasts', { policy: 'month', rollouts: [{ team: 'Nobody' }] })).body,
    ).toMatchObject({
      rollouts: [{ people: 0, added: 0 }],
    })
  })

  it('F5: says that there is too little history instead of a number', async () => {
    await server.api('/policies', {
      method: 'POST',
      body: policy('year', { window: { kind: 'calendar', length: { months: 12 } } }),
    })
    await server.counted('year')
    const { body } = await post('/forecasts', { policy: 'year' })
    expect(body).toMatchObject({ state: 'too-little-history', band: null, probabilityOver: 1 })
    expect(body.text).toMatch(/^Too little history/)
  })

  it('refuses what it cannot say, each with its reason', async () => {
    const rolling = policy('rolling', { window: { kind: 'rolling', length: { days: 30 } } })
    await server.api('/policies', { method: 'POST', body: rolling })
    const later = policy('later', {
      window: { kind: 'anchored', length: { months: 1 }, anchor: '2990-01-01' },
    })
    await server.api('/policies', { method: 'POST', body: later })
    expect((await post('/forecasts', { policy: 'rolling' })).status).toBe(422)
    expect((await post('/forecasts', { policy: 'later' })).status).toBe(409)
    expect((await post('/forecasts', { policy: 'none' })).status).toBe(404)
    for (const bad of [
      { policy: 'month', colour: 1 },
      { policy: 'month', rollouts: [{}] },
      { policy: 'month', rollouts: [{ newPeople: 1, rate: 2 }] },
      { policy: 'month', rollouts: [{ learners: ['nobody'] }] },
      { policy: 'month', rollouts: [{ newPeople: 1, starts: '2026-02-01', due: '2026-01-01' }] },
    ])
      expect((await post('/forecasts', bad)).status, JSON.stringify(bad)).toBe(400)
    const content = await server.credential('learner', ['statements/write'])
    expect((await post('/forecasts', { policy: 'month' }, content)).status).toBe(403)
    expect((await server.api('/forecasts')).status).toBe(405)
  })
})
