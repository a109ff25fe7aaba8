/** Deleting attempts over HTTP: who leaves, what stays, and what cannot come back. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startServer, statement } from '../harness/running.ts'

/** Eight months before 20 November 2026, the day the tests speak of. */
const EIGHT_MONTHS_AGO = '2026-03-20T12:00:00Z'

let server: Running
beforeAll(async () => {
  server = await startServer()
  for (const [id, removal] of [
    ['year', {}],
    ['keeps', { purged: 'counts' }],
    ['drops-voided', { voided: 'drops' }],
  ] as const)
    await server.api('/policies', { method: 'POST', body: policy(id, removal) })
})
afterAll(() => server.stop())

function policy(id: string, removal: object) {
  return {
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { months: 12 }, anchor: '2026-01-01', timeZone: 'UTC' },
    removal,
  }
}

interface Deletion {
  id: string
  state: string
  statements: number
  attempts: number
  learners: number
  shared: number
  leaving: { window: string; change: number }[]
  confirm?: string
}
const WINDOW = 'year.1.2026-01-01'
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const remove = (body: object) => server.api('/attempts/delete', { method: 'POST', body })
/** What takes longer than a request waits for is asked for again (202). */
async function ended(response: Promise<Response>): Promise<Deletion> {
  let deletion = await json<Deletion>(response)
  while (deletion.state === 'planning' || deletion.state === 'deleting')
    deletion = await json<Deletion>(server.api(`/attempts/deletions/${deletion.id}`))
  return deletion
}
/** As it will be, and as it was then done. */
async function dryThenDone(filter: object, mode: 'logical' | 'physical') {
  const dry = await ended(remove({ filter, mode, dryRun: true }))
  const confirm = dry.confirm === undefined ? {} : { confirm: dry.confirm }
  const done = await ended(remove({ filter, mode, ...confirm, reason: 'test' }))
  expect(['done', 'cleaning']).toContain(done.state)
  return { dry, done }
}
/** Each test has people and an element of its own. */
function group() {
  const name = randomUUID().slice(0, 8)
  const actor = (who: string) => ({ account: { homePage: `https://lms.example.org/${name}`, name: who } })
  const use = (who: string, at: string, over: object = {}) =>
    statement({
      actor: { name: who, ...actor(who) },
      timestamp: at,
      object: {
        id: `https://lms.example.org/${name}/sco`,
        definition: { type: 'http://adlnet.gov/expapi/activities/lesson' },
      },
      ...over,
    })
  const counted = async (policyId = 'year') => {
    await server.counted(policyId)
    const window = `${policyId}.1.2026-01-01`
    const list = await json<{ items: { name: string; identities: { account: { homePage: string } }[] }[] }>(
      server.api(`/windows/${window}/learners?limit=1000`),
    )
    return list.items
      .filter(({ identities }) => identities[0]?.account.homePage.endsWith(name))
      .map((one) => one.name)
      .sort()
  }
  const id = async (who: string) => {
    await server.counted('year')
    const all = await json<{
      items: { learner: string; name: string; identities: { account: { homePage: string } }[] }[]
    }>(server.api('/learners?limit=1000'))
    const found = all.items.find(
      (one) => one.name === who && one.identities[0]?.account.homePage.endsWith(name),
    )
    return found?.learner ?? ''
  }
  return { element: `https://lms.example.org/${name}/sco`, actor, use, counted, id }
}
const inSession = (element: string, attempt: string) => ({
  context: {
    contextActivities: {
      category: [{ id: 'https://w3id.org/xapi/scorm' }],
      grouping: [
        {
          id: `${element}?attemptId=${attempt}`,
          definition: { type: 'http://adlnet.gov/expapi/activities/attempt' },
        },
      ],
    },
  },
})

describe('POST /attempts/delete', () => {
  it('A21: deleting all attempts older than 8 months leaves only learners with use in the last 8 months', async () => {
    const { element, use, counted } = group()
    await server.send([
      use('old', '2026-02-01T09:00:00Z'),
      use('old twice', '2026-01-05T09:00:00Z'),
      use('old twice', '2026-03-19T09:00:00Z'),
      use('recent', '2026-10-01T09:00:00Z'),
      use('both', '2026-02-01T09:00:00Z'),
      use('both', '2026-08-01T09:00:00Z'),
    ])
    expect(await counted()).toEqual(['both', 'old', 'old twice', 'recent'])
    const filter = { element, before: EIGHT_MONTHS_AGO }
    const { dry, done } = await dryThenDone(filter, 'physical')
    expect(dry).toMatchObject({ statements: 4, learners: 3, shared: 0 })
    expect(dry.leaving).toContainEqual({ window: WINDOW, change: 2 })
    expect({ ...done, ...same(dry) }).toEqual(done)
    expect(await counted()).toEqual(['both', 'recent'])
  })

  it('A21: an attempt that was begun earlier and resumed in the last 8 months stays whole', async () => {
    const { element, use, counted } = group()
    const [spanning, old] = [randomUUID(), randomUUID()]
    const ids = await server.send([
      use('resumes', '2026-02-01T09:00:00Z', inSession(element, spanning)),
      use('resumes', '2026-10-01T09:00:00Z', {
        verb: { id: 'http://adlnet.gov/expapi/verbs/terminated' },
        ...inSession(element, spanning),
      }),
      use('resumes', '2026-01-10T09:00:00Z', inSession(element, old)),
    ])
    const { done } = await dryThenDone({ element, before: EIGHT_MONTHS_AGO }, 'physical')
    expect(done).toMatchObject({ statements: 1, attempts: 1 })
    expect(done.leaving).toEqual([])
    expect((await server.xapi(`/statements?statementId=${ids[0]}`)).status).toBe(200)
    expect((await server.xapi(`/statements?statementId=${ids[2]}`)).status).toBe(404)
    expect(await counted()).toEqual(['resumes'])
  })

  it('A23: a logically deleted attempt is in no report but still counts; a policy that drops voided ones does not count it', async () => {
    const { element, use, counted, id } = group()
    const [gone] = await server.send([use('ana', '2026-05-01T09:00:00Z')])
    const learner = await id('ana')
    const { dry } = await dryThenDone({ element }, 'logical')
    expect(dry).toMatchObject({ statements: 1, attempts: 1, learners: 1 })
    expect(dry.leaving).toEqual([{ window: 'drops-voided.1.2026-01-01', change: 1 }])
    expect(await counted()).toEqual(['ana'])
    expect(await counted('drops-voided')).toEqual([])
    const attempts = await json<{ items: unknown[] }>(server.api(`/attempts?learner=${learner}`))
    expect(attempts.items).toEqual([])
    expect((await server.xapi(`/statements?statementId=${gone}`)).status).toBe(404)
    expect((await server.xapi(`/statements?voidedStatementId=${gone}`)).status).toBe(200)
  })

  it('A24: a physically deleted attempt is in no report, does not count, and does not come back by a resend', async () => {
    const { element, use, counted } = group()
    const [one, two] = [use('ana', '2026-05-01T09:00:00Z'), use('ben', '2026-05-01T09:00:00Z')]
    await server.send([one, two])
    await dryThenDone({ element }, 'physical')
    expect(await counted()).toEqual([])
    const again = await server.xapi('/statements', { method: 'POST', body: JSON.stringify([one, two]) })
    expect([again.status, await again.json()]).toEqual([200, [one.id, two.id]])
    const put = await server.xapi(`/statements?statementId=${one.id}`, {
      method: 'PUT',
      body: JSON.stringify(one),
    })
    expect(put.status).toBe(204)
    expect((await server.xapi(`/statements?statementId=${one.id}`)).status).toBe(404)
    expect(await counted()).toEqual([])
  })

  it('ruling 8: a policy that counts purged evidence still counts, also after everything is counted again', async () => {
    const { element, use, counted, id } = group()
    await server.send([use('ana', '2026-05-01T09:00:00Z')])
    const learner = await id('ana')
    const { dry } = await dryThenDone({ element }, 'physical')
    expect(dry.leaving.map(({ window }) => window)).not.toContain('keeps.1.2026-01-01')
    expect(await counted('keeps')).toEqual(['ana'])
    expect(await counted('year')).toEqual([])
    // Any later statement brings a recount of the whole learner.
    await server.send([use('ana', '2027-02-01T09:00:00Z')])
    expect(await counted('keeps')).toEqual(['ana'])
    const explained = await json(server.api(`/windows/keeps.1.2026-01-01/learners/${learner}`))
    expect(explained).toMatchObject({
      counted: true,
      evidence: { rule: 'purged', at: '2026-05-01T09:00:00.000Z' },
    })
  })

  it('Q22: a statement about several learners goes only when it is deleted for all of them', async () => {
    const { element, use, counted, id, actor } = group()
    const both = {
      objectType: 'Group',
      member: [actor('ana'), actor('ben')].map((one, n) => ({ ...one, name: ['ana', 'ben'][n] })),
    }
    await server.send([use('', '2026-05-01T09:00:00Z', { actor: both })])
    expect(await counted()).toEqual(['ana', 'ben'])
    const { dry } = await dryThenDone({ learner: await id('ana') }, 'physical')
    expect(dry).toMatchObject({ statements: 0, shared: 1, leaving: [] })
    expect(await counted()).toEqual(['ana', 'ben'])
    const all = await dryThenDone({ element }, 'physical')
    expect(all.dry).toMatchObject({ statements: 1, learners: 2, shared: 0 })
    expect(all.dry.leaving).toContainEqual({ window: WINDOW, change: 2 })
    expect(await counted()).toEqual([])
  })

  it('F10: a physical deletion without the right confirmation deletes nothing', async () => {
    const { element, use, counted } = group()
    await server.send([use('ana', '2026-05-01T09:00:00Z')])
    const missing = await remove({ filter: { element }, mode: 'physical' })
    expect([
      missing.status,
      ((await missing.json()) as { errors: { path: string }[] }).errors[0]?.path,
    ]).toEqual([400, '$.confirm'])
    const wrong = await remove({ filter: { element }, mode: 'physical', confirm: 2 })
    // Told at once, or by the record of what took longer.
    if (wrong.status === 202) expect((await ended(Promise.resolve(wrong))).state).toBe('refused')
    else {
      const { detail } = (await wrong.json()) as { detail: string }
      expect([wrong.status, detail]).toEqual([
        409,
        'you confirmed 2 statements, but 1 are hit: nothing was deleted',
      ])
    }
    expect(await counted()).toEqual(['ana'])
    await ended(remove({ filter: { element }, mode: 'physical', confirm: 1 }))
    expect(await counted()).toEqual([])
  })

  it('A24: who deleted what and why is kept', async () => {
    const { element, use } = group()
    await server.send([use('ana', '2026-05-01T09:00:00Z')])
    const body = {
      filter: { element },
      mode: 'physical',
      confirm: 'delete 1 statements',
      reason: 'left the company',
    }
    const { id } = await ended(remove(body))
    const kept = await json(server.api(`/attempts/deletions/${id}`))
    expect(kept).toMatchObject({
      mode: 'physical',
      dryRun: false,
      author: 'admin@example.org',
      reason: 'left the company',
      filter: { element },
      statements: 1,
    })
    const list = await json<{ items: Deletion[] }>(server.api('/attempts/deletions?limit=1'))
    expect(list.items[0]?.id).toBe(id)
  })

  it('refuses an empty filter, an unknown learner, and whoever may not delete', async () => {
    const empty = await remove({ filter: {}, mode: 'logical' })
    expect(empty.status).toBe(400)
    expect(await empty.text()).toContain('must name at least one of learner, team')
    expect((await remove({ filter: { learner: 'nobody' }, mode: 'logical' })).status).toBe(404)
    const swapped = { after: '2026-02-01T00:00:00Z', before: '2026-01-01T00:00:00Z' }
    const nothing = await remove({ filter: swapped, mode: 'logical', dryRun: true })
    expect(nothing.status).toBe(400)
    expect(await nothing.text()).toContain('$.filter.before')
    const as = await server.credential('report', ['reports'])
    const refused = await server.api('/attempts/delete', {
      method: 'POST',
      as,
      body: { filter: { element: 'https://x.example' }, mode: 'logical' },
    })
    expect(refused.status).toBe(403)
  })
})

/** What a dry run and the act must agree in. */
function same({ statements, attempts, learners, shared, leaving }: Deletion) {
  return { statements, attempts, learners, shared, leaving }
}
