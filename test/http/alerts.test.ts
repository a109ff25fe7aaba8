/** Alerts over HTTP: a real mail server and a real receiver of webhooks, on loopback (A20, F4, Q26; rulings 18, 37). */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

const DAY = 86_400_000

interface Item {
  policy: string
  window: string
  level: string
  value: number
  state: string
  recipient: string | null
  next: string | null
  tries: { error: string | null }[]
}
interface Received {
  headers: Record<string, string>
  body: string
}

let server: Running
let smtp: SMTPServer
let receiver: Server
const mails: { from: string; to: string[]; text: string }[] = []
const posts: Received[] = []
/** What the receiver answers next. */
let answer: { status: number; headers?: Record<string, string> } = { status: 204 }

beforeAll(async () => {
  smtp = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    onRcptTo: ({ address }, _session, callback) =>
      callback(address.startsWith('gone@') ? new Error('no such mailbox') : undefined),
    onData: (stream, session, callback) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const from = mailFrom ? mailFrom.address : ''
        mails.push({ from, to: rcptTo.map(({ address }) => address), text: Buffer.concat(parts).toString() })
        callback()
      })
    },
  })
  smtp.listen(0, '127.0.0.1')
  receiver = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    posts.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(parts).toString() })
    response.writeHead(answer.status, answer.headers).end()
  })
  receiver.listen(0, '127.0.0.1')
  await Promise.all([once(smtp.server, 'listening'), once(receiver, 'listening')])
  server = await startServer({
    ROLLCALL_SMTP: `smtp://127.0.0.1:${portOf(smtp.server)}`,
    ROLLCALL_SMTP_FROM: 'rollcall@example.org',
    ROLLCALL_WEBHOOKS_PRIVATE: 'true',
  })
  // At noon: no test ends in another day, and window, than it began.
  server.clock.moveBy(DAY + DAY / 2 - (server.clock.now() % DAY))
})
afterAll(async () => {
  await server.stop()
  await new Promise<void>((resolve) => smtp.close(() => resolve()))
  receiver.close()
})

const portOf = (listening: { address(): unknown }) => (listening.address() as AddressInfo).port
const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T
const post = (path: string, body: unknown) => server.api(path, { method: 'POST', body })
const listed = async (query: string) =>
  (await json<{ items: Item[] }>(server.api(`/alerts?limit=1000&${query}`))).items.reverse()
const use = (name: string, at = server.clock.now()) =>
  statement({ actor: learner(name), timestamp: new Date(at).toISOString() })
const hook = async () =>
  await json<{ id: string; secret: string }>(
    post('/webhooks', { url: `http://127.0.0.1:${portOf(receiver)}/alerts` }),
  )

/** Looks until the alerts of a policy are as wanted; lets the jobs' next turn come when this one brought nothing. */
async function alertsOf(policy: string, wanted: (items: Item[]) => boolean): Promise<Item[]> {
  for (let looked = 1; ; looked += 1) {
    const items = await listed(`policy=${policy}`)
    if (wanted(items)) return items
    // Not faster than Agenda polls, or the locks of what runs would be over before it is done.
    if (looked % 20 === 0) server.clock.moveBy(10_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
/** A turn of the job that raises, after which a level that is reached has alerted: another policy's alert shows it. */
let probes = 0
async function turn(): Promise<void> {
  probes += 1
  const id = `probe-${probes}`
  await policy(id, [{ at: '1' }])
  await server.send([use(id)])
  await alertsOf(id, (items) => items.length === 1)
}

async function policy(id: string, alerts: unknown[], over: Record<string, unknown> = {}): Promise<void> {
  const created = await post('/policies', {
    schema: 1,
    id,
    count: { any: [{ evidence: true }] },
    unique: { by: ['learner'] },
    window: { kind: 'anchored', length: { days: 1 }, anchor: '2026-01-01', timeZone: 'UTC' },
    limit: { included: 4 },
    alerts,
    ...over,
  })
  expect([created.status, created.status === 201 ? '' : await created.text()]).toEqual([201, ''])
}
const all = (count: number, state: string) => (items: Item[]) =>
  items.length >= count && items.every((item) => item.state === state)

describe('levels', () => {
  it('A20, F4, Q26: each level goes once to each address and webhook of any number, in rising order', async () => {
    server.clock.moveBy(DAY)
    const { id: webhook, secret } = await hook()
    const to = ['ana@example.org', 'ben@example.org', webhook]
    await policy('levels', [
      { at: '100%', to },
      { at: '50%', to },
      { at: 3, to: ['ana@example.org'] },
      { at: '' },
    ])
    await server.send(['a', 'b', 'c', 'd', 'a'].map((name) => use(name)))
    const items = await alertsOf('levels', all(7, 'delivered'))
    expect(items).toHaveLength(7)
    expect(items.every(({ tries }) => tries.length === 1)).toBe(true)

    const mine = mails.filter(({ text }) => text.includes('levels'))
    const toAna = mine.filter(({ to: [address] }) => address === 'ana@example.org')
    expect(toAna.map(({ text }) => /Subject: (.*)/.exec(text)?.[1])).toEqual([
      'Rollcall: levels has reached 50% of the limit (4 of 4)',
      'Rollcall: levels has reached 3 active learners (4 of 4)',
      'Rollcall: levels has reached 100% of the limit (4 of 4)',
    ])
    expect(mine.filter(({ to: [address] }) => address === 'ben@example.org')).toHaveLength(2)
    expect(new Set(mine.map(({ from }) => from))).toEqual(new Set(['rollcall@example.org']))
    // Nobody sees who else was told.
    expect(mine.every(({ to: addresses }) => addresses.length === 1)).toBe(true)
    expect(new Set(mine.map(({ text }) => /Message-ID: (.*)/i.exec(text)?.[1])).size).toBe(5)

    // The receiver's clock is the server's: it refuses what is old or from the future.
    vi.spyOn(Date, 'now').mockReturnValue(Number(posts[0]?.headers['webhook-timestamp']) * 1_000)
    const verified = posts.map(({ body, headers }) => new Webhook(secret).verify(body, headers))
    expect(verified).toMatchObject([
      { type: 'alert.reached', data: { policy: 'levels', level: '50%', value: 4, limit: 4, on: 'actual' } },
      { data: { level: '100%', window: { timeZone: 'UTC' } } },
    ])
    const forged = posts[0] as Received
    expect(() => new Webhook(secret).verify(`${forged.body} `, forged.headers)).toThrow(
      'No matching signature',
    )
    vi.restoreAllMocks()

    await server.send(['e', 'f'].map((name) => use(name)))
    await server.counted('levels')
    await turn()
    expect(await listed('policy=levels')).toEqual(items)
  })

  it('Q26: re-armed in the next window; the licence view says which levels have alerted', async () => {
    server.clock.moveBy(DAY)
    await policy('rearmed', [{ at: '25%' }, { at: '100%' }])
    await server.send([use('a')])
    expect(await alertsOf('rearmed', all(1, 'unaddressed'))).toMatchObject([
      { level: '25%', value: 1, recipient: null },
    ])
    const licence = await json<{ alerts: { at: string; raised: string | null }[] }>(
      server.api('/licence?policy=rearmed'),
    )
    expect(licence.alerts).toMatchObject([
      { at: '25%', reached: true, raised: expect.stringMatching(/^20/) },
      { at: '100%', reached: false, raised: null },
    ])
    server.clock.moveBy(DAY)
    await server.send([use('a')])
    const items = await alertsOf('rearmed', all(2, 'unaddressed'))
    expect(new Set(items.map(({ window }) => window)).size).toBe(2)
  })

  it('ruling 18: never for a window that ended before the policy was made, but in its grace for one that ended later', async () => {
    server.clock.moveBy(DAY)
    const before = server.clock.now()
    server.clock.moveBy(DAY)
    await server.send([use('old', before)])
    await policy('history', [{ at: '1' }])
    await server.counted('history')
    const ended = server.clock.now()
    server.clock.moveBy(DAY)
    await server.send([use('late', ended)])
    await turn()
    const windows = (await listed('policy=history')).map(({ window }) => window)
    const windowOf = (at: number) => `history.1.${new Date(at).toISOString().slice(0, 10)}`
    expect(windows).toContain(windowOf(ended))
    expect(windows).not.toContain(windowOf(before))
  })

  it('ruling 10: a rolling number alerts once until it is evaluated next', async () => {
    const window = { kind: 'rolling', length: { days: 30 } }
    await policy('rolling', [{ at: '1' }], { window })
    await server.send([use('roll')])
    const items = await alertsOf('rolling', all(1, 'unaddressed'))
    await turn()
    expect(await listed('policy=rolling')).toEqual(items)
  })
})

describe('delivery', () => {
  it('a receiver that fails or redirects is tried again with back-off, under the same id; nothing follows the redirect', async () => {
    server.clock.moveBy(DAY)
    const { id: webhook } = await hook()
    posts.length = 0
    answer = { status: 307, headers: { location: `http://127.0.0.1:${portOf(receiver)}/elsewhere` } }
    await policy('retried', [{ at: '1', to: [webhook] }])
    await server.send([use('a')])
    const [first] = await alertsOf('retried', ([item]) => item?.tries.length === 1)
    expect(first).toMatchObject({
      state: 'pending',
      next: expect.stringMatching(/^20/),
      tries: [{ error: 'answered 307: redirects are not followed' }],
    })
    answer = { status: 204 }
    const [last] = await alertsOf('retried', all(1, 'delivered'))
    expect(last?.tries).toMatchObject([{ error: expect.any(String) }, { error: null }])
    expect(posts).toHaveLength(2)
    expect(new Set(posts.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  })

  it('an address that the mail server refuses, and a webhook that is removed, are given up', async () => {
    const { id: webhook } = await hook()
    await policy('given-up', [{ at: '1', to: ['gone@example.org', webhook] }])
    expect((await server.api(`/webhooks/${webhook}`, { method: 'DELETE' })).status).toBe(204)
    await server.send([use('a')])
    const items = await alertsOf('given-up', all(2, 'failed'))
    const errors = items.flatMap(({ tries }) => tries.map(({ error }) => error))
    expect(errors).toHaveLength(2)
    expect(errors).toContainEqual(expect.stringContaining('no such mailbox'))
    expect(errors).toContain('the webhook was removed')
  })
})

describe('webhooks', () => {
  it('shows a secret once, and lists and removes', async () => {
    const { id, secret } = await hook()
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const list = await (await server.api('/webhooks')).text()
    expect(list).toContain(id)
    expect(list).not.toContain(secret)
    expect((await server.api(`/webhooks/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await server.api(`/webhooks/${id}`, { method: 'DELETE' })).status).toBe(404)
  })

  it('F4: can be tested before any level is reached, addresses as well; the log shows it, and nobody is flooded', async () => {
    const { id: webhook, secret } = await hook()
    const before = mails.length
    const tested = await post('/alerts/test', { to: ['ana@example.org', webhook, 'gone@example.org'] })
    expect(tested.status).toBe(200)
    const { items: told } = (await tested.json()) as { items: Item[] }
    expect(told).toHaveLength(3)
    // On a busy machine some are told of later.
    const items = await vi.waitFor(async () => {
      const found = (await listed('')).filter(({ level }) => level === 'test')
      expect(found.map(({ state }) => state).sort()).toEqual(['delivered', 'delivered', 'failed'])
      return found
    }, 20_000)
    const outcomes = Object.fromEntries(items.map(({ recipient, state }) => [recipient, state]))
    expect(outcomes).toEqual({
      'ana@example.org': 'delivered',
      [webhook]: 'delivered',
      'gone@example.org': 'failed',
    })
    expect(items.find(({ state }) => state === 'failed')?.tries[0]?.error).toMatch(/no such mailbox/)
    expect(mails.slice(before).map(({ text }) => /Subject: (.*)/.exec(text)?.[1])).toEqual([
      'Rollcall: a test of alerts',
    ])
    const { body, headers } = posts.at(-1) as Received
    vi.spyOn(Date, 'now').mockReturnValue(Number(headers['webhook-timestamp']) * 1_000)
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'alert.test' })
    vi.restoreAllMocks()
    const logged = await listed('state=delivered')
    expect(logged.filter(({ level }) => level === 'test')).toMatchObject([{ policy: null }, { policy: null }])

    // Again within a minute, and more than sixty an hour.
    expect((await post('/alerts/test', { to: ['ana@example.org'] })).status).toBe(429)
    const many = Array.from({ length: 58 }, (_, n) => `n${n}@example.org`)
    expect((await post('/alerts/test', { to: many })).status).toBe(429)
    server.clock.moveBy(61_000)
    expect((await post('/alerts/test', { to: ['ana@example.org'] })).status).toBe(200)
    for (const bad of [{ to: [] }, { to: ['nobody'] }, { colour: 1 }])
      expect((await post('/alerts/test', bad)).status, JSON.stringify(bad)).toBe(400)
    const as = await server.credential('report', ['reports'])
    expect((await server.api('/alerts/test', { method: 'POST', body: {}, as })).status).toBe(403)
  })

  it.each([
    ['no address', { url: 'example.org' }],
    ['another scheme', { url: 'ftp://example.org' }],
    ['a file', { url: 'file:///etc/passwd' }],
    ['a user and password', { url: 'https://u:p@example.org' }],
    ['a metadata service, even where private networks are allowed', { url: 'http://169.254.169.254/x' }],
    ['the same, mapped', { url: 'http://[::ffff:169.254.169.254]/x' }],
    ['an unknown member', { url: 'https://example.org', secret: 'x' }],
  ])('refuses %s, and keeps nothing', async (_what, body) => {
    const before = await (await server.api('/webhooks')).text()
    expect((await post('/webhooks', body)).status).toBe(400)
    expect(await (await server.api('/webhooks')).text()).toBe(before)
  })

  it('needs somebody who manages them: a report credential sees alerts, and no webhooks', async () => {
    const as = await server.credential('report', ['reports'])
    expect((await server.api('/alerts', { as })).status).toBe(200)
    expect((await server.api('/webhooks', { as })).status).toBe(403)
    expect((await server.api('/alerts?state=lost')).status).toBe(400)
  })

  it('ruling 13: a policy may only name addresses and webhooks that are there', async () => {
    const body = {
      schema: 1,
      id: 'nobody',
      count: { any: [{ evidence: true }] },
      unique: { by: ['learner'] },
      window: { kind: 'calendar', length: { months: 1 } },
      alerts: [
        { at: '1', to: ['ana@example.org', 'not-a-webhook'] },
        { at: '2', to: ['a@b\r\nBcc: c@d.org'] },
      ],
    }
    const refused = await post('/policies', body)
    expect(refused.status).toBe(400)
    const text = await refused.text()
    expect(text).toContain('$.alerts.0.to.1')
    expect(text).toContain('$.alerts.1.to.0')
    expect((await server.api('/policies/nobody')).status).toBe(404)
  })
})
