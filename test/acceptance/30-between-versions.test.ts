/** Group 30 of the acceptance set: what one version wrote and the other reads; other origins; about; a clock that steps back. */
import { describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json, ownIri } from './endpoint.ts'

const ORIGIN = 'https://content.example.org'
const lrs = endpoint({ ROLLCALL_CORS: ORIGIN })

const V2 = { version: '2.0.0' }

/** With everything that only 2.0 has. */
const ofVersion2 = () =>
  statement({
    verb: { id: ownIri() },
    context: {
      contextAgents: [
        { objectType: 'contextAgent', agent: learner('coach'), relevantTypes: ['https://example.org/coach'] },
      ],
      contextGroups: [
        { objectType: 'contextGroup', group: { objectType: 'Group', member: [learner('peer')] } },
      ],
    },
  })

describe('a statement of 2.0', () => {
  it('is returned to a reader of 1.0.x unchanged, contextAgents and contextGroups included (decision 0010)', async () => {
    const own = ofVersion2()
    await lrs.send(own, V2)
    const [old, young] = [await lrs.read(own.id), await lrs.read(own.id, {}, V2)]
    expect(old).toEqual(young)
    expect(old.context).toEqual(own.context)
    expect(old.version).toBe('2.0.0')
    expect((await lrs.list({ verb: (own.verb as { id: string }).id })).statements).toEqual([young])
  })

  it('is returned to a reader of 1.0.x in every format', async () => {
    const own = ofVersion2()
    await lrs.send(own, V2)
    for (const format of ['exact', 'canonical', 'ids'])
      expect(((await lrs.read(own.id, { format })).context as Json).contextAgents).toHaveLength(1)
  })

  it('cannot be written in 1.0.x: contextAgents are unknown there, and nothing is stored', async () => {
    const own = ofVersion2()
    await expectRefused(await lrs.post(own), 400, '$.context.contextAgents')
    expect(await lrs.statusOf(own.id)).toBe(404)
  })

  it('sent again in 1.0.x without them is another statement: 409', async () => {
    const own = ofVersion2()
    await lrs.send(own, V2)
    expect((await lrs.post({ ...own, context: {} })).status).toBe(409)
    expect((await lrs.read(own.id)).context).toEqual(own.context)
  })
})

describe('a statement of 1.0.x', () => {
  it('is returned to a reader of 2.0 with its own version, and found by its filters', async () => {
    const own = statement({ verb: { id: ownIri() } })
    await lrs.send(own)
    const query = { verb: (own.verb as { id: string }).id, agent: JSON.stringify(own.actor) }
    const { statements } = await lrs.list(query, V2)
    expect(statements).toEqual([await lrs.read(own.id)])
    expect(statements[0]?.version).toBe('1.0.0')
  })

  it('sent again in 2.0 is the same statement', async () => {
    const own = statement()
    await lrs.send(own)
    expect(await lrs.send(own, V2)).toEqual([own.id])
    expect((await lrs.read(own.id, {}, V2)).version).toBe('1.0.0')
  })

  it.each(['1.0.0', '1.0.3', '2.0.0'])(
    'keeps the version %s it says itself, in either version of the request',
    async (version) => {
      for (const asked of [{}, V2]) {
        const own = statement({ version })
        await lrs.send(own, asked)
        expect((await lrs.read(own.id)).version).toBe(version)
      }
    },
  )
})

describe('a timestamp', () => {
  it.each(['2026-03-01T10:00:00.5+01:00', '2026-03-01T09:00:00.123456789Z', '2026-03-01T09:00:00'])(
    '%s is the same instant for readers of both versions, digit by digit as it was sent (ruling 26, decision 0010)',
    async (timestamp) => {
      const own = statement({ timestamp })
      await lrs.send(own)
      for (const asked of [{}, V2]) expect((await lrs.read(own.id, {}, asked)).timestamp).toBe(timestamp)
    },
  )

  it('that was not sent is when it was stored, in UTC with milliseconds (1.0.3 Data §2.4.7)', async () => {
    const own = statement({ timestamp: undefined })
    await lrs.send(own)
    const { timestamp, stored } = await lrs.read(own.id, {}, V2)
    expect(timestamp).toBe(stored)
    expect(stored).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })
})

describe('a page of another origin', () => {
  it('may call once ROLLCALL_CORS names it, and read the headers of the standard', async () => {
    const url = `${lrs.server().url}/xapi/statements`
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: {
        Origin: ORIGIN,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization',
      },
    })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN])
    const about = await fetch(`${lrs.server().url}/xapi/about`, { headers: { Origin: ORIGIN } })
    expect([about.status, about.headers.get('access-control-allow-origin')]).toEqual([200, ORIGIN])
    expect(about.headers.get('access-control-expose-headers')).toContain('X-Experience-API-Version')
    const stranger = await fetch(url, { method: 'OPTIONS', headers: { Origin: 'https://other.example.org' } })
    expect(stranger.headers.has('access-control-allow-origin')).toBe(false)
  })
})

// Last: `stored` stays ahead of the clock afterwards.
describe('a clock that steps back', () => {
  it('keeps stored and Consistent-Through from going back, and since finds what came after', async () => {
    const through = async () =>
      Date.parse((await lrs.ask({ limit: '1' })).headers.get('x-experience-api-consistent-through') ?? '')
    const [verb, first] = [ownIri(), statement()]
    await lrs.send({ ...first, verb: { id: verb } })
    const before = await lrs.read(first.id)
    const seen = await through()
    lrs.server().clock.moveBy(-3_600_000)
    try {
      const later = [statement({ verb: { id: verb } }), statement({ verb: { id: verb } })]
      for (const one of later) await lrs.send(one)
      const { statements } = await lrs.list({ verb, ascending: 'true', since: String(before.stored) })
      expect(statements.map(({ id }) => id)).toEqual(later.map(({ id }) => id))
      const times = [before, ...statements].map(({ stored }) => Date.parse(String(stored)))
      expect(times).toEqual([...new Set(times)].sort((a, b) => a - b))
      expect(await through()).toBeGreaterThanOrEqual(seen)
    } finally {
      lrs.server().clock.moveBy(3_600_000)
    }
  })
})
