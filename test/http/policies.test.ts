/** Shapes of policies over HTTP: what time alone changes, limits that are not judged window by window, breakdowns, explanations. */
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
let report: string

const DAY = 86_400_000
const CALENDAR = { kind: 'calendar', length: { months: 1 } }
const COURSE = 'http://adlnet.gov/expapi/activities/course'
const at = (ms: number) => new Date(ms).toISOString()

async function add(id: string, more: object): Promise<void> {
  const body = {
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: CALENDAR,
    ...more,
  }
  const made = await server.api('/policies', { method: 'POST', body })
  expect(made.status, await made.clone().text()).toBe(201)
}

/** As a credential of reports: a person's session would end when the clock is moved. */
async function read<T = Record<string, unknown>>(path: string): Promise<T> {
  const answer = await server.api(path, { as: report })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

const use = (who: string, time: string, course = 'a', more: object = {}) =>
  statement({
    id: randomUUID(),
    actor: { name: who, ...learner(who) },
    object: { id: `https://content.example/${course}`, definition: { type: COURSE } },
    timestamp: time,
    ...more,
  })

/** Without the mark of the SCORM profile, by which any content is tracked. */
const NOT_SCORM = { context: undefined }

async function idOf(who: string): Promise<string> {
  const { items } = await read<{ items: { learner: string; name: string }[] }>('/learners?limit=1000')
  return items.find(({ name }) => name === who)?.learner as string
}

beforeAll(async () => {
  server = await startServer()
  report = await server.credential('report', ['reports'])
})
afterAll(() => server.stop())

describe('Breakdown (F12)', () => {
  const WINDOW = 'plain.1.2026-03-01'
  type Broken = {
    count: number
    groups: { group: string; count: number }[]
    none: number
    inSeveral: number
    sum: number
    text: string
  }

  beforeAll(async () => {
    await add('plain', {})
    await server.send([
      use('bea', '2026-03-02T10:00:00Z', 'a'),
      use('bea', '2026-03-03T10:00:00Z', 'b'),
      use('col', '2026-03-04T10:00:00Z', 'a'),
      use('col', '2026-04-04T10:00:00Z', 'b'),
    ])
    await server.counted('plain')
  })

  it('by element: distinct in each, with the overlap stated', async () => {
    const broken = await read<Broken>(`/windows/${WINDOW}/breakdown?by=element`)
    expect(broken).toMatchObject({ count: 2, none: 0, inSeveral: 1, sum: 3 })
    expect(broken.groups).toEqual([
      { group: 'https://content.example/a', count: 2 },
      { group: 'https://content.example/b', count: 1 },
    ])
    expect(broken.text).toContain('1 of 2 is in more than one, so the groups add up to 3')
  })
  it('by sub-account and by team: those in none are told', async () => {
    for (const by of ['sub-account', 'team', 'role'])
      expect(await read<Broken>(`/windows/${WINDOW}/breakdown?by=${by}`)).toMatchObject({
        count: 2,
        groups: [],
        none: 2,
        inSeveral: 0,
        sum: 2,
      })
  })
  it('refuses what it cannot break down by, naming it', async () => {
    const answer = await server.api(`/windows/${WINDOW}/breakdown?by=colour`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('by')
    expect((await server.api('/windows/none.1.2026-03-01/breakdown?by=team')).status).toBe(404)
  })
})

describe('Limits that are not judged window by window', () => {
  it('mean-of-3, sum-over-term and a bank are worked out from the windows before; signal-block tells the LMS', async () => {
    const now = server.clock.now()
    const monthsAgo = (months: number) => {
      const day = new Date(now)
      return at(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - months, 1, 12))
    }
    await server.send([
      ...['l1', 'l2', 'l3', 'l4'].map((who) => use(who, monthsAgo(1))),
      ...['l1', 'l2'].map((who) => use(who, monthsAgo(2))),
      use('l1', at(now)),
    ])
    const limit = { included: 2 }
    await add('mean', { limit: { ...limit, judge: 'mean-of-3' } })
    const anchor = monthsAgo(2).slice(0, 10)
    const window = { kind: 'anchored', length: { months: 1 }, anchor }
    await add('sum', { window, limit: { included: 8, judge: 'sum-over-term', enforce: 'signal-block' } })
    await add('full', { window, limit: { included: 7, judge: 'sum-over-term', enforce: 'signal-block' } })
    await add('bank', { window, limit: { ...limit, bank: 5 } })
    await server.counted('bank')
    // Months of 2, 4 and 1 learners.
    expect(await read('/licence?policy=mean')).toMatchObject({
      judged: { by: 'mean-of-3', value: 2.33, windows: 3 },
      remaining: 0,
      over: 0.33,
    })
    expect(await read('/licence?policy=sum')).toMatchObject({
      judged: { by: 'sum-over-term', value: 7, windows: 3 },
      remaining: 1,
      percent: 87,
      block: false,
    })
    expect(await read('/licence?policy=full')).toMatchObject({ remaining: 0, over: 0, block: true })
    expect(await read('/licence?policy=bank')).toMatchObject({ judged: { value: 1, bankLeft: 3 }, over: 0 })
  })
})

it('tag: what the catalogue files an element under decides, for the past as well', async () => {
  const entry = {
    id: 'https://content.example/a',
    name: 'A',
    kind: 'xapi',
    utilizationTracking: 'complete-on-open',
  }
  const put = await server.api('/elements', { method: 'PUT', body: [{ ...entry, tags: ['safety'] }] })
  expect(put.status, await put.clone().text()).toBe(200)
  await add('tagged', { count: { any: [{ evidence: true, tag: ['safety'] }] } })
  await server.counted('tagged')
  type Listed = { items: { name: string }[] }
  const names = async (window: string) =>
    (await read<Listed>(`/windows/${window}/learners`)).items.map(({ name }) => name).sort()
  expect(await names('tagged.1.2026-03-01')).toEqual(['bea', 'col'])
  // In April Col used B, which has no tag.
  expect(await names('tagged.1.2026-04-01')).toEqual([])
  expect((await read<{ items: object[] }>('/elements')).items).toMatchObject([{ tags: ['safety'] }])
})

describe('Rules of the sources', () => {
  it('A6, A14: each use of a tracked element is an attempt, use of an untracked one none; learners not active are reported too', async () => {
    const plain = {
      id: 'https://content.example/plain',
      name: 'P',
      kind: 'other',
      utilizationTracking: 'none',
    }
    await server.api('/elements', { method: 'PUT', body: [plain] })
    await server.send([
      use('pat', '2026-02-02T10:00:00Z', 'a'),
      use('pat', '2026-02-09T10:00:00Z', 'a'),
      use('pat', '2026-02-09T12:00:00Z', 'plain', NOT_SCORM),
    ])
    await server.counted('plain')
    const tracked = async (more: string) =>
      (await read<{ items: object[] }>(`/attempts?learner=${await idOf('pat')}&${more}`)).items
    expect(await tracked('tracked=true&element=https://content.example/a')).toHaveLength(2)
    expect(await tracked('tracked=true&element=https://content.example/plain')).toHaveLength(0)
    const april = await read<{ items: { name: string }[] }>('/windows/plain.1.2026-04-01/learners')
    expect(april.items.map(({ name }) => name)).not.toContain('pat')
  })

  it('A4: SCORM content is tracked whatever its setting says', async () => {
    const sco = {
      id: 'https://lms.example.org/c/fire',
      name: 'F',
      kind: 'scorm',
      utilizationTracking: 'none',
    }
    await server.api('/elements', { method: 'PUT', body: [sco] })
    await server.send([
      statement({ actor: { name: 'sol', ...learner('sol') }, timestamp: '2026-02-03T10:00:00Z' }),
    ])
    await server.counted('plain')
    const list = await read<{ items: { name: string }[] }>('/windows/plain.1.2026-02-01/learners')
    expect(list.items.map(({ name }) => name)).toContain('sol')
  })

  it('D2, D7: viewing a learning plan adds nothing; who may sign in and who is active bear different names', async () => {
    const plan = {
      id: 'https://content.example/plan',
      name: 'Plan',
      kind: 'other',
      utilizationTracking: 'none-resource',
    }
    await server.api('/elements', { method: 'PUT', body: [plan] })
    const verb = { id: 'http://id.tincanapi.com/verb/viewed' }
    await server.send([use('vic', '2026-02-04T10:00:00Z', 'plan', { verb, ...NOT_SCORM })])
    await server.counted('plain')
    const list = await read<{ items: object[] }>('/windows/plain.1.2026-02-01/learners')
    expect(JSON.stringify(list)).not.toContain('vic')
    const people = await read<{ items: object[] }>('/learners?limit=1000')
    expect(people.items.some((one) => 'active' in one)).toBe(false)
    expect(await read('/licence?policy=plain')).toHaveProperty('activeLearners')
  })

  it('Q10: attending counts by Docebo’s own words at the time of the session, and not where only material counts', async () => {
    await add('with-ilt', { count: { any: [{ evidence: true }, { verb: ['attended'] }] } })
    await add('material', { count: { any: [{ verb: ['initialized', 'resumed', 'accessed'] }] } })
    const verb = { id: 'http://adlnet.gov/expapi/verbs/attended' }
    await server.send([use('wes', '2026-01-31T23:00:00Z', 'plan', { verb, ...NOT_SCORM })])
    await server.counted('material')
    const active = async (id: string) =>
      (await read<{ activeLearners: number }>(`/windows/${id}`)).activeLearners
    expect([await active('with-ilt.1.2026-01-01'), await active('material.1.2026-01-01')]).toEqual([1, 0])
  })

  it('Q20: a mailbox and its SHA-1 are one person without anybody saying so', async () => {
    const hash = createHash('sha1').update('mailto:xia@example.org').digest('hex')
    await server.send([
      use('xia', '2025-12-03T10:00:00Z', 'a', { actor: { mbox: 'mailto:xia@example.org' } }),
      use('xia', '2025-12-04T10:00:00Z', 'a', { actor: { mbox_sha1sum: hash } }),
      use('xia', '2025-12-05T10:00:00Z', 'a', { actor: { mbox: 'mailto:xia@EXAMPLE.org' } }),
    ])
    await server.counted('plain')
    expect(await read('/windows/plain.1.2025-12-01')).toMatchObject({ activeLearners: 1 })
  })

  it('Q2: another anchor takes over only where a window of both versions begins', async () => {
    const anchored = (anchor: string) => ({
      window: { kind: 'anchored', length: { months: 1 }, anchor },
    })
    await add('anchored', anchored('2024-01-15'))
    const next = (effectiveFrom: string, anchor: string) =>
      server.api('/policies', {
        method: 'POST',
        body: {
          schema: 1,
          id: 'anchored',
          count: { any: [{ evidence: true }] },
          unique: { by: ['learner'] },
          ...anchored(anchor),
          effectiveFrom,
        },
      })
    const refused = await next('2030-01-20T00:00:00Z', '2024-01-20')
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('effectiveFrom')
    expect((await next('2030-01-15T00:00:00Z', '2030-01-15')).status).toBe(201)
  })
})

describe('Explanations (F1)', () => {
  const missOf = async (window: string, who: string) => {
    const { nearestMiss } = await read<{ nearestMiss: { reason: string; text: string } }>(
      `/windows/${window}/learners/${await idOf(who)}`,
    )
    return nearestMiss
  }
  it('says why in every shape of policy', async () => {
    await add('two', { count: { any: [{ evidence: true }], atLeast: { n: 2, distinct: 'activity' } } })
    await add('once', { unique: { by: ['learner'], once: 'ever' } })
    await add('only', { count: { any: [{ evidence: true, authority: ['somebody-else'] }] } })
    await add('fresh', { time: { maxBackdateDays: 1 } })
    await server.counted('fresh')
    expect(await missOf('two.1.2026-03-01', 'col')).toMatchObject({
      reason: 'below-at-least',
      text: expect.stringContaining('2 different activities in the window, and there is 1'),
    })
    expect(await missOf('once.1.2026-04-01', 'col')).toMatchObject({
      reason: 'counted-earlier',
      text: expect.stringContaining('2026-03-01'),
    })
    expect(await missOf('only.1.2026-03-01', 'col')).toMatchObject({ reason: 'authority-not-allowed' })
    expect(await missOf('fresh.1.2026-03-01', 'col')).toMatchObject({ reason: 'back-dated' })
    const both = await read<{ counted: boolean; keys: string[] }>(
      `/windows/two.1.2026-03-01/learners/${await idOf('bea')}`,
    )
    expect(both).toMatchObject({ counted: true, keys: ['learner'] })
  })
})

describe('GET /review/back-dated (ruling 25)', () => {
  it('Q12: lists what was too old for a policy when it was received, page by page, over all its versions', async () => {
    const rolling = { kind: 'rolling', length: { months: 12 }, evaluateAt: { months: 1, day: 1 } }
    await add('unlimited', {})
    await add('recent', { window: rolling, time: { maxBackdateDays: 30 } })
    await add('recent', { window: rolling, time: { maxBackdateDays: 7 }, effectiveFrom: '2100-01-01' })
    const days = (count: number) => at(server.clock.now() - count * DAY)
    const [old, older] = await server.send([use('ola', days(10)), use('ola', days(40)), use('ola', days(1))])
    await server.counted('recent')
    type Listed = { version: number; statementId: string; name: string; reason: string; text: string }
    type Pages = { items: Listed[]; next: string | null }
    const found: Listed[] = []
    for (let next: string | null = ''; next !== null; ) {
      const cursor: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`
      const page: Pages = await read(`/review/back-dated?policy=recent&limit=2${cursor}`)
      expect(page.items.length).toBeLessThanOrEqual(2)
      found.push(...page.items)
      next = page.next
    }
    const ours = found.filter(({ name }) => name === 'ola')
    expect(ours.map(({ version, statementId }) => [version, statementId])).toEqual([
      [1, older],
      [2, older],
      [2, old],
    ])
    expect(ours[0]).toMatchObject({ reason: 'back-dated', text: expect.stringContaining('30 days') })
    const { backDated } = await read<{ backDated: { policy: string; statements: number }[] }>('/review')
    expect(backDated).toContainEqual({ policy: 'recent', statements: found.length })
    expect(backDated.map(({ policy }) => policy)).not.toContain('unlimited')
    expect(await read('/review/back-dated?policy=unlimited')).toEqual({ items: [], next: null })
    for (const [query, status] of [
      ['policy=none', 404],
      ['policy=recent&cursor=x', 400],
      ['policy=recent&cursor=1.x', 400],
      ['policy=recent&colour=red', 400],
      ['', 400],
    ] as const)
      expect((await server.api(`/review/back-dated?${query}`)).status, query).toBe(status)
  })
})

describe('What time alone changes (ruling 10)', () => {
  it('minAgeHours: counted by a job at the moment the learner is old enough; rolling: leaves the live number', async () => {
    await add('aged', {
      count: { any: [{ evidence: true }], minAgeHours: 48 },
      window: { kind: 'anchored', length: { months: 1200 }, anchor: '2000-01-01' },
    })
    await add('last-week', { window: { kind: 'rolling', length: { days: 7 } } })
    await server.send([use('newcomer', at(server.clock.now()))])
    await server.counted('aged')
    const licence = () =>
      read<{ activeLearners: number; window: { id: string } }>('/licence?policy=last-week')
    const aged = () => read<{ activeLearners: number }>('/licence?policy=aged')
    const before = (await aged()).activeLearners
    expect(await licence()).toMatchObject({ window: { id: 'last-week.1.live' } })
    const window = (await read<{ window: { id: string } }>('/licence?policy=aged')).window.id
    const young = await read(`/windows/${window}/learners/${await idOf('newcomer')}`)
    expect(young).toMatchObject({ counted: false, nearestMiss: { reason: 'too-young' } })
    const live = await read(`/windows/last-week.1.live/learners/${await idOf('newcomer')}`)
    expect(live).toMatchObject({ counted: true })
    server.clock.moveBy(3 * DAY)
    let now = before
    while (now === before) now = (await aged()).activeLearners
    expect(now).toBeGreaterThan(before)
    expect((await licence()).activeLearners).toBeGreaterThan(0)
    server.clock.moveBy(5 * DAY)
    expect((await licence()).activeLearners).toBe(0)
    const gone = await read(`/windows/last-week.1.live/learners/${await idOf('newcomer')}`)
    expect(gone).toMatchObject({ counted: false, nearestMiss: { reason: 'outside-window' } })
  })
})

describe('Ready-made policies', () => {
  it('are listed as they are sent: Accord’s and Docebo’s are made from them, and say whether test accounts count (F3, F8)', async () => {
    const { items } = await read<{ items: { id: string; window: object; count: object }[] }>('/presets')
    expect(items).toHaveLength(18)
    const opens = 'Somebody whom the LMS lists as a test account opens a course.'
    for (const [id, none] of [
      ['accord-12m', []],
      ['docebo-mau', [{ learnerIn: ['test-accounts'] }]],
    ] as const) {
      const preset = items.find((one) => one.id === id)
      await add(`my-${id}`, { ...preset, id: `my-${id}`, count: { ...preset?.count, none } })
      const { text } = await read<{ text: string[] }>(`/policies/my-${id}/text`)
      const heading = none.length === 0 ? 'Examples that count' : 'Examples that do not count (each adds 0)'
      expect(text).toContain(`${heading}: ${opens}`)
    }
    expect((await server.api('/presets?limit=1', { as: report })).status).toBe(400)
  })
})

describe('Changing a policy (Q25)', () => {
  it('from a date on, which begins in the time zone of the policy', async () => {
    const window = { ...CALENDAR, timeZone: 'Europe/Berlin' }
    await add('moving', { window })
    const from = (effectiveFrom: string) =>
      server.api('/policies', {
        method: 'POST',
        body: {
          schema: 1,
          id: 'moving',
          count: { any: [{ evidence: true }] },
          unique: { by: ['learner'] },
          window,
          effectiveFrom,
        },
      })
    for (const wrong of ['2100-07-02', 'July 1 2100', '2100-02-30']) {
      const refused = await from(wrong)
      expect(refused.status, wrong).toBe(400)
      expect(await refused.text()).toContain('$.effectiveFrom')
    }
    const made = await from('2100-07-01')
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({ version: 2, effectiveFrom: '2100-06-30T22:00:00.000Z' })
  })

  it('numbers that no calendar, no price and no example can hold are refused by name', async () => {
    const many = { any: [{ evidence: true }] }
    const absurd: [string, object][] = [
      ['$.close.graceHours', { close: { graceHours: 1e308 } }],
      ['$.count.minAgeHours', { count: { ...many, minAgeHours: 1e300 } }],
      ['$.count.atLeast.n', { count: { ...many, atLeast: { n: 9e15, distinct: 'day' } } }],
      ['$.time.maxBackdateDays', { time: { maxBackdateDays: 1e300 } }],
      ['$.time.futureSkewMinutes', { time: { futureSkewMinutes: 1e300 } }],
      ['$.price.surchargePct', { price: { surchargePct: 1e300 } }],
      ['$.price.perExtra', { price: { perExtra: '9'.repeat(400) } }],
      ['$.limit.included', { limit: { included: 9e15 } }],
      ['$.alerts.0.at', { alerts: [{ at: '9'.repeat(400) }] }],
    ]
    for (const [field, more] of absurd) {
      const body = {
        schema: 1,
        id: 'absurd',
        count: many,
        unique: { by: ['learner'] },
        window: CALENDAR,
        ...more,
      }
      const refused = await server.api('/policies', { method: 'POST', body })
      expect(refused.status, field).toBe(400)
      expect(await refused.text()).toContain(field)
    }
    expect((await server.api('/policies/absurd')).status).toBe(404)
  })
})
