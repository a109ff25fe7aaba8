import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

interface Listed {
  statements: Record<string, unknown>[]
  more: string
}

const list = async (query: Record<string, string>, version?: string): Promise<Listed> => {
  const response = await server.xapi(`/statements?${new URLSearchParams(query)}`, version ? { version } : {})
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Listed
}
const ids = ({ statements }: Listed) => statements.map(({ id }) => id)
const agent = (name: string) => ({ account: { homePage: 'https://lms.example.org', name } })

describe('filters', () => {
  const ana = agent('ana')
  const verb = { id: 'https://example.org/verbs/watched' }
  const object = { id: 'https://example.org/films/1' }
  const registration = randomUUID()
  const all = {
    plain: statement({ actor: ana, verb, object, context: { registration } }),
    group: statement({ actor: { objectType: 'Group', member: [ana, agent('ben')] }, verb }),
    toAna: statement({ actor: agent('cleo'), object: { objectType: 'Agent', ...ana }, context: undefined }),
    taught: statement({ actor: agent('cleo'), context: { instructor: ana } }),
    inside: statement({ actor: agent('cleo'), context: { contextActivities: { parent: object } } }),
    sub: statement({
      actor: agent('cleo'),
      object: { objectType: 'SubStatement', actor: ana, verb, object },
    }),
  }
  type Name = keyof typeof all
  const named = (answer: Listed) =>
    (Object.keys(all) as Name[]).filter((name) => ids(answer).includes(all[name].id))

  beforeAll(async () => {
    await server.send(Object.values(all))
  })

  it.each<[string, Record<string, string>, Name[]]>([
    ['agent: actor, object, group member', { agent: JSON.stringify(ana) }, ['plain', 'group', 'toAna']],
    [
      'agent, never by name',
      { agent: JSON.stringify({ ...ana, name: 'somebody' }) },
      ['plain', 'group', 'toAna'],
    ],
    [
      'related_agents',
      { agent: JSON.stringify(ana), related_agents: 'true' },
      ['plain', 'group', 'toAna', 'taught', 'sub'],
    ],
    ['verb', { verb: verb.id }, ['plain', 'group']],
    ['activity', { activity: object.id }, ['plain']],
    ['related_activities', { activity: object.id, related_activities: 'true' }, ['plain', 'inside', 'sub']],
    ['registration', { registration: registration.toUpperCase() }, ['plain']],
    ['agent and verb', { agent: JSON.stringify(ana), verb: verb.id }, ['plain', 'group']],
    ['agent and activity that never meet', { agent: JSON.stringify(agent('ben')), activity: object.id }, []],
    ['an agent nobody knows', { agent: JSON.stringify({ mbox: 'mailto:nobody@example.org' }) }, []],
  ])('by %s', async (_name, query, expected) => {
    expect(named(await list(query))).toEqual(expected)
  })
})

describe('references (xapi.md §4.5)', () => {
  const ref = (id: unknown) => ({ objectType: 'StatementRef', id })
  const voided = { id: 'http://adlnet.gov/expapi/verbs/voided' }

  it.each([
    ['before what they refer to', true],
    ['after it', false],
  ])(
    'are found by the terms of their target, over several hops, when they arrive %s',
    async (_name, first) => {
      const verb = { id: `https://example.org/verbs/${randomUUID()}` }
      const target = statement({ verb, actor: agent('ref') })
      const comment = statement({ object: ref(target.id), context: undefined, actor: agent('teacher') })
      const reply = statement({ object: ref(comment.id), context: undefined, actor: agent('teacher') })
      const messages = first ? [reply, comment, target] : [target, comment, reply]
      for (const message of messages) await server.send(message)
      expect(new Set(ids(await list({ verb: verb.id })))).toEqual(new Set([target.id, comment.id, reply.id]))
      expect(ids(await list({ verb: verb.id, agent: JSON.stringify(agent('nobody')) }))).toEqual([])
    },
  )

  it('outlive the voiding of their target, and the voiding statement is found as well', async () => {
    const verb = { id: `https://example.org/verbs/${randomUUID()}` }
    const target = statement({ verb })
    const comment = statement({ object: ref(target.id), context: undefined })
    const voiding = statement({ verb: voided, object: ref(target.id), context: undefined })
    for (const message of [target, comment, voiding]) await server.send(message)
    expect(ids(await list({ verb: verb.id }))).toEqual([voiding.id, comment.id])
    expect(ids(await list({ verb: verb.id, limit: '1' }))).toEqual([voiding.id])
  })

  it('that go in a circle come to an end', async () => {
    const verb = { id: `https://example.org/verbs/${randomUUID()}` }
    const [a, b] = [randomUUID(), randomUUID()]
    await server.send([
      statement({ id: a, verb, object: ref(b), context: undefined }),
      statement({ id: b, object: ref(a), context: undefined }),
    ])
    expect(new Set(ids(await list({ verb: verb.id })))).toEqual(new Set([a, b]))
  })
})

describe('order and pages', () => {
  const verb = { id: `https://example.org/verbs/${randomUUID()}` }
  const sent: string[] = []
  beforeAll(async () => {
    for (let i = 0; i < 7; i++) sent.push(...(await server.send([statement({ verb })])))
  })
  const newest = () => [...sent].reverse()

  it('is newest first, and oldest first when ascending', async () => {
    expect(ids(await list({ verb: verb.id }))).toEqual(newest())
    expect(ids(await list({ verb: verb.id, ascending: 'true' }))).toEqual(sent)
  })

  it.each(['false', 'true'])(
    'pages without gap or repetition while others write (ascending=%s)',
    async (ascending) => {
      const expected = ascending === 'true' ? [...sent] : newest()
      let page = await list({ verb: verb.id, limit: '2', ascending })
      const seen = [...ids(page)]
      while (page.more !== '') {
        sent.push(...(await server.send([statement({ verb })])))
        const response = await fetch(new URL(page.more, server.url), {
          headers: {
            Authorization: `Basic ${btoa('test-key:test-secret-with-some-length')}`,
            'X-Experience-API-Version': '1.0.3',
          },
        })
        expect(response.status).toBe(200)
        page = (await response.json()) as Listed
        expect(page.statements.length).toBeGreaterThan(0)
        seen.push(...ids(page))
      }
      expect(seen).toEqual(expected)
    },
  )

  it('refuses a `more` link of other credentials', async () => {
    const { more } = await list({ verb: verb.id, limit: '2' })
    const other = await server.credential('report', ['statements/read'])
    const response = await fetch(new URL(more, server.url), {
      headers: { Authorization: other, 'X-Experience-API-Version': '1.0.3' },
    })
    expect(response.status).toBe(400)
  })

  it('takes `since` as exclusive and `until` as inclusive, on stored', async () => {
    const { statements } = await list({ verb: verb.id, ascending: 'true' })
    const at = (index: number) => String(statements[index]?.stored)
    expect(ids(await list({ verb: verb.id, ascending: 'true', since: at(1), until: at(3) }))).toEqual(
      sent.slice(2, 4),
    )
  })

  it('gives a poller by `since` every statement once, also those of one instant', async () => {
    const poll = { id: `https://example.org/verbs/${randomUUID()}` }
    const batches = Array.from({ length: 20 }, () => [statement({ verb: poll }), statement({ verb: poll })])
    const writing = Promise.all(batches.map((batch) => server.send(batch)))
    const seen: unknown[] = []
    let since = new Date(0).toISOString()
    while (seen.length < 40) {
      const page = await list({ verb: poll.id, ascending: 'true', since, limit: '100' })
      seen.push(...ids(page))
      since = String(page.statements.at(-1)?.stored ?? since)
    }
    await writing
    expect(new Set(seen).size).toBe(40)
  })

  it('answers an empty list with 200 and no `more`', async () => {
    expect(await list({ verb: 'https://example.org/verbs/none' })).toEqual({ statements: [], more: '' })
  })
})

describe('refused queries', () => {
  it.each([
    'statementId=x',
    `statementId=${randomUUID()}&voidedStatementId=${randomUUID()}`,
    `statementId=${randomUUID()}&limit=1`,
    'StatementId=1',
    'foo=bar',
    'limit=-1',
    'limit=ten',
    'limit=1&limit=2',
    'ascending=yes',
    'format=pretty',
    'since=yesterday',
    'until=2021-02-30T00:00:00Z',
    'verb=none',
    'activity=none',
    'registration=none',
    'agent=none',
    `agent=${encodeURIComponent('{"name":"x"}')}`,
    'cursor=made-up',
  ])('?%s', async (query) => {
    const response = await server.xapi(`/statements?${query}`)
    expect(response.status).toBe(400)
    const { errors } = (await response.json()) as { errors: { path: string; requirement: string }[] }
    expect(errors[0]?.path).toMatch(/^\?/)
    expect(errors[0]?.requirement).toBeTruthy()
  })
})

describe('formats', () => {
  const original = statement({
    actor: { name: 'Ana', mbox: 'mailto:ana@example.org' },
    verb: { id: 'https://example.org/v', display: { en: 'saw', de: 'sah' } },
    object: {
      objectType: 'Activity',
      id: 'https://example.org/o',
      definition: { name: { en: 'Fire', 'de-DE': 'Feuer' }, type: 'https://example.org/t' },
    },
  })
  beforeAll(() => server.send(original))
  const read = async (query: string, init: Parameters<Running['xapi']>[1] = {}) =>
    (await (
      await server.xapi(`/statements?statementId=${String(original.id)}&${query}`, init)
    ).json()) as Record<string, Record<string, unknown>>

  it('exact returns what was sent', async () => {
    const exact = await read('format=exact')
    expect(exact.actor).toEqual(original.actor)
    expect(exact.verb).toEqual(original.verb)
    expect(exact.object).toEqual(original.object)
  })

  it('a single context activity comes back as a list', async () => {
    const [id] = await server.send(
      statement({ context: { contextActivities: { parent: { id: 'https://example.org/p' } } } }),
    )
    const { context } = (await (await server.xapi(`/statements?statementId=${id}`)).json()) as {
      context: { contextActivities: { parent: unknown } }
    }
    expect(context.contextActivities.parent).toEqual([{ id: 'https://example.org/p' }])
  })

  it('ids leaves identifiers only', async () => {
    const { actor, object } = await read('format=ids')
    expect(actor).not.toHaveProperty('name')
    expect(actor).toHaveProperty('mbox')
    expect(object).toEqual({ id: 'https://example.org/o' })
  })

  it('canonical takes the asked language', async () => {
    const { verb, object } = await read('format=canonical', {
      headers: { 'Accept-Language': 'de-DE, en;q=0.5' },
    })
    expect(verb?.display).toEqual({ de: 'sah' })
    expect(object).toHaveProperty('definition.name')
    expect((object as { definition: { name: unknown } }).definition.name).toEqual({ 'de-DE': 'Feuer' })
  })

  it('attachments=true is multipart/mixed with the JSON first', async () => {
    const response = await server.xapi('/statements?limit=1&attachments=true')
    expect(response.headers.get('content-type')).toMatch(/^multipart\/mixed; boundary=[a-z0-9]+$/)
    expect(await response.text()).toContain('"statements":[')
  })

  it('HEAD is GET without the body, with Last-Modified of stored', async () => {
    const response = await server.xapi(`/statements?statementId=${String(original.id)}`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100)
    expect(await response.text()).toBe('')
    const { stored } = await read('')
    expect(Date.parse(response.headers.get('last-modified') ?? '')).toBe(
      Math.floor(Date.parse(String(stored)) / 1000) * 1000,
    )
  })
})
