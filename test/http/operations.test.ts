/** What operators and their machines ask of a server. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createReadiness } from '../../src/http/health.ts'
import { createRoutes } from '../../src/http/observe.ts'
import { createLog } from '../../src/log.ts'
import { basic, KEY, type Running, SECRET, startServer, statement } from '../harness/running.ts'

/** The value of one line of /metrics; null when there is none. */
async function metric(server: Running, line: string): Promise<number | null> {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const found = text.split('\n').find((one) => one.startsWith(`${line} `))
  return found === undefined ? null : Number(found.slice(line.length))
}

describe('a server', () => {
  let server: Running
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.stop())

  it('says that it is alive, and ready', async () => {
    expect((await fetch(`${server.url}/health`)).status).toBe(200)
    const ready = await fetch(`${server.url}/ready`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true }])
  })

  it('counts new statements and resends apart', async () => {
    const before = (await metric(server, 'rollcall_statements_total{outcome="stored"}')) ?? 0
    const batch = [statement(), statement(), statement()]
    await server.send(batch)
    await server.send(batch)
    expect(await metric(server, 'rollcall_statements_total{outcome="stored"}')).toBe(before + 3)
    expect(await metric(server, 'rollcall_statements_total{outcome="existing"}')).toBe(3)
  })

  it('counts statements of large bodies, which another thread stores, too', async () => {
    const before = (await metric(server, 'rollcall_statements_total{outcome="stored"}')) ?? 0
    await server.send(Array.from({ length: 900 }, () => statement()))
    expect(await metric(server, 'rollcall_statements_total{outcome="stored"}')).toBe(before + 900)
  })

  it('counts refusals by reason', async () => {
    await server.xapi('/statements', { method: 'POST', body: '{' })
    expect(await metric(server, 'rollcall_refusals_total{reason="malformed"}')).toBe(1)
  })

  it('measures requests by resource, never by id or made-up path', async () => {
    await server.xapi(`/statements?statementId=${randomUUID()}`)
    await fetch(`${server.url}/made-up-${randomUUID()}`)
    const text = await (await fetch(`${server.url}/metrics`)).text()
    const routes = new Set([...text.matchAll(/route="([^"]*)"/g)].map(([, route]) => route))
    expect(routes).toContain('/xapi/statements')
    expect(
      [...routes].filter((route) => !/^(other|\/(xapi\/|api\/v1\/)?[a-z]+)$/.test(route as string)),
    ).toEqual([])
    expect(text).not.toContain('made-up')
  })

  it('tells size, room, lag and readiness when asked', async () => {
    // The stand-in for MongoDB keeps everything in memory and says of it some bytes.
    const least = inject('store') === 'sqlite' ? 10_000 : 0
    expect(await metric(server, 'rollcall_store_bytes')).toBeGreaterThan(least)
    // Not every engine that speaks MongoDB's protocol says what is left on its disk.
    const silent =
      inject('store') === 'mongodb' && (await server.app.lrs.stores.upkeep.size()).freeBytes === null
    const free = await metric(server, 'rollcall_store_free_bytes')
    expect(silent ? free === null : free !== null && free > 0).toBe(true)
    expect(await metric(server, 'rollcall_ready')).toBe(1)
    expect(await metric(server, 'rollcall_count_lag_seconds')).toBeGreaterThanOrEqual(0)
    expect(await metric(server, 'process_resident_memory_bytes')).toBeGreaterThan(10_000_000)
  })
})

describe('readiness', () => {
  const failing = { probe: () => Promise.reject(new Error('disk full')) }

  it('is lost while the store cannot be written, and comes back without a restart', async () => {
    let broken = true
    const upkeep = { probe: () => (broken ? failing.probe() : Promise.resolve()) }
    const readiness = createReadiness({ upkeep, stopping: () => false })
    expect(await readiness()).toBe('the store cannot be written')
    broken = false
    await expect.poll(readiness, { timeout: 5_000 }).toBe('ready')
  })

  it('ends when the stop begins, whatever the store says', async () => {
    const readiness = createReadiness({ upkeep: { probe: () => Promise.resolve() }, stopping: () => true })
    expect(await readiness()).toBe('stopping')
  })

  it('costs one write for many questions at once', async () => {
    let writes = 0
    const upkeep = {
      probe: async () => {
        writes += 1
      },
    }
    const readiness = createReadiness({ upkeep, stopping: () => false })
    await Promise.all(Array.from({ length: 50 }, readiness))
    expect(writes).toBe(1)
  })
})

describe('routes', () => {
  it('are told apart only once they have been answered well', () => {
    const routeOf = createRoutes()
    expect(routeOf('/api/v1/windows/w1/learners', 401)).toBe('other')
    expect(routeOf('/api/v1/windows/w1/learners?limit=3', 200)).toBe('/api/v1/windows')
    expect(routeOf('/api/v1/windows/w2', 404)).toBe('/api/v1/windows')
    expect(routeOf('/xapi/evil-1', 404)).toBe('other')
  })
})

describe('ROLLCALL_METRICS_TOKEN', () => {
  it('keeps /metrics from those who do not have it', async () => {
    const server = await startServer({ ROLLCALL_METRICS_TOKEN: 'scrape-me' })
    const ask = (headers: Record<string, string>) =>
      fetch(`${server.url}/metrics`, { headers }).then(({ status }) => status)
    expect(await ask({})).toBe(401)
    expect(await ask({ Authorization: 'Bearer scrape-you' })).toBe(401)
    expect(await ask({ Authorization: 'Bearer scrape-me' })).toBe(200)
    await server.stop()
  })
})

describe('ROLLCALL_URL', () => {
  it('with a path, under which a proxy offers us, is in `more` and in authority, whatever the request says', async () => {
    const server = await startServer({ ROLLCALL_URL: 'https://lms.example.com/lrs/' })
    await server.send([statement(), statement()])
    const forged = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Prefix': '/evil' }
    const answer = await server.xapi('/statements?limit=1', { headers: forged })
    const { more, statements } = (await answer.json()) as {
      more: string
      statements: [{ authority: { account: { homePage: string } } }]
    }
    expect(more).toMatch(/^\/lrs\/xapi\/statements\?limit=1&cursor=/)
    expect(statements[0].authority.account.homePage).toBe('https://lms.example.com/lrs')
    // The proxy takes its path off again.
    const rest = await server.xapi(more.replace('/lrs/xapi', ''))
    expect(((await rest.json()) as { statements: unknown[] }).statements).toHaveLength(1)
    await server.stop()
  })
})

describe('ROLLCALL_RATE_LIMIT', () => {
  let server: Running
  beforeAll(async () => {
    server = await startServer({ ROLLCALL_RATE_LIMIT: '5' })
  })
  afterAll(() => server.stop())
  const read = (as: string) => server.xapi('/statements?limit=1', { as })

  it('answers 429 with Retry-After to the credential that sends more, over xAPI and API together, and to no other', async () => {
    const other = await server.credential('report', ['statements/read', 'reports'])
    for (let sent = 0; sent < 5; sent++) expect((await read(basic(KEY, SECRET))).status).toBe(200)
    const refused = await read(basic(KEY, SECRET))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await server.api('/check', { method: 'POST', body: [], as: basic(KEY, SECRET) })).status).toBe(
      429,
    )
    expect((await read(other)).status).toBe(200)
  })

  it('never limits people', async () => {
    for (let sent = 0; sent < 10; sent++) expect((await server.api('/policies')).status).toBe(200)
  })

  it('is off by default, and many requests at once are no failed sign-ins', async () => {
    const unlimited = await startServer()
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => unlimited.xapi('/statements?limit=1')),
    )
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([200])
    await unlimited.stop()
  })
})

describe('X-Forwarded-For', () => {
  /** 25 wrong sign-ins that claim to come from 25 addresses; how many were locked out. */
  const lockedOut = async (settings: Record<string, string>): Promise<number> => {
    const server = await startServer(settings)
    let locked = 0
    for (let one = 0; one < 25; one++) {
      const response = await server.xapi('/statements', {
        as: basic(KEY, 'wrong'),
        headers: { 'X-Forwarded-For': `203.0.113.${one}` },
      })
      if (response.status === 429) locked += 1
    }
    await server.stop()
    return locked
  }

  it('is not believed unless ROLLCALL_TRUST_PROXY says so: a guesser cannot hide behind made-up addresses', async () => {
    expect(await lockedOut({})).toBe(5)
  })

  it.each(['1', 'loopback', '127.0.0.0/8, 10.0.0.1'])(
    'is believed from the proxies of ROLLCALL_TRUST_PROXY=%s',
    async (proxies) => {
      expect(await lockedOut({ ROLLCALL_TRUST_PROXY: proxies })).toBe(0)
    },
  )

  it('is not believed from an address that is none of them', async () => {
    expect(await lockedOut({ ROLLCALL_TRUST_PROXY: '10.0.0.1' })).toBe(5)
  })
})

describe('logs', () => {
  it('hold no person at any level, whatever is sent, refused or asked for', async () => {
    let text = ''
    const log = createLog('debug', { write: (line: string) => (text += line) })
    const server = await startServer({}, { log })
    const actor = { name: 'Petra Personal', mbox: 'mailto:petra@private.example' }
    await server.send(statement({ actor }))
    await server.xapi('/statements', {
      method: 'POST',
      body: JSON.stringify(statement({ actor, verb: 'petra' })),
    })
    await server.xapi(`/statements?agent=${encodeURIComponent(JSON.stringify(actor))}`)
    await server.api('/session', {
      method: 'POST',
      body: { email: 'petra@private.example', password: 'Petra' },
    })
    await server.api('/users', {
      method: 'POST',
      body: { email: 'petra@private.example', password: 'Petra Petra', roles: ['admin'] },
    })
    const { items } = (await (await server.api('/users')).json()) as { items: { id: string }[] }
    await server.api(`/users/${items[1]?.id}`, { method: 'DELETE' })
    await server.api('/users/petra@private.example', { method: 'DELETE' })
    await server.stop()
    expect(text).toContain('"route":"/xapi/statements"')
    expect(text).toMatch(/"caller":"[0-9a-f-]{36}"/)
    expect(text).not.toMatch(/petra|private\.example|lms\.example\.org/i)
  })
})
