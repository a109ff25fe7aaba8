/** What comes after a window was closed, under each `close.late`, over HTTP: lists, both numbers, reasons (rulings 15, 16). */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operatorOf } from '../../src/lrs/access/accounts.ts'
import { verifyWindow } from '../../src/lrs/close/verify.ts'
import { rebuild } from '../../src/lrs/counting/rebuild.ts'
import { commercialHash, countHash, policySchema } from '../../src/metering/policy.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const DAY = 86_400_000
const SETTINGS = ['adjust', 'next-window', 'ignore'] as const
type Setting = (typeof SETTINGS)[number]

/** One policy for each setting, over the same statements. Their grace is so long that only we close their windows. */
const policyOf = (late: Setting) =>
  policySchema.parse({
    schema: 1,
    id: late,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01', timeZone: 'UTC' },
    close: { graceHours: 24 * 90, late },
    removal: { voided: 'drops' },
  })

let server: Running
/** When the policies were made, as far as they know. */
let made: number
beforeAll(async () => {
  server = await startServer()
  made = server.clock.now() - 60 * DAY
  const { stores } = server.app.lrs
  const [tenant] = await stores.tenants.list()
  for (const setting of SETTINGS) {
    const policy = policyOf(setting)
    const hashes = { countHash: countHash(policy), commercialHash: commercialHash(policy) }
    await stores.policies.add(tenant?.id ?? '', {
      policy,
      version: 1,
      effectiveFrom: null,
      recorded: made,
      ...hashes,
    })
  }
})
afterAll(() => server.stop())

interface WindowJson {
  status: string
  activeLearners: number
  closedCount: number | null
  asKnownToday: number
  adjustments: { automatic: number; purged: number; manual: number }
}
interface Late {
  learner: string
  statementId: string
  outcome: string
  window: string | null
  text: string
}
interface Page<T> {
  items: T[]
  next: string | null
}

const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const post = (path: string, body: unknown) => server.api(path, { method: 'POST', body })
const idOf = (setting: Setting, at: number) => `${setting}.1.${new Date(at).toISOString().slice(0, 10)}`
const windowOf = (setting: Setting, at: number) =>
  json<WindowJson>(server.api(`/windows/${idOf(setting, at)}`))
const lateOf = async (setting: Setting, at: number) =>
  (await json<Page<Late>>(server.api(`/windows/${idOf(setting, at)}/late`))).items
const explained = (setting: Setting, at: number, who: string) =>
  json<Record<string, unknown>>(server.api(`/windows/${idOf(setting, at)}/learners/${who}`))
const reasonsOf = async (setting: Setting, at: number) =>
  (
    await json<Page<{ reason: string; delta: number }>>(
      server.api(`/windows/${idOf(setting, at)}/adjustments`),
    )
  ).items.map(({ reason, delta }) => `${reason} ${delta}`)
const use = (name: string, at: number, more: object = {}) =>
  statement({ actor: learner(name), timestamp: new Date(at).toISOString(), ...more })
async function send(statements: readonly object[]): Promise<string[]> {
  const ids = await server.send(statements)
  await server.counted('adjust')
  return ids
}
async function close(at: number): Promise<void> {
  for (const setting of SETTINGS) {
    const response = await post(`/windows/${idOf(setting, at)}/close`, { reason: 'invoice is due' })
    expect(response.status).toBe(200)
  }
}
let days = 0
/** Three days of its own for each test, all over. */
function someDays(): readonly [number, number, number] {
  days += 3
  const at = made + days * DAY
  return [at, at + DAY, at + 2 * DAY]
}
const learnerOf = async (setting: Setting, at: number, name: string): Promise<string> => {
  const { items } = await json<Page<{ learner: string; identities: object[] }>>(
    server.api(`/windows/${idOf(setting, at)}/learners`),
  )
  return items.find(({ identities }) => JSON.stringify(identities).includes(`"${name}"`))?.learner ?? 'none'
}

describe('a late statement', () => {
  it('is an adjustment, counts in the next window, or is listed; the snapshot stays (Q13)', async () => {
    const [first, second] = someDays()
    await send([use('ana', first)])
    await close(first)
    const before = await json(server.api(`/windows/${idOf('ignore', first)}/learners`))
    const [again, zoe] = await send([use('ana', first + 1), use('zoe', first + 2)])
    const numbers = async (setting: Setting, at: number) => {
      const { closedCount, asKnownToday, activeLearners, adjustments } = await windowOf(setting, at)
      return [closedCount, asKnownToday, activeLearners, adjustments.automatic]
    }
    expect(await numbers('adjust', first)).toEqual([1, 2, 1, 1])
    expect(await numbers('next-window', first)).toEqual([1, 1, 1, 0])
    expect(await numbers('ignore', first)).toEqual([1, 1, 1, 0])
    expect(await numbers('adjust', second)).toEqual([null, 0, 0, 0])
    expect(await numbers('next-window', second)).toEqual([null, 1, 1, 0])
    expect(await numbers('ignore', second)).toEqual([null, 0, 0, 0])
    expect(await json(server.api(`/windows/${idOf('ignore', first)}/learners`))).toEqual(before)

    const told = async (setting: Setting) =>
      (await lateOf(setting, first)).map(({ statementId, outcome, window }) => [statementId, outcome, window])
    expect(await told('adjust')).toEqual([[zoe, 'adjusted', idOf('adjust', first)]])
    expect(await told('next-window')).toEqual([
      [again, 'already-counted', null],
      [zoe, 'next-window', idOf('next-window', second)],
    ])
    expect(await told('ignore')).toEqual([
      [again, 'ignored', null],
      [zoe, 'ignored', null],
    ])
  })

  it('is explained where it belongs and where it counts, also once that is closed (F1)', async () => {
    const [first, second, third] = someDays()
    await close(first)
    const [statementId] = await send([use('kim', first)])
    const kim = await learnerOf('next-window', second, 'kim')
    for (const setting of ['ignore', 'next-window'] as const)
      expect(await explained(setting, first, kim)).toMatchObject({
        counted: false,
        asKnownToday: false,
        nearestMiss: { reason: 'late', statementId },
      })
    const sentence = expect.stringContaining(`came after ${idOf('next-window', first)} was closed`)
    const there = { counted: true, evidence: { statementId }, text: sentence }
    expect(await explained('next-window', second, kim)).toMatchObject(there)
    await close(second)
    expect(await windowOf('next-window', second)).toMatchObject({ closedCount: 1, asKnownToday: 1 })
    expect(await explained('next-window', second, kim)).toMatchObject({ ...there, asKnownToday: true })
    // Both windows are closed now: it is the third that is open.
    await send([use('lou', first)])
    expect(await windowOf('next-window', second)).toMatchObject({ closedCount: 1, asKnownToday: 1 })
    expect(await windowOf('next-window', third)).toMatchObject({ activeLearners: 1 })
  })

  it('is listed page by page, and of its own window only', async () => {
    const [first, second] = someDays()
    await close(first)
    await close(second)
    await send([use('p1', first), use('p2', first + 1), use('p3', first + 2), use('other', second)])
    const path = `/windows/${idOf('ignore', first)}/late?limit=2`
    const page = await json<Page<Late>>(server.api(path))
    expect(page.items).toHaveLength(2)
    const rest = await json<Page<Late>>(server.api(`${path}&cursor=${encodeURIComponent(page.next ?? '')}`))
    expect(rest).toMatchObject({ items: [{ outcome: 'ignored' }], next: null })
    expect(new Set([...page.items, ...rest.items].map((one) => one.statementId)).size).toBe(3)
    expect(await lateOf('ignore', second)).toHaveLength(1)
  })

  it('of a window that is not closed there is none: 409; who may not read reports sees none', async () => {
    const [first] = someDays()
    expect((await server.api(`/windows/${idOf('ignore', first)}/late`)).status).toBe(409)
    expect((await server.api('/windows/none/late')).status).toBe(404)
    expect((await server.api(`/windows/${idOf('ignore', first)}/late?colour=red`)).status).toBe(400)
    const as = await server.credential('learner', ['statements/write'])
    expect((await server.api(`/windows/${idOf('ignore', first)}/late`, { as })).status).toBe(403)
  })
})

describe('what else happens after closing, under each setting', () => {
  it('a voided statement is −1; then a late one of the same person counts with the next window', async () => {
    const [first, second] = someDays()
    const [id] = await send([use('vic', first)])
    await close(first)
    await send([use('vic', first + 1)])
    const object = { objectType: 'StatementRef', id }
    await send([
      use('vic', first, {
        verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
        object,
        context: undefined,
      }),
    ])
    // The late one stands for the other where it may count at all.
    expect(await windowOf('adjust', first)).toMatchObject({ closedCount: 1, asKnownToday: 1 })
    for (const setting of ['next-window', 'ignore'] as const) {
      expect(await windowOf(setting, first)).toMatchObject({ closedCount: 1, asKnownToday: 0 })
      expect(await reasonsOf(setting, first)).toEqual(['void -1'])
    }
    expect(await windowOf('next-window', second)).toMatchObject({ activeLearners: 1 })
    expect(await windowOf('ignore', second)).toMatchObject({ activeLearners: 0 })
  })

  it('merging takes off whoever counts for the other already; parting gives it back (Q21)', async () => {
    const [first, second] = someDays()
    await send([use('m-in-time', first)])
    await close(first)
    await send([use('m-late', first)])
    const carried = async () => (await windowOf('next-window', second)).activeLearners
    expect(await carried()).toBe(1)
    const aliases = [{ identities: [learner('m-in-time'), learner('m-late')] }]
    await server.api('/aliases', { method: 'PUT', body: aliases })
    await server.counted('adjust')
    expect(await carried()).toBe(0)
    for (const setting of SETTINGS)
      expect(await windowOf(setting, first)).toMatchObject({ closedCount: 1, asKnownToday: 1 })
    const elder = await learnerOf('adjust', first, 'm-in-time')
    const { links } = await json<{ links: { id: string }[] }>(server.api(`/learners/${elder}`))
    await server.api(`/aliases/${links[0]?.id}`, { method: 'DELETE' })
    await server.counted('adjust')
    expect(await carried()).toBe(1)
    expect(await windowOf('adjust', first)).toMatchObject({ closedCount: 1, asKnownToday: 2 })
  })

  it('a physical deletion leaves the closed count and what is known today; the next window loses its late one (Q14, Q15)', async () => {
    const [first, second] = someDays()
    await send([use('gone', first)])
    await close(first)
    await send([use('gone-late', first)])
    for (const name of ['gone', 'gone-late']) {
      const where = name === 'gone' ? first : second
      const filter = { learner: await learnerOf('next-window', where, name) }
      const dry = await json<{ confirm: string; leaving: object[] }>(
        post('/attempts/delete', { filter, mode: 'physical', dryRun: true }),
      )
      if (name === 'gone-late')
        expect(dry.leaving).toContainEqual({ window: idOf('next-window', second), change: 1 })
      await post('/attempts/delete', { filter, mode: 'physical', confirm: dry.confirm })
    }
    await server.counted('adjust')
    expect(await windowOf('adjust', first)).toMatchObject({
      closedCount: 1,
      asKnownToday: 2,
      adjustments: { automatic: 1, purged: -2 },
    })
    for (const setting of ['next-window', 'ignore'] as const)
      expect(await windowOf(setting, first)).toMatchObject({
        closedCount: 1,
        asKnownToday: 1,
        adjustments: { automatic: 0, purged: -1 },
      })
    expect(await windowOf('next-window', second)).toMatchObject({ activeLearners: 0 })
  })
})

describe('after all of it', () => {
  it('every closed window is what its statements give, and a recount from scratch changes nothing', async () => {
    const { lrs } = server.app
    const [tenant] = await lrs.stores.tenants.list()
    if (!tenant) throw new Error('there is a tenant from the first start on')
    for (const closing of await lrs.stores.snapshots.closings(tenant.id))
      expect((await verifyWindow(lrs, tenant.id, closing))?.mismatches).toEqual([])
    for (const setting of SETTINGS) {
      const result = await rebuild(lrs, operatorOf(tenant), setting, () => undefined)
      expect(result).toMatchObject({ differences: 0 })
      const { items } = await json<Page<{ closedCount: number; automatic: number; asKnownToday: number }>>(
        server.api(`/usage?policy=${setting}`),
      )
      for (const one of items) expect(one.asKnownToday).toBe(one.closedCount + one.automatic)
    }
  })

  it('the policy says in words what becomes of late facts (F3)', async () => {
    const texts = await Promise.all(
      SETTINGS.map(async (id) => (await json<{ text: string[] }>(server.api(`/policies/${id}/text`))).text),
    )
    const sentences = texts.map((text) => text.filter((line) => line.startsWith('Closing and late facts')))
    expect(new Set(sentences.map(String)).size).toBe(3)
  })
})
