/** Pages of other origins: none unless ROLLCALL_CORS names them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LEARNER, type Running, startServer } from '../harness/running.ts'

const CONTENT = 'https://content.example.org'

const preflight = (server: Running, origin: string, path = '/xapi/activities/state') =>
  fetch(server.url + path, {
    method: 'OPTIONS',
    headers: {
      Origin: origin,
      'Access-Control-Request-Method': 'PUT',
      'Access-Control-Request-Headers': 'authorization,content-type,if-match,x-experience-api-version',
    },
  })

const ask = (server: Running, origin: string, authorization = LEARNER) =>
  fetch(`${server.url}/xapi/statements`, {
    headers: { Origin: origin, Authorization: authorization, 'X-Experience-API-Version': '1.0.3' },
  })

const allowed = (response: Response) => response.headers.get('access-control-allow-origin')

describe('with ROLLCALL_CORS=https://content.example.org,https://other.example.org', () => {
  let server: Running
  beforeAll(async () => {
    server = await startServer({ ROLLCALL_CORS: `${CONTENT}, https://other.example.org` })
  })
  afterAll(() => server.stop())

  it.each(['/xapi/activities/state', '/xapi/about', '/api/v1/licence'])(
    'a preflight of %s from a named origin needs no credentials and allows every method and header of the standard',
    async (path) => {
      const response = await preflight(server, CONTENT, path)
      expect([response.status, allowed(response)]).toEqual([204, CONTENT])
      expect(response.headers.get('access-control-allow-methods')).toBe('GET,HEAD,PUT,POST,DELETE')
      expect(response.headers.get('access-control-allow-headers')).toContain('x-experience-api-version')
      expect(response.headers.get('access-control-allow-credentials')).toBe('true')
      expect(response.headers.get('vary')).toContain('Origin')
    },
  )

  it('an answer, also a refusal, may be read with the headers of the standard', async () => {
    for (const response of [await ask(server, CONTENT), await ask(server, CONTENT, 'Basic x')]) {
      expect(allowed(response)).toBe(CONTENT)
      const exposed = response.headers.get('access-control-expose-headers')
      for (const name of ['ETag', 'Last-Modified', 'X-Experience-API-Version', 'WWW-Authenticate'])
        expect(exposed).toContain(name)
    }
  })

  it('any other origin is allowed nothing', async () => {
    for (const origin of [
      'https://evil.example.org',
      `${CONTENT}.evil.org`,
      'http://content.example.org',
      'null',
    ]) {
      expect(allowed(await preflight(server, origin))).toBeNull()
      expect(allowed(await ask(server, origin))).toBeNull()
    }
  })
})

describe('with ROLLCALL_CORS=*', () => {
  it('any origin may call, without stored credentials', async () => {
    const server = await startServer({ ROLLCALL_CORS: '*' })
    try {
      const response = await preflight(server, 'https://anywhere.example.org')
      expect([response.status, allowed(response)]).toEqual([204, '*'])
      expect(response.headers.has('access-control-allow-credentials')).toBe(false)
      expect(allowed(await ask(server, 'https://anywhere.example.org'))).toBe('*')
    } finally {
      await server.stop()
    }
  })
})

describe('without ROLLCALL_CORS', () => {
  it('no origin is allowed anything', async () => {
    const server = await startServer()
    try {
      expect((await preflight(server, CONTENT)).status).toBe(400)
      expect(allowed(await ask(server, CONTENT))).toBeNull()
    } finally {
      await server.stop()
    }
  })
})
