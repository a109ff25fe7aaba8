/** Group 27 of the acceptance set: parameters, methods and paths, alike on every resource. */
import { describe, expect, it } from 'vitest'
import { statement } from '../harness/running.ts'
import { endpoint, expectRefused, ownIri } from './endpoint.ts'
import { RESOURCES } from './resources.ts'

const lrs = endpoint()

const call = (method: string, path: string, query: string, version = '1.0.3') =>
  lrs.server().xapi(`${path}?${query}`, {
    method,
    version,
    ...(method === 'PUT' || method === 'POST' ? { body: '{}' } : {}),
  })

const everything = RESOURCES.flatMap((resource) =>
  resource.methods
    .filter((method) => method !== 'HEAD')
    .map((method) => [method, resource.path, resource] as const),
)

describe.each(everything)('%s %s', (method, path, { query }) => {
  it.each(['1.0.3', '2.0.0'])(
    'refuses an unknown parameter by name (XAPI-00324), version %s',
    async (version) => {
      await expectRefused(await call(method, path, `${query}&foo=bar`, version), 400, '?foo')
    },
  )

  it('refuses a parameter given twice', async () => {
    const [name] = new URLSearchParams(query || 'statementId=9e13cefd-53d3-4eac-b5ed-2cf6693903bb').keys()
    const value = 'x'
    const twice = `${query}&${name}=${value}${query === '' ? `&${name}=${value}` : ''}`
    await expectRefused(await call(method, path, twice), 400, `?${name}`)
  })

  it('refuses each of its parameters in the wrong case (XAPI-00325)', async () => {
    for (const name of new URLSearchParams(query).keys()) {
      const wrong = query.replace(`${name}=`, `${name.toUpperCase()}=`)
      await expectRefused(await call(method, path, wrong), 400, `?${name.toUpperCase()}`)
    }
  })
})

describe.each(RESOURCES)('$path', ({ path, methods, query }) => {
  it.each(['PATCH', 'DELETE', 'PUT', 'POST', 'OPTIONS'])(
    'answers a %s it does not have with 405 and Allow',
    async (method) => {
      if (methods.includes(method)) return
      const response = await lrs.server().xapi(`${path}?${query}`, { method })
      expect([response.status, response.headers.get('allow')?.split(', ').sort()]).toEqual([
        405,
        [...methods].sort(),
      ])
    },
  )
})

describe('about', () => {
  it('refuses an unknown parameter and any method but GET and HEAD, without credentials', async () => {
    const about = (query: string, method = 'GET') =>
      fetch(`${lrs.server().url}/xapi/about${query}`, { method })
    await expectRefused(await about('?foo=1'), 400, '?foo')
    const refused = await about('', 'POST')
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await about('', 'HEAD')).status).toBe(200)
  })
})

describe('percent-escapes and plus', () => {
  it('a plus and %20 are both a space; %2B is a plus', async () => {
    const own = statement({ timestamp: '2026-03-01T09:00:00Z', verb: { id: ownIri() } })
    await lrs.send(own)
    const { stored } = await lrs.read(own.id)
    const verb = encodeURIComponent((own.verb as { id: string }).id)
    const at = String(stored).replace('Z', '')
    for (const zone of ['%2B00:00', '+00:00']) {
      const response = await call('GET', '/statements', `verb=${verb}&until=${at}${zone}`)
      expect(((await response.json()) as { statements: unknown[] }).statements).toHaveLength(1)
    }
    const agent = (space: string) =>
      `agent={"mbox":"mailto:ana@example.org",${space}"name":"Ana${space}Diaz"}`
    for (const space of ['+', '%20'])
      expect((await call('GET', '/statements', agent(space))).status).toBe(200)
  })

  it.each(['%zz', '%', '%ff', '%c3%28'])('%s is refused: it is no UTF-8', async (broken) => {
    expect((await call('GET', '/statements', `verb=https://example.org/${broken}`)).status).toBe(400)
    expect((await call('PUT', '/statements', `statementId=${broken}`)).status).toBe(400)
    expect((await call('GET', '/activities', `activityId=https://example.org/${broken}`)).status).toBe(400)
  })
})

describe('a path', () => {
  it('is the same with one slash at its end (docs/xapi.md)', async () => {
    const own = statement()
    const put = await lrs
      .server()
      .xapi(`/statements/?statementId=${own.id}`, { method: 'PUT', body: JSON.stringify(own) })
    expect(put.status).toBe(204)
    expect((await call('GET', '/statements/', `statementId=${own.id}`)).status).toBe(200)
    await expectRefused(await call('GET', '/statements/', 'foo=1'), 400, '?foo')
    expect((await lrs.server().xapi('/statements/', { method: 'DELETE' })).status).toBe(405)
  })

  it.each(['/', '/nothing', '/statements/more', '//statements', '/activities/nothing'])(
    '%s is 404',
    async (path) => {
      expect((await lrs.server().xapi(path)).status).toBe(404)
    },
  )

  it.each(RESOURCES)(
    'is no resource with two slashes at its end: $path//',
    async ({ path, methods, query }) => {
      for (const method of methods) expect((await call(method, `${path}//`, query)).status).toBe(404)
    },
  )
})
