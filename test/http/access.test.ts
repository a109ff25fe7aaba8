import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  basic,
  EMAIL,
  KEY,
  PASSWORD,
  type Running,
  SECRET,
  startServer,
  statement,
} from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

const post = (as: string) =>
  server.xapi('/statements', { method: 'POST', body: JSON.stringify(statement()), as })

describe('who may call', () => {
  it.each([
    ['no credentials', undefined],
    ['an unknown key', basic('nobody', SECRET)],
    ['a wrong secret', basic(KEY, 'wrong')],
    ['an empty secret', basic(KEY, '')],
    ['half of Basic', 'Basic'],
    ['text that is not base64', 'Basic ***'],
    ['base64 without a colon', `Basic ${Buffer.from('nocolon').toString('base64')}`],
    ['another scheme', 'Digest abc'],
    ['a made-up token', 'Bearer a.b.c'],
  ])('answers 401 with WWW-Authenticate to %s, on xAPI and API', async (_name, authorization) => {
    for (const path of ['/xapi/statements', '/api/v1/licence']) {
      const response = await fetch(server.url + path, {
        headers: {
          'X-Experience-API-Version': '1.0.3',
          ...(authorization && { Authorization: authorization }),
        },
      })
      expect([path, response.status]).toEqual([path, 401])
      expect(response.headers.get('www-authenticate')).toContain('Basic realm=')
      expect(response.headers.get('content-type')).toContain('application/problem+json')
    }
  })

  it('says the same whether the key or the secret is wrong', async () => {
    const [unknown, wrong] = await Promise.all([post(basic('nobody', SECRET)), post(basic(KEY, 'wrong'))])
    expect(await unknown.json()).toEqual(await wrong.json())
  })

  it('stores nothing for a caller it refused', async () => {
    const id = randomUUID()
    const refused = await server.xapi('/statements', {
      method: 'POST',
      body: JSON.stringify(statement({ id })),
      as: basic(KEY, 'x'),
    })
    expect(refused.status).toBe(401)
    expect((await server.xapi(`/statements?statementId=${id}`)).status).toBe(404)
  })

  it('answers 403 that names the missing scope', async () => {
    const reader = await server.credential('report', ['statements/read'])
    const response = await post(reader)
    expect(response.status).toBe(403)
    expect(((await response.json()) as { detail: string }).detail).toContain('statements/write')
  })

  it('lets statements/read/mine see its own statements only', async () => {
    const own = await server.credential('learner', ['statements/write', 'statements/read/mine'])
    const [mine] = await server.send(statement(), own)
    const [other] = await server.send(statement())
    expect((await server.xapi(`/statements?statementId=${mine}`, { as: own })).status).toBe(200)
    expect((await server.xapi(`/statements?statementId=${other}`, { as: own })).status).toBe(404)
    const list = (await (await server.xapi('/statements', { as: own })).json()) as {
      statements: { id: string }[]
    }
    expect(list.statements.map(({ id }) => id)).toEqual([mine])
  })

  it('refuses a credential on what only people do, and a person’s session on writing statements', async () => {
    expect((await server.api('/policies', { method: 'POST', body: {}, as: basic(KEY, SECRET) })).status).toBe(
      403,
    )
    const session = (await (
      await fetch(`${server.url}/api/v1/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ email: EMAIL, password: PASSWORD }),
      })
    ).json()) as { token: string }
    expect((await post(`Bearer ${session.token}`)).status).toBe(403)
  })

  it('takes launch records only from purpose lms, whatever the scope (ruling 21)', async () => {
    const launch = {
      session: 's-1',
      learner: { mbox: 'mailto:a@example.org' },
      origin: 'learner',
      at: '2026-03-01T09:00:00Z',
    }
    const learner = await server.credential('learner', ['all', 'launches'])
    const lms = await server.credential('lms', ['launches'])
    expect((await server.api('/launches', { method: 'POST', body: launch, as: learner })).status).toBe(403)
    expect((await server.api('/launches', { method: 'POST', body: launch, as: lms })).status).toBe(200)
  })

  it('lets roles do what they are for', async () => {
    const users = [
      ['licence', '/policies', 400],
      ['compliance', '/policies', 403],
    ] as const
    for (const [role, path, status] of users) {
      const email = `${role}@example.org`
      const made = await server.api('/users', {
        method: 'POST',
        body: { email, password: PASSWORD, roles: [role] },
      })
      expect(made.status).toBe(201)
      const signed = await server.api('/session', { method: 'POST', body: { email, password: PASSWORD } })
      const { token } = (await signed.json()) as { token: string }
      const response = await server.api(path, { method: 'POST', body: {}, as: `Bearer ${token}` })
      expect([role, response.status]).toEqual([role, status])
    }
  })

  it('ends a session after twelve hours', async () => {
    const email = 'late@example.org'
    await server.api('/users', { method: 'POST', body: { email, password: PASSWORD, roles: ['admin'] } })
    const signed = await server.api('/session', { method: 'POST', body: { email, password: PASSWORD } })
    const { token } = (await signed.json()) as { token: string }
    const later = await startServer()
    try {
      expect((await server.api('/users', { as: `Bearer ${token}` })).status).toBe(200)
      server.clock.moveBy(13 * 3_600_000)
      expect((await server.api('/users', { as: `Bearer ${token}` })).status).toBe(401)
    } finally {
      server.clock.moveBy(-13 * 3_600_000)
      await later.stop()
    }
  })

  it('ends the sessions of a person who is removed, and takes the e-mail in any case', async () => {
    const email = 'leaver@example.org'
    const made = await server.api('/users', {
      method: 'POST',
      body: { email, password: PASSWORD, roles: ['admin'] },
    })
    const { id } = (await made.json()) as { id: string }
    const signed = await server.api('/session', {
      method: 'POST',
      body: { email: 'Leaver@Example.org', password: PASSWORD },
    })
    const { token } = (await signed.json()) as { token: string }
    expect((await server.api('/users', { as: `Bearer ${token}` })).status).toBe(200)
    expect((await server.api(`/users/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await server.api('/users', { as: `Bearer ${token}` })).status).toBe(401)
  })

  it('stops answering after 20 failed sign-ins for one key, and goes on for others', async () => {
    const victim = basic('guessed-key', 'x')
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) statuses.push((await post(victim)).status)
    expect(statuses.slice(0, 20)).toEqual(Array(20).fill(401))
    expect(statuses[20]).toBe(429)
    expect((await post(basic(KEY, SECRET))).status).toBe(200)
  })

  it('never counts good requests toward that limit', async () => {
    for (let i = 0; i < 25; i++) expect((await post(basic(KEY, SECRET))).status).toBe(200)
  })

  it('never counts requests under way or broken off toward that limit', async () => {
    const { hostname, port } = new URL(server.url)
    const head = [
      'POST /xapi/statements HTTP/1.1',
      `Host: ${hostname}`,
      `Authorization: ${basic(KEY, SECRET)}`,
      'X-Experience-API-Version: 1.0.3',
      'Content-Type: application/json',
      'Content-Length: 1000',
      // Answered at once with 100 Continue: then the server waits for the body.
      'Expect: 100-continue',
    ]
    const open = await Promise.all(
      Array.from({ length: 25 }, async () => {
        const socket = connect(Number(port), hostname)
        socket.write(`${head.join('\r\n')}\r\n\r\n`)
        await once(socket, 'data')
        return socket
      }),
    )
    expect((await post(basic(KEY, SECRET))).status).toBe(200)
    for (const socket of open) socket.destroy()
    expect((await post(basic(KEY, SECRET))).status).toBe(200)
  })

  it('locks no session out because others came with an expired token, or with none', async () => {
    for (let i = 0; i < 25; i++) expect((await post('Bearer a.b.c')).status).toBe(401)
    expect((await server.api('/users')).status).toBe(200)
    expect((await post('Bearer a.b.c')).status).toBe(401)
  })

  it('limits failed passwords by e-mail', async () => {
    const guess = () =>
      server.api('/session', { method: 'POST', body: { email: 'ceo@example.org', password: 'guess' } })
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) statuses.push((await guess()).status)
    expect(statuses.at(-2)).toBe(401)
    expect(statuses.at(-1)).toBe(429)
  }, 60_000)

  it('limits failed passwords however the e-mail is spelt in JSON', async () => {
    const spelt = (i: number) =>
      [...'cfo@example.org']
        .map((c, at) => ((i >> at) & 1 ? `\\u00${c.charCodeAt(0).toString(16)}` : c))
        .join('')
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) {
      const body = `{"email":"${spelt(i)}","password":"guess"}`
      statuses.push((await fetch(`${server.url}/api/v1/session`, { method: 'POST', body })).status)
    }
    expect(statuses.at(-2)).toBe(401)
    expect(statuses.at(-1)).toBe(429)
  }, 60_000)

  it('answers 413 to a sign-in of more than 16 kB', async () => {
    const body = JSON.stringify({ email: EMAIL, password: 'x'.repeat(20_000) })
    expect((await fetch(`${server.url}/api/v1/session`, { method: 'POST', body })).status).toBe(413)
  })
})

describe('rotating a secret (ruling 22)', () => {
  const rotate = async (id: string, body?: unknown) => {
    const response = await server.api(`/credentials/${id}/secrets`, {
      method: 'POST',
      ...(body === undefined ? {} : { body }),
    })
    return {
      status: response.status,
      ...((await response.json()) as { secret: string; liveSecrets: number }),
    }
  }
  const works = async (key: string, secret: string) => (await post(basic(key, secret))).status === 200
  const made = async () => {
    const body = { label: 'Moodle', purpose: 'lms', scopes: ['statements/write'] }
    const response = await server.api('/credentials', { method: 'POST', body })
    return (await response.json()) as { id: string; key: string; secret: string }
  }

  it('keeps the old one working until it is retired', async () => {
    const { id, key, secret: old } = await made()
    const { status, secret, liveSecrets } = await rotate(id)
    expect([status, liveSecrets]).toEqual([201, 2])
    expect([await works(key, old), await works(key, secret)]).toEqual([true, true])
    expect((await server.api(`/credentials/${id}/secrets`, { method: 'DELETE' })).status).toBe(204)
    expect([await works(key, old), await works(key, secret)]).toEqual([false, true])
  })

  it('ends all others at once when they are revoked', async () => {
    const { id, key, secret: old } = await made()
    const { secret: second } = await rotate(id)
    const { secret: third, liveSecrets } = await rotate(id, { revoke: true })
    expect(liveSecrets).toBe(1)
    expect([await works(key, old), await works(key, second), await works(key, third)]).toEqual([
      false,
      false,
      true,
    ])
  })

  it('makes no third while two are live', async () => {
    const { id } = await made()
    await rotate(id)
    expect((await rotate(id)).status).toBe(409)
  })

  it('needs the right to manage credentials, and a credential that is there', async () => {
    const { id, key, secret } = await made()
    const response = await server.api(`/credentials/${id}/secrets`, {
      method: 'POST',
      as: basic(key, secret),
    })
    expect(response.status).toBe(403)
    expect((await rotate(randomUUID())).status).toBe(404)
  })
})
