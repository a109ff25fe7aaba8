/** cmi5 as an LMS and its content use it: launch, fetch URL, a credential for one session, and what it may not do. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, KEY, type Running, SECRET, startServer } from '../harness/running.ts'

const CX = 'https://w3id.org/xapi/cmi5/context/extensions/'
const CMI5 = { id: 'https://w3id.org/xapi/cmi5/context/categories/cmi5' }
const ADL = 'http://adlnet.gov/expapi/verbs/'
const HOUR = 3_600_000

interface Launched {
  sessionId: string
  registration: string
  activityId: string
  endpoint: string
  fetch: string
  actor: { account: { name: string } }
  parameters: string
  launchUrl: string | null
  launchData: { contextTemplate: Record<string, unknown>; [name: string]: unknown }
  launched: string | null
  expires: string
}

let server: Running
let lms: string
beforeAll(async () => {
  server = await startServer()
  lms = await server.credential('lms', ['launches', 'statements/write', 'statements/read'])
})
afterAll(() => server.stop())

const post = (body: Record<string, unknown>, as = lms) =>
  server.api('/cmi5/sessions', { method: 'POST', body, as })

const newLaunch = (over: Record<string, unknown> = {}) => ({
  actor: { account: { homePage: 'https://lms.example.org', name: `u-${randomUUID()}` } },
  activityId: `https://lms.example.org/au/${randomUUID()}`,
  publisherId: 'https://publisher.example.org/au/fire',
  ...over,
})

async function launch(over: Record<string, unknown> = {}): Promise<Launched> {
  const response = await post(newLaunch(over))
  if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Launched
}

/** As an AU does it. */
const callFetch = async (url: string) =>
  (await (await fetch(url, { method: 'POST' })).json()) as Record<string, string>

/** A launch and the Authorization its content has. */
async function content(over: Record<string, unknown> = {}): Promise<Launched & { as: string }> {
  const launched = await launch(over)
  return { ...launched, as: `Basic ${(await callFetch(launched.fetch))['auth-token']}` }
}

function said(launched: Launched, verb: string, over: Record<string, unknown> = {}): Record<string, unknown> {
  const { contextTemplate } = launched.launchData as { contextTemplate: { contextActivities: object } }
  return {
    id: randomUUID(),
    actor: launched.actor,
    verb: { id: ADL + verb },
    object: { id: launched.activityId },
    context: {
      ...contextTemplate,
      registration: launched.registration,
      contextActivities: { ...contextTemplate.contextActivities, category: [CMI5] },
    },
    timestamp: '2026-03-01T09:00:00Z',
    ...over,
  }
}

const write = (statement: unknown, as: string) =>
  server.xapi('/statements', { method: 'POST', body: JSON.stringify(statement), as })

describe('POST /cmi5/sessions', () => {
  it('answers with the five parameters of the launch URL (cmi5 §8.1) and the launch data (§10)', async () => {
    const registration = randomUUID()
    const asked = newLaunch({
      registration: registration.toUpperCase(),
      sessionId: `s-${registration}`,
      masteryScore: 0.75,
      moveOn: 'CompletedOrPassed',
      launchParameters: 'a=1',
      returnURL: 'https://lms.example.org/back',
      url: 'https://cdn.example.org/au/index.html?lang=en',
      contextTemplate: {
        extensions: { 'https://lms.example.org/x': 1 },
        contextActivities: { other: [{ id: 'https://lms.example.org/o' }] },
      },
    })
    const launched = (await (await post(asked)).json()) as Launched
    const query = new URLSearchParams(launched.parameters)
    expect([...query.keys()]).toEqual(['endpoint', 'fetch', 'actor', 'registration', 'activityId'])
    expect(query.get('endpoint')).toBe(`${server.url}/xapi/`)
    expect(query.get('registration')).toBe(registration)
    expect(query.get('activityId')).toBe(asked.activityId)
    expect(JSON.parse(query.get('actor') ?? '')).toEqual({ ...asked.actor, objectType: 'Agent' })
    expect(launched.launchUrl).toBe(`https://cdn.example.org/au/index.html?lang=en&${launched.parameters}`)
    expect(launched.launchData).toEqual({
      contextTemplate: {
        extensions: { 'https://lms.example.org/x': 1, [`${CX}sessionid`]: `s-${registration}` },
        contextActivities: {
          other: [{ id: 'https://lms.example.org/o' }],
          grouping: [{ id: asked.publisherId }],
        },
      },
      launchMode: 'Normal',
      moveOn: 'CompletedOrPassed',
      masteryScore: 0.75,
      launchParameters: 'a=1',
      returnURL: 'https://lms.example.org/back',
    })
  })

  it('makes registration and session id where the LMS gives none, and no key is in its answer', async () => {
    const launched = await launch()
    expect(launched.registration).toMatch(/^[0-9a-f-]{36}$/)
    expect(launched.sessionId).not.toBe((await launch()).sessionId)
    expect(launched.launchUrl).toBeNull()
    expect(JSON.stringify(launched)).not.toContain('auth-token')
  })

  it('writes a conforming «launched» statement where it is asked for (cmi5 §9.3.1)', async () => {
    const launched = await launch({
      launched: true,
      url: 'https://cdn.example.org/au',
      launchMode: 'Review',
      masteryScore: 0.5,
    })
    const response = await server.xapi(`/statements?statementId=${launched.launched}`, { as: lms })
    const statement = (await response.json()) as { verb: { id: string }; context: { extensions: object } }
    expect(statement.verb.id).toBe(`${ADL}launched`)
    expect(statement.context.extensions).toEqual({
      [`${CX}sessionid`]: launched.sessionId,
      [`${CX}launchmode`]: 'Review',
      [`${CX}launchurl`]: 'https://cdn.example.org/au',
      [`${CX}moveon`]: 'NotApplicable',
      [`${CX}masteryscore`]: 0.5,
    })
    const check = await server.api('/check', { method: 'POST', body: statement })
    expect(((await check.json()) as { decisions: { cmi5: unknown[] }[] }).decisions[0]?.cmi5).toEqual([])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['an actor without account', { actor: { mbox: 'mailto:a@example.org' } }, '$.actor'],
    ['no actor', { actor: undefined }, '$.actor'],
    ['an activity that is no IRI', { activityId: 'au1' }, '$.activityId'],
    ['a registration that is no UUID', { registration: 'r' }, '$.registration'],
    ['a mode there is not', { launchMode: 'browse' }, '$.launchMode'],
    ['a mastery score of 2', { masteryScore: 2 }, '$.masteryScore'],
    ['an unknown member', { masteryscore: 1 }, '$'],
    ['a template that is no context', { contextTemplate: { revision: 7 } }, '$.contextTemplate.revision'],
    [
      'a template with grouping that is no list of activities',
      { contextTemplate: { contextActivities: { grouping: 'x' } } },
      '$.contextTemplate',
    ],
    [
      'a template with null among its activities',
      { contextTemplate: { contextActivities: { grouping: [null] } } },
      '$.contextTemplate.contextActivities.grouping[0]',
    ],
    ['a template with null', { contextTemplate: { contextActivities: null } }, '$.contextTemplate'],
    ['«launched» without the URL', { launched: true }, '$.url'],
    ['a URL that a browser would run', { url: `${'javascript'}:alert(1)` }, '$.url'],
    ['a URL to return to that is no web address', { returnURL: 'file:///etc/passwd' }, '$.returnURL'],
    ['an expiry of a year', { expiresIn: 31_536_000 }, '$.expiresIn'],
  ])('refuses %s with 400 and makes no session', async (_name, over, path) => {
    const sessionId = randomUUID()
    const response = await post(newLaunch({ sessionId, ...over }))
    const answer = (await response.json()) as { errors?: { path: string }[] }
    expect([response.status, answer.errors?.[0]?.path.startsWith(path) ? path : answer]).toEqual([400, path])
    expect((await server.api(`/cmi5/sessions/${sessionId}`, { as: lms })).status).toBe(404)
  })

  it('is for purpose lms with scope launches, and for integrators', async () => {
    const learner = await server.credential('learner', ['all', 'launches'])
    expect((await post(newLaunch(), learner)).status).toBe(403)
    expect((await post(newLaunch(), await server.credential('lms', ['statements/write']))).status).toBe(403)
    expect((await server.api('/cmi5/sessions', { method: 'POST', body: newLaunch() })).status).toBe(201)
    expect((await post(newLaunch(), basic(KEY, 'x'))).status).toBe(401)
  })

  it('a session id is used once', async () => {
    const { sessionId } = await launch()
    expect((await post(newLaunch({ sessionId }))).status).toBe(409)
  })

  it('what could not be written whole leaves no session: «launched» needs the right to write', async () => {
    const only = await server.credential('lms', ['launches'])
    const sessionId = randomUUID()
    expect(
      (await post(newLaunch({ sessionId, launched: true, url: 'https://cdn.example.org' }), only)).status,
    ).toBe(403)
    expect((await post(newLaunch({ sessionId }), only)).status).toBe(201)
  })
})

describe('the fetch URL (cmi5 §8.2)', () => {
  it('gives the token once, with status 200 and application/json; afterwards error-code 1', async () => {
    const launched = await launch()
    const first = await fetch(launched.fetch, { method: 'POST' })
    expect([first.status, first.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(Object.keys((await first.json()) as object)).toEqual(['auth-token'])
    const second = await fetch(launched.fetch, { method: 'POST' })
    expect([second.status, await second.json()]).toEqual([
      200,
      { 'error-code': '1', 'error-text': expect.any(String) },
    ])
  })

  it('of many at once one gets it', async () => {
    const { fetch: url } = await launch()
    const answers = await Promise.all(Array.from({ length: 6 }, () => callFetch(url)))
    expect(answers.filter((one) => 'auth-token' in one)).toHaveLength(1)
    expect(answers.filter((one) => one['error-code'] === '1')).toHaveLength(5)
  })

  it.each(['', '?token=', '?token=x', '?token=cmi5-x.y', '?token=a&token=b'])(
    '«%s» belongs to nobody: error-code 2',
    async (query) => {
      expect(await callFetch(`${server.url}/cmi5/fetch${query}`)).toMatchObject({ 'error-code': '2' })
    },
  )

  it('with another secret is error-code 2 and uses nothing up', async () => {
    const { fetch: url } = await launch()
    expect(await callFetch(`${url}x`)).toMatchObject({ 'error-code': '2' })
    expect(await callFetch(url)).toHaveProperty('auth-token')
  })

  it('is no GET: 405 (nothing may cache it)', async () => {
    const { fetch: url } = await launch()
    const response = await fetch(url)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await callFetch(url)).toHaveProperty('auth-token')
  })
})

describe('the credential of a session', () => {
  it('writes and reads its own statements, as Basic and as Bearer', async () => {
    const au = await content()
    const [basicOne, bearerOne] = [
      said(au, 'initialized'),
      said(au, 'terminated', { result: { duration: 'PT1M' } }),
    ]
    expect((await write(basicOne, au.as)).status).toBe(200)
    expect((await write(bearerOne, au.as.replace('Basic', 'Bearer'))).status).toBe(200)
    const { statements } = (await (await server.xapi('/statements', { as: au.as })).json()) as {
      statements: { id: string }[]
    }
    expect(statements.map(({ id }) => id)).toEqual([bearerOne.id, basicOne.id])
  })

  it('may say «cmi5 allowed» things about other activities of its session', async () => {
    const au = await content()
    const { context } = said(au, 'x') as { context: { contextActivities: object } }
    const answered = said(au, 'answered', {
      object: { id: `${au.activityId}/question/1` },
      context: { ...context, contextActivities: { ...context.contextActivities, category: [] } },
    })
    expect((await write(answered, au.as)).status).toBe(200)
  })

  it.each<[string, string, (au: Launched) => Record<string, unknown>]>([
    [
      'of another learner',
      '$.actor',
      (au) =>
        said(au, 'initialized', {
          actor: { account: { homePage: 'https://lms.example.org', name: 'other' } },
        }),
    ],
    [
      'of a Group with the account of its learner',
      '$.actor',
      (au) => said(au, 'initialized', { actor: { ...(au.actor as object), objectType: 'Group' } }),
    ],
    [
      'of another registration',
      '$.context.registration',
      (au) => said({ ...au, registration: randomUUID() }, 'initialized'),
    ],
    ['without registration', '$.context.registration', (au) => said(au, 'initialized', { context: {} })],
    [
      'of another session',
      '$.context.extensions',
      (au) =>
        said(au, 'initialized', {
          context: { registration: au.registration, extensions: { [`${CX}sessionid`]: 'x' } },
        }),
    ],
    [
      'about another AU',
      '$.object.id',
      (au) => said(au, 'initialized', { object: { id: 'https://lms.example.org/au/other' } }),
    ],
    ['that only the LMS writes', '$.verb.id', (au) => said(au, 'launched')],
  ])('writes nothing %s: 403 with the clause, and nothing is stored', async (_name, path, make) => {
    const au = await content()
    const statement = make(au)
    const response = await write([said(au, 'initialized'), statement], au.as)
    const { errors } = (await response.json()) as { errors: { path: string; requirement: string }[] }
    expect([response.status, errors[0]?.path]).toEqual([403, path.replace('$', '$[1]')])
    expect(errors[0]?.requirement).toMatch(/^cmi5 §/)
    const { statements } = (await (await server.xapi('/statements', { as: au.as })).json()) as {
      statements: unknown[]
    }
    expect(statements).toEqual([])
  })

  it('voids nothing, not even its own (cmi5 §6.3)', async () => {
    const au = await content()
    const first = said(au, 'initialized')
    await write(first, au.as)
    const voiding = said(au, 'voided', { object: { objectType: 'StatementRef', id: first.id } })
    expect((await write(voiding, au.as)).status).toBe(403)
    expect((await server.xapi(`/statements?statementId=${first.id}`, { as: au.as })).status).toBe(200)
  })

  it('reads its launch data, and reads and writes a state of its own', async () => {
    const au = await content({ launchMode: 'Review' })
    const agent = encodeURIComponent(JSON.stringify(au.actor))
    const own = `activityId=${encodeURIComponent(au.activityId)}&agent=${agent}&registration=${au.registration}`
    const state = (id: string, init: RequestInit = {}) =>
      server.xapi(`/activities/state?${own}&stateId=${id}`, { ...init, as: au.as })
    const data = await state('LMS.LaunchData')
    expect([data.status, await data.json()]).toEqual([200, au.launchData])
    expect((await state('bookmark', { method: 'PUT', body: '{"page":3}' })).status).toBe(204)
    expect(await (await state('bookmark')).json()).toEqual({ page: 3 })
    expect((await state('bookmark', { method: 'DELETE' })).status).toBe(204)
    const ids = await server.xapi(`/activities/state?${own}`, { as: au.as })
    expect(await ids.json()).toEqual(['LMS.LaunchData'])
    const preferences = await server.xapi(`/agents/profile?agent=${agent}&profileId=cmi5LearnerPreferences`, {
      as: au.as,
    })
    expect(preferences.status).toBe(404)
  })

  it('a second launch of the registration replaces the launch data', async () => {
    const first = await content()
    const { registration, activityId, actor } = first
    const second = await content({ registration, activityId, actor, launchMode: 'Review' })
    const query = new URLSearchParams({
      registration,
      activityId,
      agent: JSON.stringify(actor),
      stateId: 'LMS.LaunchData',
    })
    const data = await server.xapi(`/activities/state?${query}`, { as: second.as })
    expect(await data.json()).toEqual(second.launchData)
  })

  it('opens nothing else: other people’s state, launch data, profiles, the API', async () => {
    const au = await content()
    const agent = encodeURIComponent(JSON.stringify(au.actor))
    const other = encodeURIComponent(JSON.stringify({ mbox: 'mailto:a@example.org' }))
    const unit = encodeURIComponent(au.activityId)
    const state = `activityId=${unit}&registration=${au.registration}`
    const refused: [string, string][] = [
      ['GET', `/activities/state?${state}&agent=${other}&stateId=s`],
      ['GET', `/activities/state?activityId=${unit}&agent=${agent}&stateId=s`],
      ['PUT', `/activities/state?${state}&agent=${agent}&stateId=LMS.LaunchData`],
      ['DELETE', `/activities/state?${state}&agent=${agent}`],
      ['GET', `/activities/state?activityId=x%3Ay&registration=${au.registration}&agent=${agent}`],
      ['PUT', `/agents/profile?agent=${agent}&profileId=p`],
      ['GET', `/agents/profile?agent=${other}&profileId=p`],
      ['GET', `/agents?agent=${other}`],
      ['POST', `/activities/profile?activityId=${unit}&profileId=p`],
    ]
    for (const [method, path] of refused) {
      const body = method === 'PUT' || method === 'POST' ? { body: '{}' } : {}
      expect([method, path, (await server.xapi(path, { method, as: au.as, ...body })).status]).toEqual([
        method,
        path,
        403,
      ])
    }
    for (const path of ['/licence', '/learners', '/credentials', '/cmi5/sessions/x'])
      expect((await server.api(path, { as: au.as })).status).toBe(403)
    const check = {
      method: 'POST',
      body: said(au, 'initialized', { actor: { mbox: 'mailto:a@example.org' } }),
    }
    expect((await server.api('/check', { ...check, as: au.as })).status).toBe(403)
  })

  it('has no way round its bounds by another spelling of the path', async () => {
    const au = await content()
    const query = new URLSearchParams({
      activityId: au.activityId,
      agent: JSON.stringify(au.actor),
      registration: au.registration,
      stateId: 'LMS.LaunchData',
    })
    const body = '{"launchMode":"Normal"}'
    for (const path of [
      '/activities/state//',
      '//activities/state',
      '/activities//state',
      '/activities/state/.',
    ])
      for (const method of ['PUT', 'POST', 'DELETE']) {
        const init = { method, as: au.as, ...(method === 'DELETE' ? {} : { body }) }
        const headers = { 'Content-Type': 'application/json' }
        expect((await server.xapi(`${path}?${query}`, { ...init, headers })).status).toBeGreaterThanOrEqual(
          400,
        )
      }
    const data = await server.xapi(`/activities/state?${query}`, { as: au.as })
    expect(await data.json()).toEqual(au.launchData)
  })

  it('ends with its session, and another secret never opens it', async () => {
    const au = await content()
    const key = Buffer.from(au.as.slice(6), 'base64').toString().split(':')[0] as string
    expect((await write(said(au, 'initialized'), basic(key, SECRET))).status).toBe(401)
    expect((await write(said(au, 'initialized'), basic(key, ''))).status).toBe(401)
    const shown = await server.api(`/cmi5/sessions/${au.sessionId}`, { as: lms })
    expect(await shown.json()).toMatchObject({ sessionId: au.sessionId, launchMode: 'Normal', fetched: true })
    expect((await server.api(`/cmi5/sessions/${au.sessionId}`, { method: 'DELETE', as: lms })).status).toBe(
      204,
    )
    expect((await write(said(au, 'initialized'), au.as)).status).toBe(401)
    expect((await server.api(`/cmi5/sessions/${au.sessionId}`, { method: 'DELETE', as: lms })).status).toBe(
      404,
    )
    expect(await callFetch(au.fetch)).toMatchObject({ 'error-code': '2' })
  })
})

describe('a launch and the meter (ruling 21)', () => {
  it('a session in Browse or from the administrators’ catalogue never counts, a Normal one does', async () => {
    const policy = {
      schema: 1,
      id: 'cmi5',
      count: { any: [{ evidence: true }] },
      unique: { by: ['learner'] },
      window: { kind: 'anchored', length: { months: 3 }, anchor: '2026-01-31', timeZone: 'UTC' },
    }
    expect((await server.api('/policies', { method: 'POST', body: policy })).status).toBe(201)
    const [browse, normal] = [await content({ launchMode: 'Browse' }), await content()]
    const catalogue = await content({ origin: 'admin-catalog' })
    for (const au of [browse, normal, catalogue])
      expect((await write(said(au, 'initialized'), au.as)).status).toBe(200)
    await server.counted('cmi5')
    const { items } = (await (
      await server.api('/windows?policy=cmi5&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z')
    ).json()) as {
      items: { id: string }[]
    }
    const list = await server.api(`/windows/${items[0]?.id}/learners`)
    const counted = JSON.stringify(await list.json())
    expect(counted).toContain(normal.actor.account.name)
    expect(counted).not.toContain(browse.actor.account.name)
    expect(counted).not.toContain(catalogue.actor.account.name)
  })
})

describe('ROLLCALL_CMI5', () => {
  const broken = (over: Record<string, unknown> = {}) => ({
    id: randomUUID(),
    actor: { account: { homePage: 'https://lms.example.org', name: 'u' } },
    verb: { id: `${ADL}terminated` },
    object: { id: 'https://lms.example.org/au/1' },
    context: { contextActivities: { category: [CMI5] }, extensions: { [`${CX}sessionid`]: 's' } },
    timestamp: '2026-03-01T09:00:00Z',
    ...over,
  })
  const clauses = ['cmi5 §9.6.1', 'cmi5 §9.6.2.3', 'cmi5 §9.5.4']
  const clausesOf = (found: readonly { requirement: string }[] | undefined) =>
    found?.map(({ requirement }) => requirement)
  interface Reviewed {
    cmi5: { statementId: string; violations: { requirement: string }[] }[]
  }

  it('accept takes them, and /check and the decision say what they break', async () => {
    const statement = broken()
    expect((await write(statement, lms)).status).toBe(200)
    const check = (await (await server.api('/check', { method: 'POST', body: broken() })).json()) as {
      valid: boolean
      decisions: { cmi5: { requirement: string }[] }[]
    }
    expect([check.valid, clausesOf(check.decisions[0]?.cmi5)]).toEqual([true, clauses])
    const decision = (await (await server.api(`/statements/${statement.id}/decision`)).json()) as {
      cmi5: { requirement: string }[]
    }
    expect(clausesOf(decision.cmi5)).toEqual(clauses)
    expect(((await (await server.api('/review')).json()) as Reviewed).cmi5).toEqual([])
  })

  it('flag takes them and lists them for review until they are voided; sessions in Browse are held to it', async () => {
    const own = await startServer({ ROLLCALL_CMI5: 'flag' })
    try {
      const key = await own.credential('lms', ['all', 'launches'])
      const statement = broken()
      await own.send([statement, broken({ context: {} })], key)
      const launched = await own.api('/cmi5/sessions', {
        method: 'POST',
        body: newLaunch({ launchMode: 'Browse' }),
        as: key,
      })
      const browse = (await launched.json()) as Launched
      const as = `Basic ${(await callFetch(browse.fetch))['auth-token']}`
      const passed = said(browse, 'initialized')
      const judged = said(browse, 'completed', { result: { completion: true, duration: 'PT1S' } })
      await own.send([passed, judged], as)
      const review = async () => ((await (await own.api('/review')).json()) as Reviewed).cmi5
      expect((await review()).map(({ statementId }) => statementId)).toEqual([judged.id, statement.id])
      expect(clausesOf((await review())[0]?.violations)).toEqual(['cmi5 §9.6.2.2', 'cmi5 §10.2.2'])
      expect(clausesOf((await review())[1]?.violations)).toEqual(clauses)
      const voiding = {
        ...broken(),
        verb: { id: `${ADL}voided` },
        object: { objectType: 'StatementRef', id: statement.id },
        context: {},
      }
      await own.send(voiding, key)
      expect((await review()).map(({ statementId }) => statementId)).toEqual([judged.id])
    } finally {
      await own.stop()
    }
  })

  it('refuse answers 400 with each clause, stores nothing of the batch, and /check says the same', async () => {
    const own = await startServer({ ROLLCALL_CMI5: 'refuse' })
    try {
      const good = broken({ context: {} })
      const response = await own.xapi('/statements', {
        method: 'POST',
        body: JSON.stringify([good, broken()]),
      })
      const { errors } = (await response.json()) as { errors: { path: string; requirement: string }[] }
      expect([response.status, clausesOf(errors)]).toEqual([400, clauses])
      expect(errors[0]?.path).toBe('$[1].context.registration')
      expect((await own.xapi(`/statements?statementId=${good.id}`)).status).toBe(404)
      const check = (await (await own.api('/check', { method: 'POST', body: broken() })).json()) as {
        valid: boolean
        violations: { requirement: string }[]
      }
      expect([check.valid, clausesOf(check.violations)]).toEqual([false, clauses])
      await own.send(good)
    } finally {
      await own.stop()
    }
  })
})

// Last: the clock goes back afterwards, and `stored` does not.
describe('time', () => {
  it('the fetch URL ends after an hour, and the session when it says', async () => {
    const [late, short] = [await launch(), await content({ expiresIn: 60 })]
    server.clock.moveBy(HOUR)
    try {
      expect(await callFetch(late.fetch)).toMatchObject({ 'error-code': '1' })
      expect((await write(said(short, 'initialized'), short.as)).status).toBe(401)
    } finally {
      server.clock.moveBy(-HOUR)
    }
  })
})
