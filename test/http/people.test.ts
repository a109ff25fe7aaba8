/** People over HTTP: what the LMS says of them, merging and splitting, and where a count may hide somebody. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
  for (const [id, none] of [
    ['year', []],
    ['real', [{ learnerIn: ['test-accounts'] }]],
  ] as const)
    await server.api('/policies', { method: 'POST', body: policy(id, none) })
})
afterAll(() => server.stop())

const WINDOW = 'year.1.2026-01-01'
function policy(id: string, none: readonly object[]) {
  return {
    schema: 1,
    id,
    count: { any: [{ evidence: true }], none },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01', timeZone: 'UTC' },
  }
}

interface Named {
  learner: string
  name: string | null
  teams: string[]
  roles: string[]
  test: boolean
  identities: object[]
}
interface Merge {
  added: number
  merges: { into: string; from: string[] }[]
  effect: { open: { window: string; change: number }[]; complete: boolean }
}
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
/** A CSV, as a file is sent. */
const load = (csv: string, query = '') => sendText(`/learners/import${query}`, csv)
async function sendText(path: string, text: string): Promise<Response> {
  const session = await json<{ token: string }>(
    fetch(`${server.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'admin@example.org', password: 'correct horse battery' }),
    }),
  )
  return fetch(`${server.url}/api/v1${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${session.token}`, 'Content-Type': 'text/csv' },
    body: text,
  })
}
/** Each test has people of its own. */
function home() {
  const homePage = `https://lms.example.org/${randomUUID().slice(0, 8)}`
  const actor = (name: string) => ({ account: { homePage, name } })
  const use = (name: string, over: object = {}) =>
    statement({ actor: actor(name), timestamp: '2026-05-01T09:00:00Z', ...over })
  return { homePage, actor, use, id: (name: string) => `${homePage}|${name}` }
}
const count = async (id: string) => (await server.counted(id)).activeLearners as number
const link = (body: object) => json<Merge>(server.api('/aliases', { method: 'PUT', body }))

describe('POST /learners/import', () => {
  it('A1: importing learners adds nobody to the count, and they are listed with names, teams and roles', async () => {
    const { id } = home()
    const before = await count('year')
    const team = `Team ${randomUUID()}`
    const csv = `name,identities,teams,roles\nAna,${id('ana')},${team}; North,learner\n"Ben, B.",${id('ben')},${team},\n`
    expect(await (await load(csv)).json()).toMatchObject({
      lines: 2,
      changed: 2,
      linked: 0,
      needsConfirm: false,
    })
    expect(await count('year')).toBe(before)
    const { items } = await json<{ items: Named[] }>(server.api(`/learners?team=${encodeURIComponent(team)}`))
    expect(items.map(({ name, teams, roles }) => [name, teams, roles]).sort()).toEqual([
      ['Ana', ['North', team].sort(), ['learner']],
      ['Ben, B.', [team], []],
    ])
    expect(await (await load(csv)).json()).toMatchObject({ changed: 0 })
  })

  it('F8: a test account adds 0 where the policy leaves test accounts out; the dry run says so before', async () => {
    const { id, use } = home()
    await server.send([use('tess')])
    const [all, real] = [await count('year'), await count('real')]
    const csv = `identities,test\n${id('tess')},yes\n`
    const dry = (await (await load(csv, '?dryRun=true')).json()) as Merge & { changed: number }
    expect(dry).toMatchObject({ changed: 1, effect: { open: [{ window: 'real.1.2026-01-01', change: -1 }] } })
    expect(await count('real')).toBe(real)
    await load(csv)
    expect([await count('year'), await count('real')]).toEqual([all, real - 1])
  })

  it('identities of one line are one person; the dry run tells the merge and its effect', async () => {
    const { id, use } = home()
    await server.send([use('ana'), use('4711')])
    const before = await count('year')
    const csv = `name;x\n`
    expect((await load(csv)).status).toBe(400)
    const file = `name,identities\nAna,${id('ana')} ${id('4711')}\n`
    const dry = (await (await load(file, '?dryRun=true')).json()) as Merge
    expect(dry.merges).toHaveLength(1)
    expect(dry.effect.open).toContainEqual({ window: WINDOW, change: -1 })
    expect(await (await load(file)).json()).toMatchObject({ linked: 1 })
    expect(await count('year')).toBe(before - 1)
  })

  it('a wrong line is told by line and column, and nothing of the file is stored', async () => {
    const { id } = home()
    const csv = `name,identities,test\nAna,${id('ana')},\nBen,nonsense,\nCyd,${id('ana')},maybe\n,,\n`
    const refused = await load(csv)
    expect(refused.status).toBe(400)
    const { errors } = (await refused.json()) as { errors: { path: string; message: string }[] }
    expect(errors.map(({ path }) => path)).toEqual([
      'line 3, identities',
      'line 4, test',
      'line 4, identities',
      'line 5, identities',
    ])
    const dry = (await (await load(csv, '?dryRun=true')).json()) as { faults: object[]; changed: number }
    expect([dry.faults.length, dry.changed]).toEqual([4, 1])
    const learners = await json<{ items: Named[] }>(server.api('/learners?limit=1000'))
    expect(JSON.stringify(learners)).not.toContain(id('ana').split('|')[0])
    expect(await (await load('name,shoe size\nAna,42\n')).text()).toContain('there is no column «shoe size»')
  })

  it('homePage stands for account names alone, and only who manages learners may import', async () => {
    const { homePage } = home()
    const query = `?homePage=${encodeURIComponent(homePage)}&dryRun=true`
    expect(await (await load('identities\nana\n', query)).json()).toMatchObject({ changed: 1, faults: [] })
    const as = await server.credential('report', ['reports'])
    expect((await server.api('/learners/import', { method: 'POST', as, body: [] })).status).toBe(403)
  })
})

describe('Merging and splitting', () => {
  it('Q21: a merge of two counted takes one away, splitting gives it back, and both are told before', async () => {
    const { actor, use } = home()
    await server.send([use('a'), use('b')])
    const before = await count('year')
    const body = { aliases: [{ identities: [actor('a'), actor('b')] }] }
    const dry = await link({ ...body, dryRun: true })
    expect(dry.effect.open).toContainEqual({ window: WINDOW, change: -1 })
    expect(await count('year')).toBe(before)
    const { merges } = await link(body)
    expect(await count('year')).toBe(before - 1)
    const { into, from } = merges[0] ?? { into: '', from: [] }
    const elder = await json<Named & { links: { id: string; source: string }[]; counted: string[] }>(
      server.api(`/learners/${from[0]}`),
    )
    expect(elder).toMatchObject({ learner: into, links: [{ source: 'alias' }] })
    expect(elder.counted).toContain(WINDOW)
    const path = `/aliases/${elder.links[0]?.id}`
    const planned = await json<Merge & { parts: object[][] }>(
      server.api(`${path}?dryRun=true`, { method: 'DELETE' }),
    )
    expect(planned.parts).toHaveLength(2)
    expect(planned.effect.open).toContainEqual({ window: WINDOW, change: 1 })
    expect(await count('year')).toBe(before - 1)
    expect((await server.api(path, { method: 'DELETE' })).status).toBe(200)
    expect(await count('year')).toBe(before)
    expect((await server.api(path, { method: 'DELETE' })).status).toBe(404)
    // Whoever was merged away stands under the old id again (ruling 19).
    expect(await json(server.api(`/learners/${from[0]}`))).toMatchObject({ learner: from[0], links: [] })
    const list = await json<{ items: object[] }>(server.api('/aliases?limit=1000'))
    expect(JSON.stringify(list.items)).not.toContain(elder.links[0]?.id)
  })
})

describe('Reports about people', () => {
  it('GET /learners/{id} and its timeline tell what was used when, newest first, each with its verdict', async () => {
    const { use, homePage } = home()
    const preview = 'http://adlnet.gov/expapi/verbs/registered'
    await server.send([
      use('ana', { timestamp: '2026-05-02T09:00:00Z' }),
      use('ana', { timestamp: '2026-05-03T09:00:00Z', verb: { id: preview } }),
      use('ana', { timestamp: '2026-05-01T09:00:00Z' }),
    ])
    await server.counted('year')
    const all = await json<{ items: Named[] }>(server.api('/learners?limit=1000'))
    const ana = all.items.find(({ identities }) => JSON.stringify(identities).includes(homePage))
    const detail = await json<{ statements: number; lastUse: string }>(
      server.api(`/learners/${ana?.learner}`),
    )
    expect(detail).toMatchObject({ statements: 3, firstUse: '2026-05-01T09:00:00.000Z' })
    type Moments = { items: { at: string; tracked: boolean }[]; next: string | null }
    const first = await json<Moments>(server.api(`/learners/${ana?.learner}/timeline?limit=2`))
    const rest = await json<Moments>(
      server.api(`/learners/${ana?.learner}/timeline?limit=2&cursor=${first.next}`),
    )
    expect([...first.items, ...rest.items].map(({ at, tracked }) => [at.slice(0, 10), tracked])).toEqual([
      ['2026-05-03', false],
      ['2026-05-02', true],
      ['2026-05-01', true],
    ])
    expect(rest.next).toBeNull()
    expect((await server.api('/learners/nobody')).status).toBe(404)
  })

  it('in-the-wild §6.2, 9: /unlinked tells actors seen, learners, top home pages and non-persons', async () => {
    const { use, homePage } = home()
    await server.send([use('a'), use('b'), use('c'), use('anonymous')])
    await server.counted('year')
    type Actors = {
      actorsSeen: number
      learners: number
      topHomes: { home: string; unlinked: number }[]
      nonPersons: object[]
    }
    const actors = await json<Actors>(server.api('/unlinked?limit=1'))
    expect(actors.actorsSeen).toBeGreaterThanOrEqual(actors.learners)
    expect(actors.topHomes).toContainEqual({ home: homePage, unlinked: 4 })
    expect(actors.nonPersons).toContainEqual({ account: { homePage, name: 'anonymous' } })
  })

  it('F8: «hidden counting» lists counted people who look like staff or tests', async () => {
    const { use, id } = home()
    await server.send([
      use('boss'),
      use('boss', { timestamp: '2026-05-01T09:00:20Z' }),
      use('test-user'),
      use('ana'),
      use('ana', { timestamp: '2026-05-01T09:20:00Z' }),
    ])
    await load(`name,identities,roles\nBo,${id('boss')},Course admin\nAna,${id('ana')},learner\n`)
    await server.counted('year')
    type Suspects = { items: { name: string | null; identities: object[]; suspicions: string[] }[] }
    const { items } = await json<Suspects>(server.api(`/windows/${WINDOW}/suspects?limit=1000`))
    const about = (name: string) =>
      items.find(
        ({ identities }) =>
          JSON.stringify(identities).includes(JSON.stringify(id(name).split('|')[0]).slice(1, -1)) &&
          JSON.stringify(identities).includes(`"${name}"`),
      )
    expect(about('boss')?.suspicions).toEqual(['staff-role', 'only-seconds'])
    // One moment does not say how long it was.
    expect(about('test-user')?.suspicions).toEqual(['test-name'])
    expect(about('ana')).toBeUndefined()
  })

  it('GET /attempts filters by team as it is now', async () => {
    const { use, id } = home()
    const team = `Team ${randomUUID()}`
    await server.send([use('ana'), use('ben')])
    await load(`identities,teams\n${id('ana')},${team}\n`)
    await server.counted('year')
    const { items } = await json<{ items: { learner: string }[] }>(
      server.api(`/attempts?limit=1000&team=${encodeURIComponent(team)}`),
    )
    expect(items).toHaveLength(1)
  })
})

describe('POST /windows/{id}/reconcile', () => {
  it('F11: differences on both sides, each with its reason', async () => {
    const { use, homePage } = home()
    await server.send([
      use('both'),
      use('only-counted'),
      use('outside', { timestamp: '2025-05-01T09:00:00Z' }),
    ])
    await server.counted('year')
    const path = `/windows/${WINDOW}/reconcile?homePage=${encodeURIComponent(homePage)}`
    type Result = {
      listed: number
      both: number
      onlyListed: { ids: string[]; reason: string }[]
      onlyCounted: { identities: object[] }[]
    }
    const result = (await (await sendText(path, 'username\nboth\noutside\nnobody\n')).json()) as Result
    expect(result).toMatchObject({ listed: 3, both: 1 })
    expect(result.onlyListed.map(({ ids, reason }) => [...ids, reason])).toEqual([
      ['outside', 'outside-window'],
      ['nobody', 'never-seen'],
    ])
    const mine = result.onlyCounted.filter(({ identities }) => JSON.stringify(identities).includes(homePage))
    expect(mine).toHaveLength(1)
    const asJson = await sendText(path, '["both"]')
    expect(await asJson.json()).toMatchObject({ listed: 1, both: 1 })
    expect((await sendText(`/windows/${WINDOW}/reconcile`, 'username\nboth\n')).status).toBe(400)
    expect((await sendText('/windows/none/reconcile', 'a@example.org\n')).status).toBe(404)
  })
})

describe('PUT /aliases, badly asked', () => {
  it('names what is wrong by the path it was sent with, whichever shape it has, and links nothing (ruling 20)', async () => {
    const { use, homePage } = home()
    const [lone, broken] = [{ account: { homePage, name: 'alone' } }, { mbox: 'x' }]
    await server.send(use('alone'))
    const wrong: [unknown, string][] = [
      [[{ identities: [lone] }], '$.0.identities'],
      [{ identities: [] }, '$.identities'],
      [{ aliases: [{ identities: [lone, broken] }] }, '$.aliases.0.identities.1.mbox'],
      [[{}], '$.0.identities'],
    ]
    for (const [body, path] of wrong) {
      const answer = await server.api('/aliases', { method: 'PUT', body })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toHaveProperty('errors.0.path', path)
    }
  })
})
