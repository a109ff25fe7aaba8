/** Looking ahead over HTTP: forecasts, and policies tried on the past. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
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
/** On a busy machine an answer may take longer than a request waits: then it is asked for until it is there. */
async function post(path: string, body: unknown, as?: string): Promise<{ status: number; body: Json }> {
  const response = await server.api(path, { method: 'POST', body, ...(as && { as }) })
  if (response.status !== 202) return { status: response.status, body: (await response.json()) as Json }
  const { id } = (await response.json()) as { id: string }
  for (;;) {
    const study = (await (await server.api(`${path}/${id}`)).json()) as Json
    if (study.result) return { status: 200, body: study.result as Json }
    if (study.failure) return post(path, body, as)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function idOf(name: string): Promise<string> {
  const response = await server.api('/learners?limit=1000')
  const { items } = (await response.json()) as { items: { learner: string; identities: unknown[] }[] }
  return items.find(({ identities }) => JSON.stringify(identities).includes(`"${name}"`))?.learner ?? ''
}

async function importLearners(csv: string): Promise<void> {
  const as = await server.credential('lms', ['learners'])
  const query = `homePage=${encodeURIComponent((learner('x').account as { homePage: string }).homePage)}`
  const response = await fetch(`${server.url}/api/v1/learners/import?${query}`, {
    method: 'POST',
    headers: { Authorization: as, 'Content-Type': 'text/csv' },
    body: csv,
  })
  expect(response.status, await response.text()).toBe(200)
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
    const { body } = await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100 }] })
    expect(body.rollouts).toEqual([{ people: 100, alreadyCounted: 0, added: 65, rate: 0.65 }])
    const starts = new Date(month + 62 * DAY).toISOString()
    const beyond = await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100, starts }] })
    expect(beyond.body.rollouts).toEqual([{ people: 100, alreadyCounted: 0, added: 0, rate: 0 }])
    await importLearners('name,identities,teams\nNew,new-1,Sales\nEarly,early-2,Sales\n')
    const team = await post('/forecasts', { policy: 'month', rollouts: [{ team: 'Sales', rate: 1 }] })
    expect(team.body).toMatchObject({ median: 21, rollouts: [{ people: 2, alreadyCounted: 1, added: 1 }] })
    const nobody = await post('/forecasts', { policy: 'month', rollouts: [{ team: 'Nobody' }] })
    expect(nobody.body).toMatchObject({ rollouts: [{ people: 0, added: 0 }] })
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
    const later = policy('later', {
      window: { kind: 'anchored', length: { months: 1 }, anchor: '2990-01-01' },
    })
    await server.api('/policies', { method: 'POST', body: later })
    expect((await post('/forecasts', { policy: 'later' })).status).toBe(409)
    expect((await post('/forecasts', { policy: 'none' })).status).toBe(404)
    // Of several policies one must be named, where this request names it.
    expect(JSON.stringify(await post('/forecasts', {}))).toContain('$.policy: name one of: ')
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

describe('before a roll-out', () => {
  interface Option {
    months: number
    windows: number
    without: number
    added: { expected: number; low: number; high: number }
    licences: { expected: number; high: number }
    cost: { expected: string | null; high: string | null } | null
  }
  const prices = [
    { upTo: 250, fee: '2500' },
    { upTo: 500, fee: '4500' },
    { upTo: 1_000, fee: '8000' },
  ]
  const year = () => ({
    starts: new Date(server.clock.now()).toISOString(),
    due: new Date(server.clock.now() + 365.25 * DAY).toISOString(),
  })
  const optionsFor = async (rollout: object, given: object = { prices }) => {
    const { status, body } = await post('/forecasts', { policy: 'month', rollouts: [rollout], ...given })
    expect(status, JSON.stringify(body)).toBe(200)
    return body.options as Option[]
  }
  const of = (options: Option[], months: number) => options.find((one) => one.months === months) as Option

  it('D11, F6: how many licences a new learning path uses, and what they cost a year under windows of 12, 3 and 1 months', async () => {
    const options = await optionsFor({ newPeople: 1_200, rate: 0.5, lastsMonths: 3, ...year() })
    expect(options.map(({ months }) => months)).toEqual([1, 3, 12])
    // A17: of 600 who begin over a year and go on for three months, 600 / 12 × (1 + 3) count in a month.
    expect(of(options, 1)).toMatchObject({
      surchargePct: 50,
      windows: 9,
      without: 20,
      added: { expected: 200 },
      licences: { expected: 220 },
      cost: { expected: '3750.00', high: '6750.00' },
    })
    expect(of(options, 3)).toMatchObject({ added: { expected: 300 }, cost: { expected: '5625.00' } })
    expect(of(options, 12)).toMatchObject({ added: { expected: 600 }, cost: { expected: '8000.00' } })
    // One campaign, one success: the band is far wider than 1,200 independent people would make it.
    const { low, high } = of(options, 1).added
    expect(high - low).toBeGreaterThan(150)
  })

  it('D11: nobody counts twice who comes anyway, and the stated prior stands in where nobody says a rate', async () => {
    const learners = [await idOf('early-1'), await idOf('late-1')]
    const known = await optionsFor({ learners, newPeople: 0, rate: 1, ...year() }, { prices: [] })
    expect(of(known, 1)).toMatchObject({ added: { expected: 0 }, licences: { expected: 20 }, cost: null })
    const { body } = await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100 }], prices: [] })
    expect(body.rollouts).toMatchObject([{ rate: 0.65 }])
    expect(of(body.options as Option[], 1).added.expected).toBe(65)
    expect(
      (await post('/forecasts', { policy: 'month', rollouts: [{ newPeople: 100 }] })).body,
    ).not.toHaveProperty('options')
  })

  it('F6: no price reaches that far: null, and a price table that does not rise is refused', async () => {
    const far = await optionsFor({ newPeople: 50_000, rate: 0.5 })
    expect(far.map(({ cost }) => cost?.expected)).toEqual([null, null, null])
    const falling = { policy: 'month', prices: [...prices].reverse() }
    expect((await post('/forecasts', falling)).status).toBe(400)
    expect((await post('/forecasts', { policy: 'month', prices: [{ upTo: 1, fee: 'free' }] })).status).toBe(
      400,
    )
  })
})

describe('windows of other shapes', () => {
  const make = async (id: string, window: object) => {
    await server.api('/policies', { method: 'POST', body: policy(id, { window }) })
    await server.counted(id)
    return (await post('/forecasts', { policy: id })).body
  }

  it('§6, ruling 10: of a rolling policy it forecasts the number at the next evaluation, and shows the live one beside it', async () => {
    const body = await make('rolling', { kind: 'rolling', length: { days: 25 } })
    const next = new Date(month)
    const evaluation = Date.UTC(next.getUTCFullYear(), next.getUTCMonth() + 1, 1)
    expect(Date.parse((body.window as { end: string }).end)).toBe(evaluation)
    expect(body).toMatchObject({ state: 'ready', live: 20, median: 8, calibration: 'windows' })
    expect(body.text).toContain(`evaluated (${new Date(evaluation).toISOString()})`)
    expect(body.reachesLimitOn).toBeNull()
  })

  it('§6: windows of which too few are over are checked on windows as long that began in every month, and it says so', async () => {
    const anchor = new Date(month).toISOString().slice(0, 10)
    const body = await make('two-months', { kind: 'anchored', length: { months: 2 }, anchor })
    expect(body).toMatchObject({ state: 'ready', median: 20, calibration: 'shifted-windows' })
    expect(body.text).toContain('they overlap')
  })

  it('§6: a policy whose windows begin today knows the past as well: what counted before its anchor', async () => {
    const anchor = new Date(month).toISOString().slice(0, 10)
    const body = await make('new', { kind: 'anchored', length: { months: 1 }, anchor })
    expect(body).toMatchObject({ state: 'ready', counted: 12, median: 20, calibration: 'shifted-windows' })
  })

  it('§6: nine months say nothing about a year: too little history, and no number but the median', async () => {
    const body = await make('anchored-year', {
      kind: 'anchored',
      length: { months: 12 },
      anchor: new Date(monthsBack(3)).toISOString().slice(0, 10),
    })
    expect(body).toMatchObject({ state: 'too-little-history', band: null, calibration: null })
  })
})

describe('POST /simulations', () => {
  const draft = (extra: object = {}) => policy('draft', extra)
  interface Simulated {
    windows: { start: string; count: number; whole: boolean; over: number | null; cost: object | null }[]
    advice: { options: Json[]; breakEvens: Json[] } | null
  }
  const simulated = async (body: object) => {
    const { status, body: view } = await post('/simulations', body)
    expect(status, JSON.stringify(view)).toBe(200)
    return view as unknown as Simulated
  }

  it('F7: counts every past window as the policy would that is really made, and makes none', async () => {
    const view = await simulated({ policy: draft() })
    const { items } = (await (await server.api('/windows?policy=month')).json()) as {
      items: { start: string; activeLearners: number }[]
    }
    const counted = items.filter(({ activeLearners }) => activeLearners > 0).reverse()
    expect(view.windows).toHaveLength(10)
    expect(view.windows.map(({ start, count }) => [start, count])).toEqual(
      counted.map(({ start, activeLearners }) => [start, activeLearners]),
    )
    expect(view.windows.map(({ whole, over }) => [whole, over])).toEqual([
      ...Array.from({ length: 9 }, () => [true, 5]),
      [false, 0],
    ])
    const ids = ((await (await server.api('/policies')).json()) as { items: { policy: { id: string } }[] })
      .items
    expect(ids.map((one) => one.policy.id)).not.toContain('draft')
    expect((await server.api('/licence?policy=draft')).status).toBe(404)
  })

  it('A16: prices a window by its surcharge and by what is over the limit', async () => {
    const price = { surchargePct: 50, perExtra: '2.50' }
    const { windows } = await simulated({ policy: draft({ price }), baseFee: '100' })
    expect(windows[0]?.cost).toEqual({ fee: '150.00', extra: '12.50', total: '162.50' })
    expect(windows.at(-1)?.cost).toEqual({ fee: '150.00', extra: '0.00', total: '150.00' })
    expect((await simulated({ policy: draft() })).windows[0]?.cost).toBeNull()
  })

  it('F7: compares 12, 3 and 1 months by their whole windows, and has no advice for rolling ones', async () => {
    const from = new Date(monthsBack(9)).toISOString()
    const { advice } = await simulated({ policy: draft(), from })
    const monthly = advice?.options.find(({ months }) => months === 1)
    expect(monthly).toMatchObject({ surchargePct: 50, windows: 9, peak: 20, feeUnits: 30, over: 9 })
    const rolling = draft({ window: { kind: 'rolling', length: { months: 1 } } })
    expect((await simulated({ policy: rolling })).advice).toBeNull()
  })

  it('keeps to the time that is asked for', async () => {
    const [from, to] = [monthsBack(3), monthsBack(1)].map((at) => new Date(at).toISOString())
    const { windows } = await simulated({ policy: draft(), from, to })
    expect(windows.map(({ start, count }) => [start.slice(0, 7), count])).toEqual([
      [from?.slice(0, 7), 20],
      [new Date(monthsBack(2)).toISOString().slice(0, 7), 20],
    ])
  })

  it('refuses a draft as a policy is refused, each fault with its place', async () => {
    const wrong = await post('/simulations', { policy: { ...draft(), colour: 1, count: { any: [] } } })
    expect(wrong.status).toBe(400)
    expect(JSON.stringify(wrong.body)).toContain('$.policy.count.any')
    expect((await post('/simulations', { policy: draft({ unique: { by: ['tenant'] } }) })).status).toBe(422)
    for (const bad of [
      {},
      { policy: draft(), baseFee: 'free' },
      { policy: draft(), from: '2990-01-01T00:00:00Z' },
      { policy: draft(), from: '2026-02-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    ])
      expect((await post('/simulations', bad)).status, JSON.stringify(bad)).toBe(400)
    const content = await server.credential('learner', ['statements/write'])
    expect((await post('/simulations', { policy: draft() }, content)).status).toBe(403)
  })
})

describe('what takes longer than anybody waits', () => {
  interface Study {
    id: string
    state: string
    ended: string | null
    progress: { done: number } | null
    result: Json | null
    failure: { kind: string; message: string } | null
  }
  const async = async (path: string, body: unknown) => {
    const headers = { Prefer: 'respond-async' }
    return await server.api(path, { method: 'POST', body, headers })
  }
  const read = async (path: string): Promise<Study> => (await (await server.api(path)).json()) as Study
  const ended = async (path: string): Promise<Study> => {
    for (;;) {
      const study = await read(path)
      if (study.ended !== null) return study
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const draft = policy('draft')

  it.each([
    ['/simulations', { policy: draft }],
    ['/forecasts', { policy: 'month' }],
  ])(
    'F5, F7: %s answers 202 with an address that tells how far it is, and then the answer',
    async (path, body) => {
      const answered = await async(path, body)
      expect([answered.status, answered.headers.get('preference-applied')]).toEqual([202, 'respond-async'])
      const begun = (await answered.json()) as Study
      expect(begun).toMatchObject({ state: expect.stringMatching(/waiting|running/), result: null })
      const location = answered.headers.get('location')?.replace('/api/v1', '') ?? ''
      expect(location).toBe(`${path}/${begun.id}`)
      const { result, state } = await ended(location)
      const { computedThrough: _, ...waited } = (await post(path, body)).body
      expect([state, result]).toEqual(['done', expect.objectContaining(waited)])
      const other = path === '/forecasts' ? '/simulations' : '/forecasts'
      expect((await server.api(`${other}/${begun.id}`)).status).toBe(404)
    },
  )

  it('keeps a refusal that is found out late, and tells it as the request would have', async () => {
    const wrong = { policy: 'month', rollouts: [{ learners: ['nobody'] }] }
    const { id } = (await (await async('/forecasts', wrong)).json()) as Study
    const { failure } = await ended(`/forecasts/${id}`)
    const now = await post('/forecasts', wrong)
    expect([now.status, now.body.detail]).toEqual([400, failure?.message])
  })

  it('DELETE ends it, or throws its answer away: nothing of it is left', async () => {
    const { id } = (await (await async('/simulations', { policy: draft })).json()) as Study
    expect((await server.api(`/simulations/${id}`, { method: 'DELETE' })).status).toBe(204)
    for (const method of ['GET', 'DELETE'])
      expect((await server.api(`/simulations/${id}`, { method })).status).toBe(404)
    expect((await server.api(`/simulations/${id}`, { method: 'PUT' })).status).toBe(405)
    const content = await server.credential('learner', ['statements/write'])
    expect((await server.api(`/simulations/${id}`, { as: content })).status).toBe(403)
  })

  it('is kept for a week after it ended', async () => {
    const { id } = (await (await async('/simulations', { policy: draft })).json()) as Study
    await ended(`/simulations/${id}`)
    server.clock.moveBy(6 * DAY)
    await post('/forecasts', { policy: 'month' })
    expect((await read(`/simulations/${id}`)).state).toBe('done')
    server.clock.moveBy(2 * DAY)
    await vi.waitFor(
      async () => {
        await post('/forecasts', { policy: 'month' })
        expect((await server.api(`/simulations/${id}`)).status).toBe(404)
      },
      { timeout: 10_000 },
    )
  })
})
