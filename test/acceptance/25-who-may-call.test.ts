/** Group 25 of the acceptance set: credentials and scopes. */
import { describe, expect, it } from 'vitest'
import { basic, KEY, SECRET, statement } from '../harness/running.ts'
import { endpoint } from './endpoint.ts'
import { OPERATIONS, RESOURCES } from './resources.ts'

const lrs = endpoint()

const call = (path: string, method: string, authorization: string | undefined) =>
  fetch(`${lrs.server().url}/xapi${path}`, {
    method,
    headers: {
      'X-Experience-API-Version': '1.0.3',
      ...(authorization && { Authorization: authorization }),
      ...(method === 'PUT' || method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
    },
    ...(method === 'PUT' || method === 'POST' ? { body: JSON.stringify(statement()) } : {}),
  })

/** A key of its own for each: after 20 failures one key must wait. */
const newKey = async (): Promise<string> => {
  const authorization = await lrs.server().credential('learner', ['all'])
  return Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')[0] as string
}

describe.each(OPERATIONS)('%s %s', (method, path) => {
  it('answers 401 with WWW-Authenticate to a wrong secret', async () => {
    const response = await call(path, method, basic(await newKey(), SECRET))
    expect([response.status, response.headers.has('www-authenticate')]).toEqual([401, true])
  })

  it.each([
    ['none', undefined],
    ['an unknown key', basic(`nobody${method}${path}`, SECRET)],
    ['no base64', 'Basic §§§'.replace(/§/g, '*')],
    ['no colon', `Basic ${Buffer.from('nocolon').toString('base64')}`],
    ['another scheme', 'Digest username="a"'],
    ['a made-up token', 'Bearer a.b.c'],
  ])('answers 401 with WWW-Authenticate to credentials that are %s', async (_name, authorization) => {
    const response = await call(path, method, authorization)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic realm=.*Bearer realm=/)
    expect(response.headers.get('x-experience-api-version')).toBe('1.0.3')
  })
})

describe('credentials', () => {
  it('are asked for before anything is said of a resource: an unknown one is 401 as well', async () => {
    expect((await call('/nothing', 'GET', undefined)).status).toBe(401)
  })

  it('are not asked for by about (1.0.3 Communication §2.8)', async () => {
    const response = await fetch(`${lrs.server().url}/xapi/about`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ version: expect.arrayContaining(['1.0.3', '2.0.0']) })
  })

  it('are asked for by every page behind more, and another credential cannot open it', async () => {
    await lrs.send([statement(), statement()])
    const { more } = await lrs.list({ limit: '1' })
    const page = (as?: string) =>
      fetch(new URL(more, lrs.server().url), {
        headers: { 'X-Experience-API-Version': '1.0.3', ...(as && { Authorization: as }) },
      })
    expect((await page()).status).toBe(401)
    expect((await page(basic(KEY, 'wrong'))).status).toBe(401)
    expect((await page(await lrs.server().credential('report', ['all/read']))).status).toBe(400)
    expect((await page(basic(KEY, SECRET))).status).toBe(200)
  })

  it('may hold colons in the secret and come with any case of the scheme (RFC 7617)', async () => {
    expect((await call('/statements', 'GET', basic(KEY, SECRET).replace('Basic', 'bAsIc'))).status).toBe(200)
    expect((await call('/statements', 'GET', basic(KEY, `${SECRET}:x`))).status).toBe(401)
  })

  it('without the scope are 403 that names it, and nothing is stored', async () => {
    const reader = await lrs.server().credential('report', ['statements/read'])
    const own = statement()
    const refused = await lrs.post(own, { as: reader })
    expect(refused.status).toBe(403)
    expect(((await refused.json()) as { detail: string }).detail).toContain('statements/write')
    expect(await lrs.statusOf(own.id)).toBe(404)
    const writer = await lrs.server().credential('learner', ['statements/write'])
    const unread = await lrs.ask({}, { as: writer })
    expect(unread.status).toBe(403)
    expect(((await unread.json()) as { detail: string }).detail).toContain('statements/read')
  })

  it('as Bearer: a person’s session reads, by role, and never writes', async () => {
    const { token } = (await (
      await lrs.server().api('/session', {
        method: 'POST',
        body: { email: 'admin@example.org', password: 'correct horse battery' },
      })
    ).json()) as { token: string }
    expect((await call('/statements', 'GET', `Bearer ${token}`)).status).toBe(200)
    expect((await call('/statements', 'POST', `Bearer ${token}`)).status).toBe(403)
  })
})

it('knows every resource of the standard', () => {
  expect(RESOURCES.length).toBe(6)
})
