/**
 * Every preset of counting.md's appendix, end to end: the statements below go in through the endpoint, and each preset's
 * counted lists are what was worked out by hand beside it. Windows are named by their first day (UTC).
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preset, presetNames } from '../../src/metering/presets.ts'
import { type Running, startServer } from '../harness/running.ts'

const ADL = 'http://adlnet.gov/expapi/verbs'
const VERBS = {
  'logged-in': 'https://w3id.org/xapi/adl/verbs/logged-in',
  accessed: 'https://w3id.org/xapi/netc/verbs/accessed',
} as const
const COURSES = {
  A: 'https://content.example/a',
  B: 'https://content.example/b',
  S: 'https://lms.example/session/7',
}
const LMS = 'https://lms.example/'
const PROGRESS = 'https://w3id.org/xapi/cmi5/result/extensions/progress'

type Row = readonly [
  at: string,
  who: string,
  verb: string,
  element: keyof typeof COURSES | null,
  more?: { progress?: number; completion?: true; by?: 'north' | 'south' | 'preview' },
]

/** S is a session of an instructor-led course that is not tracked; what `by` names is the sub-account or purpose of a key. */
const STATEMENTS: readonly Row[] = [
  ['2024-02-01T08:00:00Z', 'ana', 'logged-in', null],
  ['2024-02-01T08:05:00Z', 'ana', 'initialized', 'A', { by: 'north' }],
  ['2024-02-28T23:59:00Z', 'ana', 'initialized', 'A', { by: 'south' }],
  ['2024-03-01T09:00:00Z', 'ana', 'resumed', 'A'],
  ['2024-02-29T10:00:00Z', 'ben', 'logged-in', null],
  ['2024-03-01T10:00:00Z', 'ben', 'initialized', 'B'],
  ['2024-03-15T09:00:00Z', 'cyd', 'attended', 'S'],
  ['2024-03-31T23:30:00Z', 'dan', 'logged-in', null],
  ['2024-04-01T00:10:00Z', 'dan', 'initialized', 'A'],
  ['2024-03-05T12:00:00Z', 'eve', 'progressed', 'A', { progress: 80 }],
  ['2024-03-09T12:00:00Z', 'eve', 'completed', 'B', { completion: true }],
  ['2024-03-05T12:00:00Z', 'fay', 'progressed', 'A', { progress: 79 }],
  ['2024-03-06T12:00:00Z', 'fay', 'completed', 'B', { completion: true }],
  ['2024-05-01T07:00:00Z', 'gus', 'accessed', 'A'],
  ['2024-02-02T07:00:00Z', 'hal', 'registered', 'A'],
  ['2024-02-10T07:00:00Z', 'ida', 'initialized', 'A', { by: 'preview' }],
  ['2025-01-30T23:59:59Z', 'jon', 'initialized', 'A'],
  ['2025-01-31T00:00:00Z', 'jon', 'initialized', 'A'],
  ['2024-04-29T12:00:00Z', 'lea', 'logged-in', null],
]

/** By window; windows without anybody are left out. */
type Expected = Readonly<Record<string, string>>

/** `live`: who is in the last length now; Kim signed in and opened A a moment ago and is in no window below. */
const EXPECTED: Readonly<Record<string, { windows: Expected; live?: string }>> = {
  // Use of A or B, by whatever verb. Jon's second is at the first instant of the second year (Q4).
  'accord-12m': { windows: { '2024-01-31': 'ana ben dan eve fay gus jon', '2025-01-31': 'jon' } },
  'accord-3m': {
    windows: {
      '2024-01-31': 'ana ben dan eve fay',
      '2024-04-30': 'gus',
      '2024-10-31': 'jon',
      '2025-01-31': 'jon',
    },
  },
  // Ana's resume on 1 March counts again (Q19); Feb 29, not Mar 2, follows Jan 31 (Q5).
  'accord-1m': {
    windows: {
      '2024-01-31': 'ana',
      '2024-02-29': 'ana ben eve fay',
      '2024-03-31': 'dan',
      '2024-04-30': 'gus',
      '2024-12-31': 'jon',
      '2025-01-31': 'jon',
    },
  },
  // The twelve months before each 1st. Those of 2024-03-01 begin on 2023-03-01 and hold only Ana's February.
  'accord-rolling-reading': {
    windows: {
      '2023-03-01': 'ana',
      '2023-04-01': 'ana ben eve fay',
      '2023-05-01': 'ana ben dan eve fay',
      '2023-06-01': 'ana ben dan eve fay gus',
      '2023-07-01': 'ana ben dan eve fay gus',
      '2023-08-01': 'ana ben dan eve fay gus',
      '2023-09-01': 'ana ben dan eve fay gus',
      '2023-10-01': 'ana ben dan eve fay gus',
      '2023-11-01': 'ana ben dan eve fay gus',
      '2023-12-01': 'ana ben dan eve fay gus',
      '2024-01-01': 'ana ben dan eve fay gus',
      '2024-02-01': 'ana ben dan eve fay gus jon',
      '2024-03-01': 'ana ben dan eve fay gus jon',
      '2024-04-01': 'dan gus jon',
      '2024-05-01': 'gus jon',
      '2024-06-01': 'jon',
      '2024-07-01': 'jon',
    },
    live: 'kim',
  },
  // Accord's evidence, and Cyd for attending.
  'docebo-mau': {
    windows: {
      '2024-02-01': 'ana',
      '2024-03-01': 'ana ben cyd eve fay',
      '2024-04-01': 'dan',
      '2024-05-01': 'gus',
      '2025-01-01': 'jon',
    },
  },
  // initialized, resumed, accessed; 30 days from 31 January: 03-01, 03-31, 04-30, … and 12 × 30 days later 2025-01-25.
  'docebo-30d-bank': {
    windows: {
      '2024-01-31': 'ana',
      '2024-03-01': 'ana ben',
      '2024-03-31': 'dan',
      '2024-04-30': 'gus',
      '2025-01-25': 'jon',
    },
  },
  'talentlms-unlimited': { windows: { '2024-01-31': 'ana ben', '2024-03-31': 'dan lea' } },
  'ispring-monthly': {
    windows: { '2024-01-10': 'ana', '2024-02-10': 'ben', '2024-03-10': 'dan', '2024-04-10': 'lea' },
  },
  // Eleven periods of 30 days from 1 March, the last of 35; Jon is in the last, which begins after 330 days.
  reach360: { windows: { '2024-03-01': 'ana ben', '2024-03-31': 'dan', '2025-01-25': 'jon' } },
  // The first launch of each course by each learner, ever: Ana's second launch and her resume add nothing.
  'scorm-cloud': {
    windows: { '2024-01-31': 'ana:A', '2024-03-01': 'ben:B', '2024-03-31': 'dan:A', '2025-01-25': 'jon:A' },
  },
  // Lea was first seen twelve hours before her window ended, and was no day old by then.
  'clerk-mru': { windows: { '2024-01-31': 'ana', '2024-02-29': 'ben', '2024-03-31': 'dan' } },
  // The 28 days before each 1st: [02-02, 03-01), [03-04, 04-01), [04-03, 05-01), [2025-01-04, 02-01), [2025-02-01, 03-01).
  'slack-28d': {
    windows: { '2024-02-02': 'ana ben', '2024-03-04': 'dan', '2024-04-03': 'lea', '2025-01-04': 'jon' },
    live: 'kim',
  },
  auth0: { windows: { '2024-02-01': 'ana ben', '2024-03-01': 'dan', '2024-04-01': 'lea' } },
  // Any statement, Hal's registration too, but no preview. Ana is three monthly users in February: by north, south and neither.
  'mixpanel-mtu': {
    windows: {
      '2024-02-01': 'ana: ana:north ana:south ben: hal:',
      '2024-03-01': 'ana: ben: cyd: dan: eve: fay:',
      '2024-04-01': 'dan: lea:',
      '2024-05-01': 'gus:',
      '2025-01-01': 'jon:',
    },
  },
  // Two courses at 80 % or done: Eve. Fay has one at 79 %.
  'ispring-market-lead': { windows: { '2024-02-10': 'eve' } },
  // The 365 days before each 1st; Ana's sign-in of 1 February leaves when they begin on 2 February, and so on.
  'learningpool-365': {
    windows: {
      '2023-03-02': 'ana ben',
      '2023-04-02': 'ana ben dan',
      ...Object.fromEntries(
        ['05', '06', '07', '08', '09', '10', '11', '12'].map((month) => [
          `2023-${month}-02`,
          'ana ben dan lea',
        ]),
      ),
      '2024-01-02': 'ana ben dan lea',
      '2024-02-02': 'ben dan lea',
      '2024-03-01': 'dan lea',
      '2024-04-01': 'lea',
    },
    live: 'kim',
  },
  'security-journey': { windows: { '2024-01-01': 'eve fay' } },
  'forma-lms': { windows: { '2024-02-01': 'ana ben', '2024-03-01': 'dan', '2024-04-01': 'lea' } },
}

let server: Running
const keys: Record<string, string> = {}

function statementOf([at, who, verb, element, more = {}]: Row) {
  const { progress, completion } = more
  const result = {
    ...(progress !== undefined && { extensions: { [PROGRESS]: progress } }),
    ...(completion && { completion }),
  }
  return {
    id: randomUUID(),
    timestamp: at,
    actor: { name: who, account: { homePage: LMS, name: who } },
    verb: { id: VERBS[verb as keyof typeof VERBS] ?? `${ADL}/${verb}` },
    object: {
      id: element === null ? LMS : COURSES[element],
      ...(element !== null && { definition: { type: 'http://adlnet.gov/expapi/activities/course' } }),
    },
    ...(Object.keys(result).length > 0 && { result }),
  }
}

async function keyOf(subAccount: string): Promise<string> {
  const body = { label: subAccount, purpose: 'learner', scopes: ['all'], subAccount }
  const { key, secret } = (await (await server.api('/credentials', { method: 'POST', body })).json()) as {
    key: string
    secret: string
  }
  return `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`
}

const json = async <T>(path: string): Promise<T> => (await (await server.api(path)).json()) as T

beforeAll(async () => {
  server = await startServer()
  const session = { id: COURSES.S, name: 'Session', kind: 'ilt', utilizationTracking: 'none' }
  expect((await server.api('/elements', { method: 'PUT', body: [session] })).status).toBe(200)
  keys.preview = await server.credential('preview', ['all'])
  for (const name of ['north', 'south']) keys[name] = await keyOf(name)
  for (const name of Object.keys(EXPECTED)) {
    const made = await server.api('/policies', { method: 'POST', body: preset(name) })
    expect(made.status, name).toBe(201)
  }
  for (const by of [undefined, 'north', 'south', 'preview'] as const) {
    const rows = STATEMENTS.filter(([, , , , more]) => more?.by === by)
    await server.send(rows.map(statementOf), ...(by ? [keys[by]] : []))
  }
  const now = new Date(server.clock.now()).toISOString()
  await server.send([
    statementOf([now, 'kim', 'logged-in', null]),
    statementOf([now, 'kim', 'initialized', 'A']),
  ])
  await server.counted('accord-12m')
})
afterAll(() => server.stop())

interface Listed {
  readonly name: string
  readonly key: string
}

function told({ name, key }: Listed): string {
  if (key === 'learner') return name
  const [, value = ''] = /^(?:activity|sub-account):(.*)$/.exec(key) ?? []
  return `${name}:${Object.entries(COURSES).find(([, id]) => id === value)?.[0] ?? value}`
}

/** The list is as long as the count says (F2). */
async function counted(window: { id: string; activeLearners: number }): Promise<string> {
  const { items } = await json<{ items: Listed[] }>(`/windows/${window.id}/learners?limit=1000`)
  expect(items, window.id).toHaveLength(window.activeLearners)
  return items.map(told).sort().join(' ')
}

describe.each(Object.entries(EXPECTED))('Preset %s', (name, { windows, live }) => {
  it('D10, F2: lists and counts who was worked out by hand, window by window', async () => {
    const { items } = await json<{ items: { id: string; start: string; activeLearners: number }[] }>(
      `/windows?policy=${name}&from=2023-01-01T00:00:00Z&to=2025-07-01T00:00:00Z&limit=1000`,
    )
    const found: Record<string, string> = {}
    for (const window of items.filter(({ activeLearners }) => activeLearners > 0))
      found[window.start.slice(0, 10)] = await counted(window)
    expect(found).toEqual(windows)
  })

  it('A25, ruling 9: 0 ≤ active ≤ total, in one unit', async () => {
    const licence = await json<{ activeLearners: number; totalLearners: number; window: { id: string } }>(
      `/licence?policy=${name}`,
    )
    expect(licence.activeLearners).toBeGreaterThanOrEqual(0)
    expect(licence.activeLearners).toBeLessThanOrEqual(licence.totalLearners)
    const all = Object.values(windows).flatMap((list) => list.split(' '))
    expect(licence.totalLearners).toBeGreaterThanOrEqual(new Set(all).size)
    if (live !== undefined) {
      expect(licence.window.id).toBe(`${name}.1.live`)
      expect(await counted({ id: licence.window.id, activeLearners: licence.activeLearners })).toBe(live)
    }
  })
})

it('all 18 are here', () => {
  expect(presetNames.filter((name) => !(name in EXPECTED))).toEqual([])
  expect(presetNames).toHaveLength(18)
})

it('A21, removal: deleting Lea physically takes her out of every open window, but not where purged statements count', async () => {
  const { items } = await json<{ items: { learner: string; name: string }[] }>('/learners?limit=1000')
  const filter = { learner: items.find(({ name }) => name === 'lea')?.learner }
  const remove = (more: object) =>
    server.api('/attempts/delete', { method: 'POST', body: { filter, mode: 'physical', ...more } })
  const dry = (await (await remove({ dryRun: true })).json()) as { confirm: string }
  expect((await remove({ confirm: dry.confirm, reason: 'left' })).status).toBe(200)
  await server.counted('learningpool-365')
  const active = async (id: string) =>
    (await json<{ activeLearners: number }>(`/windows/${id}`)).activeLearners
  expect(await active('learningpool-365.1.2024-04-01')).toBe(1)
  expect(await active('auth0.1.2024-04-01')).toBe(0)
})
