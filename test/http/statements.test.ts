import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const post = (body: unknown, version?: string) =>
  server.xapi('/statements', {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...(version && { version }),
  })
const put = (id: string, body: unknown) =>
  server.xapi(`/statements?statementId=${id}`, { method: 'PUT', body: JSON.stringify(body) })
const get = (id: string, parameter = 'statementId') => server.xapi(`/statements?${parameter}=${id}`)

interface Problem {
  status: number
  detail: string
  errors: { path: string; message: string; requirement: string }[]
}

describe('versions', () => {
  it.each(['1.0', '1.0.0', '1.0.1', '1.0.3', '1.0.9'])('speaks %s and answers as 1.0.3', async (version) => {
    const response = await server.xapi('/statements?limit=1', { version })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-experience-api-version')).toBe('1.0.3')
  })

  it.each(['2.0.0', '2.0.1'])('speaks %s and answers as 2.0.0', async (version) => {
    const response = await server.xapi('/statements?limit=1', { version })
    expect(response.status).toBe(200)
    expect(response.headers.get('x-experience-api-version')).toBe('2.0.0')
  })

  it.each(['0.9.5', '1.1.0', '2.1.0', '3', 'latest', ''])(
    'refuses version «%s» with 400 that carries a version',
    async (version) => {
      const response = await server.xapi('/statements', { version })
      expect(response.status).toBe(400)
      expect(response.headers.get('x-experience-api-version')).toBe('2.0.0')
    },
  )

  it('puts version and Consistent-Through on every answer, refusals too', async () => {
    const answers = await Promise.all([
      server.xapi('/about'),
      server.xapi('/statements?limit=1'),
      server.xapi('/statements?limit=-1'),
      post(statement()),
      put(randomUUID(), { nonsense: true }),
      server.xapi('/nowhere'),
      server.xapi('/statements', { method: 'DELETE' }),
      server.xapi('/statements', { as: 'Basic eDp5' }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 200, 400, 404, 405, 401])
    for (const { headers } of answers) {
      expect(headers.get('x-experience-api-version')).toMatch(/^(1\.0\.3|2\.0\.0)$/)
      expect(Date.parse(headers.get('x-experience-api-consistent-through') ?? '')).toBeGreaterThan(
        Date.now() - 60_000,
      )
    }
    expect(answers[6]?.headers.get('allow')?.split(', ').sort()).toEqual(['GET', 'HEAD', 'POST', 'PUT'])
  })

  it('tells about itself without credentials and without a version', async () => {
    const response = await fetch(`${server.url}/xapi/about`)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ version: ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '2.0.0'] })
  })
})

describe('storing', () => {
  it('answers a POST with the ids in the order of the request, and PUT with 204', async () => {
    const batch = [statement(), statement(), statement()]
    expect(await (await post(batch)).json()).toEqual(batch.map(({ id }) => id))
    const id = randomUUID()
    expect((await put(id, statement({ id: undefined }))).status).toBe(204)
    expect((await get(id)).status).toBe(200)
  })

  it('makes an id where none was sent', async () => {
    const [id] = (await (await post(statement({ id: undefined }))).json()) as string[]
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(((await (await get(id as string)).json()) as { id: string }).id).toBe(id)
  })

  it('takes an empty list', async () => {
    expect(await (await post([])).json()).toEqual([])
  })

  it('returns the text as received with only LRS members set: every digit of a number is kept (ruling 26)', async () => {
    const id = randomUUID()
    const raw = `{"id":"${id}","actor":{"mbox":"mailto:a@example.org"},  "verb":{"id":"https://example.org/v"},"object":{"id":"https://example.org/o"},
      "result":{"extensions":{"https://example.org/n":1.000000000000000000001,"https://example.org/big":12345678901234567890}},"stored":"2001-01-01T00:00:00Z"}`
    expect((await post(raw)).status).toBe(200)
    const text = await (await get(id)).text()
    expect(text).toContain('1.000000000000000000001')
    expect(text).toContain('12345678901234567890')
    expect(text).not.toContain('2001-01-01')
    const { stored, timestamp, authority, version } = JSON.parse(text) as Record<string, unknown>
    expect(Date.parse(stored as string)).toBeGreaterThan(Date.now() - 60_000)
    expect(timestamp).toBe(stored)
    expect(version).toBe('1.0.0')
    expect(authority).toMatchObject({ objectType: 'Agent', account: { name: 'test-key' } })
  })

  it('replaces an authority the client claims (6.3 group 8)', async () => {
    const [id] = await server.send(statement({ authority: { mbox: 'mailto:forged@example.org' } }))
    expect(JSON.stringify(await (await get(id as string)).json())).not.toContain('forged')
  })

  it('answers an identical resend as the first time, in any spelling that means the same', async () => {
    const first = statement({ result: { score: { scaled: 1 } } })
    expect((await post(first)).status).toBe(200)
    const again = {
      timestamp: '2026-03-01T10:00:00+01:00',
      ...Object.fromEntries(
        Object.entries(first)
          .filter(([name]) => name !== 'timestamp')
          .reverse(),
      ),
      id: String(first.id).toUpperCase(),
      verb: { ...(first.verb as object), display: { en: 'started' } },
    }
    const text = JSON.stringify(again).replace('"scaled":1', '"scaled":1.0')
    const response = await post(text)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual([first.id])
  })

  it('answers 409 to other content under a taken id and changes nothing', async () => {
    const first = statement()
    await post(first)
    const before = await (await get(String(first.id))).text()
    const response = await post([statement(), { ...first, actor: { mbox: 'mailto:other@example.org' } }])
    expect(response.status).toBe(409)
    expect(((await response.json()) as Problem).detail).toContain(String(first.id))
    expect(await (await get(String(first.id))).text()).toBe(before)
  })

  it('stores nothing of a batch in which one is bad, one conflicts, or an id stands twice', async () => {
    const taken = statement()
    await post(taken)
    const twice = statement()
    const bad: [unknown, number][] = [
      [{ ...statement(), verb: { id: 'no scheme' } }, 400],
      [{ ...taken, actor: { mbox: 'mailto:other@example.org' } }, 409],
      [twice, 400],
    ]
    for (const [item, status] of bad) {
      const good = item === twice ? { ...twice, id: String(twice.id).toUpperCase() } : statement()
      expect((await post([good, item])).status).toBe(status)
      expect((await get(String(good.id))).status).toBe(404)
    }
  })

  it.each([
    ['a missing verb', statement({ verb: undefined }), '$.verb', 'missing'],
    ['an unknown member', statement({ colour: 'red' }), '$.colour', ''],
    ['a wrong case', statement({ Actor: {} }), '$.Actor', ''],
    [
      'an unknown nested member',
      statement({ result: { score: { scaled: 1, best: true } } }),
      '$.result.score.best',
      '',
    ],
    ['a day that does not exist', statement({ timestamp: '2021-02-30T00:00:00Z' }), '$.timestamp', ''],
    ['a score out of bounds', statement({ result: { score: { scaled: 1.1 } } }), '$.result.score.scaled', ''],
    [
      'two identifiers',
      statement({ actor: { mbox: 'mailto:a@b.org', openid: 'https://a.org' } }),
      '$.actor',
      '',
    ],
  ])('refuses %s with path, reason and requirement', async (_name, body, path, word) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    const { errors } = (await response.json()) as Problem
    expect(errors[0]?.path.startsWith(path)).toBe(true)
    expect(errors[0]?.message).toContain(word)
    expect(errors[0]?.requirement).toMatch(/XAPI-\d{5}|§|RFC/)
  })

  it('says which statement of a batch is bad', async () => {
    const response = await post([statement(), statement({ verb: { id: 'x' } })])
    expect(((await response.json()) as Problem).errors[0]?.path).toBe('$[1].verb.id')
  })

  it.each([
    ['an id other than that of the URL', (id: string) => put(id, statement())],
    ['a list in PUT', (id: string) => put(id, [statement({ id })])],
    [
      'a PUT without statementId',
      () => server.xapi('/statements', { method: 'PUT', body: JSON.stringify(statement()) }),
    ],
    ['a PUT whose statementId is no UUID', () => put('abc', statement())],
    [
      'an unknown parameter',
      () => server.xapi('/statements?foo=1', { method: 'POST', body: JSON.stringify(statement()) }),
    ],
    ['an attachment without fileUrl and without bytes', () => post(statement({ attachments: [attachment] }))],
    ['contextAgents in 1.0.3', () => post(statement({ context: { contextAgents: [contextAgent] } }))],
  ])('refuses %s', async (_name, send) => {
    expect((await send(randomUUID())).status).toBe(400)
  })

  it('takes contextAgents in 2.0.0', async () => {
    expect((await post(statement({ context: { contextAgents: [contextAgent] } }), '2.0.0')).status).toBe(200)
  })

  it('refuses a body that is neither JSON nor multipart/mixed by its content type (XAPI-00127)', async () => {
    const response = await server.xapi('/statements', {
      method: 'POST',
      body: 'x',
      headers: { 'Content-Type': 'text/plain' },
    })
    expect(response.status).toBe(400)
    expect(((await response.json()) as Problem).errors[0]).toMatchObject({ requirement: 'XAPI-00127' })
  })

  it('keeps a refused request in the refusal log, without its body (ruling 25)', async () => {
    await post(statement({ verb: { id: 'secret-of-the-body' } }))
    // The log may be a moment behind the answer.
    await vi.waitFor(async () => {
      const { items } = (await (await server.api('/refusals?limit=1')).json()) as {
        items: { detail: string; requirement: string }[]
      }
      expect(items[0]).toMatchObject({
        method: 'POST',
        path: '/xapi/statements',
        status: 400,
        credential: 'test-key',
      })
      expect(items[0]?.detail).toContain('$.verb.id')
      expect(items[0]?.requirement).toBeTruthy()
      expect(JSON.stringify(items[0])).not.toContain('secret-of-the-body')
    }, 5_000)
  })

  it('does not keep that something asked for is not there, under a name that may be personal (ruling 25)', async () => {
    const name = `ana-${randomUUID()}@example.org`
    const document = `activityId=https://example.org/a&profileId=${name}`
    expect((await server.xapi(`/activities/profile?${document}`)).status).toBe(404)
    // Kept after it, so what was to be kept of the first is there by then.
    const path = `/nowhere/${randomUUID()}`
    expect((await server.xapi(path, { method: 'POST', body: '{}' })).status).toBe(404)
    await vi.waitFor(async () => {
      const text = await (await server.api('/refusals?limit=10')).text()
      expect(text).toContain(path)
      expect(text).not.toContain(name)
    }, 5_000)
  })
})

const attachment = {
  usageType: 'https://example.org/u',
  display: { en: 'a' },
  contentType: 'text/plain',
  length: 1,
  sha2: 'a'.repeat(64),
}
const contextAgent = { objectType: 'contextAgent', agent: { mbox: 'mailto:c@example.org' } }

describe('voiding', () => {
  const voiding = (target: unknown) =>
    statement({
      verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
      object: { objectType: 'StatementRef', id: target },
      context: undefined,
    })

  it.each([
    ['after its target', false],
    ['before its target', true],
  ])('hides the target when the void arrives %s', async (_name, first) => {
    const target = statement()
    const messages = first ? [voiding(target.id), target] : [target, voiding(target.id)]
    for (const message of messages) expect((await post(message)).status).toBe(200)
    const id = String(target.id)
    expect((await get(id)).status).toBe(404)
    expect((await get(id, 'voidedStatementId')).status).toBe(200)
    const list = await (await server.xapi('/statements')).text()
    expect(list).not.toContain(`"id":"${id}","actor"`)
  })

  it.each([
    ['target first', false],
    ['void first', true],
  ])('works inside one batch, %s', async (_name, first) => {
    const target = statement()
    const batch = [target, voiding(target.id)]
    await server.send(first ? batch.reverse() : batch)
    expect((await get(String(target.id), 'voidedStatementId')).status).toBe(200)
  })

  it('never voids a voiding statement', async () => {
    const target = statement()
    const first = voiding(target.id)
    await server.send([target, first, voiding(first.id)])
    expect((await get(String(first.id))).status).toBe(200)
    expect((await get(String(target.id))).status).toBe(404)
  })

  it('answers 404 to voidedStatementId of what is not voided', async () => {
    const [id] = await server.send(statement())
    expect((await get(id as string, 'voidedStatementId')).status).toBe(404)
  })

  it('refuses a voiding statement without a StatementRef', async () => {
    expect((await post(statement({ verb: { id: 'http://adlnet.gov/expapi/verbs/voided' } }))).status).toBe(
      400,
    )
  })

  it('lets a credential void only what it wrote, lms and scope all also others’ (ruling 23)', async () => {
    const [writer, lms] = await Promise.all([
      server.credential('learner', ['statements/write']),
      server.credential('lms', ['statements/write']),
    ])
    const [others] = await server.send(statement())
    const [own] = await server.send(statement(), writer)
    const refused = await server.xapi('/statements', {
      method: 'POST',
      body: JSON.stringify(voiding(others)),
      as: writer,
    })
    expect(refused.status).toBe(403)
    expect((await get(others as string)).status).toBe(200)
    await server.send(voiding(own), writer)
    expect((await get(own as string)).status).toBe(404)
    await server.send(voiding(others), lms)
    expect((await get(others as string)).status).toBe(404)
  })
})
