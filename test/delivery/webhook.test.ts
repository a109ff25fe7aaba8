/** Where webhooks may go, and what counts as taken. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPoster } from '../../src/delivery/webhook.ts'
import { mayReach } from '../../src/lrs/alerts/addresses.ts'

let server: Server
let port: number
let met = 0
beforeAll(async () => {
  server = createServer((request, response) => {
    met += 1
    const status = Number(new URL(request.url ?? '/', 'http://x').pathname.slice(1))
    response.writeHead(status, status === 302 ? { location: '/204' } : {}).end('x'.repeat(100_000))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.close()
})

const never = new AbortController().signal
const send = (host: string, path: string, allowPrivate: boolean, signal = never) =>
  createPoster(allowPrivate)({ url: `http://${host}:${port}${path}`, headers: {}, body: '{}' }, signal)

describe('posting', () => {
  it.each([
    [200, null],
    [204, null],
    [302, { error: 'answered 302: redirects are not followed', permanent: false }],
    [400, { error: 'answered 400', permanent: false }],
    [410, { error: 'answered 410', permanent: true }],
    [503, { error: 'answered 503', permanent: false }],
  ])('an answer of %i is taken, tried again or given up', async (status, outcome) => {
    const before = met
    expect(await send('127.0.0.1', `/${status}`, true)).toEqual(outcome)
    expect(met).toBe(before + 1)
  })

  it.each(['127.0.0.1', 'localhost', '[::1]', '0x7f000001', '2130706433'])(
    'does not reach %s unless private addresses are allowed',
    async (host) => {
      const before = met
      expect(await send(host, '/204', false)).toMatchObject({ error: expect.stringContaining('no public') })
      expect(met).toBe(before)
    },
  )

  it('reaches a private name when they are allowed', async () => {
    expect(await send('localhost', '/204', true)).toBeNull()
  })

  it('says why nobody was reached', async () => {
    const closed = { url: 'http://127.0.0.1:9/x', headers: {}, body: '{}' }
    expect(await createPoster(true)(closed, never)).toMatchObject({
      error: expect.stringContaining('ECONNREFUSED'),
      permanent: false,
    })
    const stopped = AbortSignal.abort()
    expect(await send('127.0.0.1', '/204', true, stopped)).toMatchObject({ permanent: false })
  })
})

describe('addresses', () => {
  it.each(['93.184.215.14', '2606:2800:21f::1'])('%s may be reached', (address) => {
    expect(mayReach(address, false)).toBe(true)
  })

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ])('%s only when private ones are allowed', (address) => {
    expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, true])
  })

  it.each([
    '169.254.169.254',
    'fe80::1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    '::ffff:169.254.169.254',
    'x',
  ])('%s never', (address) => {
    expect([mayReach(address, false), mayReach(address, true)]).toEqual([false, false])
  })
})
