/** GET /api/v1/statements: the history, searched by more than the standard asks. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

interface Item {
  statement: { id: string }
  stored: string
  timestamp: string
  voided: boolean
  learner: string | null
  verdict: { tracked: boolean; reason: string; text: string } | null
}
interface Page {
  items: Item[]
  next: string | null
}

let server: Running
const verb = { id: `https://example.org/verbs/${randomUUID()}`, display: { en: 'was shown' } }
const at = (minutes: number) => new Date(Date.UTC(2026, 2, 1, 9, minutes)).toISOString()
const scorm = { contextActivities: { category: [{ id: 'https://w3id.org/xapi/scorm' }] } }
const all = {
  fire: statement({
    verb,
    context: scorm,
    timestamp: at(30),
    actor: { ...learner('ana-17'), name: 'Ana Müller' },
    object: {
      id: 'https://lms.example.org/c/fire-drill/sco1',
      definition: {
        name: { en: 'Fire safety', de: 'Brandschutz' },
        type: 'http://adlnet.gov/expapi/activities/lesson',
      },
    },
    result: { score: { scaled: 0.9 }, success: true, completion: true, duration: 'PT10M' },
  }),
  ladder: statement({
    verb,
    context: scorm,
    timestamp: at(10),
    actor: { mbox: 'mailto:ben.ode@example.org', name: 'Ben Ode' },
    object: {
      id: 'https://lms.example.org/c/ladder/sco1',
      definition: { name: { en: 'Ladder safety' }, type: 'http://adlnet.gov/expapi/activities/lesson' },
    },
    result: { score: { scaled: 0.2 }, success: false, duration: 'PT2M' },
  }),
  leaflet: statement({
    verb,
    context: undefined,
    timestamp: at(20),
    actor: { ...learner('cleo'), name: 'Cleo' },
    object: {
      id: 'https://lms.example.org/files/leaflet.pdf',
      definition: { name: { en: 'Leaflet' }, type: 'http://activitystrea.ms/schema/1.0/file' },
    },
  }),
}
type Name = keyof typeof all
const names = Object.keys(all) as Name[]

beforeAll(async () => {
  server = await startServer()
  for (const one of Object.values(all)) await server.send(one)
})
afterAll(() => server.stop())

const ask = (query: Record<string, string>, as?: string) =>
  server.api(`/statements?${new URLSearchParams(query)}`, as === undefined ? {} : { as })
const page = async (query: Record<string, string>, as?: string): Promise<Page> => {
  const response = await ask(query, as)
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`)
  return (await response.json()) as Page
}
const everything = async (query: Record<string, string>, as?: string): Promise<Item[]> => {
  const items: Item[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const one: Page = await page({ ...query, ...(cursor !== undefined && { cursor }) }, as)
    items.push(...one.items)
    cursor = one.next
  }
  return items
}
const found = async (query: Record<string, string>): Promise<Name[]> =>
  (await everything({ verb: verb.id, ...query })).flatMap(({ statement: { id } }) =>
    names.filter((name) => all[name].id === id),
  )

describe('GET /api/v1/statements finds by', () => {
  it.each<[string, Record<string, string>, Name[]]>([
    ['a word of an Activity', { text: 'fire' }, ['fire']],
    ['a word in another language', { text: 'BRANDSCHUTZ' }, ['fire']],
    ['a word of several', { text: 'Safety' }, ['ladder', 'fire']],
    ['several words from different places', { text: 'safety ana' }, ['fire']],
    ['a name without its accents', { text: 'muller' }, ['fire']],
    ['a name with its accents', { text: 'müller' }, ['fire']],
    ['the name of an account', { text: 'ana-17' }, ['fire']],
    ['a mailbox', { text: 'ben.ode@example.org' }, ['ladder']],
    ['a part of an id', { text: 'leaflet.pdf' }, ['leaflet']],
    ['the display of a verb', { text: 'shown' }, ['leaflet', 'ladder', 'fire']],
    ['a word that nobody wrote', { text: 'helicopter' }, []],
    ['half a word, which is none', { text: 'saf' }, []],
    ['success', { success: 'true' }, ['fire']],
    ['failure', { success: 'false' }, ['ladder']],
    ['completion', { completion: 'true' }, ['fire']],
    ['a score from', { minScore: '0.2' }, ['ladder', 'fire']],
    ['a score between', { minScore: '-1', maxScore: '0.5' }, ['ladder']],
    ['a duration from', { minDuration: 'PT2M0.001S' }, ['fire']],
    ['a duration up to', { maxDuration: 'PT2M' }, ['ladder']],
    ['what is tracked', { tracked: 'true' }, ['ladder', 'fire']],
    ['what is not', { tracked: 'false' }, ['leaflet']],
    ['the reason', { reason: 'resource' }, ['leaflet']],
    [
      'its own time, first inclusive, last exclusive',
      { after: at(10), before: at(30) },
      ['leaflet', 'ladder'],
    ],
    ['agent', { agent: JSON.stringify(learner('ana-17')) }, ['fire']],
    ['activity', { activity: 'https://lms.example.org/c/ladder/sco1' }, ['ladder']],
    ['registration', { registration: randomUUID() }, []],
    [
      'all at once',
      { text: 'safety', success: 'true', tracked: 'true', minScore: '0.5', after: at(0) },
      ['fire'],
    ],
  ])('%s', async (_name, query, expected) => {
    expect(await found(query)).toEqual(expected)
    expect((await found({ ...query, sort: 'timestamp' })).sort()).toEqual([...expected].sort())
  })
})

describe('the order', () => {
  it('is of stored or of their own time, both ways, also one at a time', async () => {
    const orders: [Record<string, string>, Name[]][] = [
      [{}, ['leaflet', 'ladder', 'fire']],
      [{ ascending: 'true' }, ['fire', 'ladder', 'leaflet']],
      [{ sort: 'timestamp' }, ['fire', 'leaflet', 'ladder']],
      [{ sort: 'timestamp', ascending: 'true' }, ['ladder', 'leaflet', 'fire']],
    ]
    for (const [query, expected] of orders) {
      expect(await found(query)).toEqual(expected)
      expect(await found({ ...query, limit: '1' })).toEqual(expected)
      expect(await found({ ...query, limit: '2', minScore: '-1' })).toEqual(
        expected.filter((name) => name !== 'leaflet'),
      )
    }
  })

  it('takes since as exclusive and until as inclusive on stored, in either order', async () => {
    const [first] = await everything({ verb: verb.id, ascending: 'true', limit: '1' })
    const stored = first?.stored ?? ''
    for (const sort of ['stored', 'timestamp']) {
      expect((await found({ since: stored, sort })).sort()).toEqual(['ladder', 'leaflet'])
      expect(await found({ until: stored, sort })).toEqual(['fire'])
    }
  })

  it.each(['stored', 'timestamp'])(
    'stays as it was at the first page while others write (sort=%s)',
    async (sort) => {
      const own = { id: `https://example.org/verbs/${randomUUID()}` }
      const sent = Array.from({ length: 5 }, (_, n) => statement({ verb: own, timestamp: at(n) }))
      await server.send(sent)
      const seen: string[] = []
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const query = { verb: own.id, sort, limit: '2', ascending: 'true' }
        const one: Page = await page({ ...query, ...(cursor !== undefined && { cursor }) })
        seen.push(...one.items.map((item) => item.statement.id))
        cursor = one.next
        await server.send(statement({ verb: own, timestamp: at(59) }))
      }
      expect(seen).toEqual(sent.map(({ id }) => id))
    },
  )
})

describe('an item', () => {
  it('carries the statement as xAPI shows it, when it was stored, its verdict and its learner', async () => {
    const [item] = await everything({ verb: verb.id, text: 'fire' })
    const exact = await (await server.xapi(`/statements?statementId=${all.fire.id}`)).json()
    expect(item?.statement).toEqual(exact)
    expect(item).toMatchObject({
      voided: false,
      timestamp: at(30),
      verdict: { tracked: true, reason: 'tracked' },
      learner: expect.stringMatching(/^[0-9a-f-]{36}$/),
      learners: [{ identity: learner('ana-17'), tracked: true }],
    })
    const { items } = (await (await server.api('/learners')).json()) as { items: { learner: string }[] }
    expect(items.map((one) => one.learner)).toContain(item?.learner)
  })

  it('of a statement that no reference hands its words on to', async () => {
    const word = `word${randomUUID().replaceAll('-', '')}`
    const target = statement({ object: { id: `https://example.org/${word}` }, context: undefined })
    const comment = statement({ object: { objectType: 'StatementRef', id: target.id }, context: undefined })
    await server.send([target, comment])
    expect((await everything({ text: word.slice(0, 32) })).map((one) => one.statement.id)).toEqual([
      target.id,
    ])
  })

  it('is gone when it is voided; asked for by its id it is there, and says so', async () => {
    const own = { id: `https://example.org/verbs/${randomUUID()}` }
    const target = statement({ verb: own })
    const voiding = { id: 'http://adlnet.gov/expapi/verbs/voided' }
    const object = { objectType: 'StatementRef', id: target.id }
    await server.send([target, statement({ verb: voiding, object, context: undefined })])
    expect((await everything({ verb: own.id })).map((one) => one.statement.id)).not.toContain(target.id)
    const one = (await (await server.api(`/statements/${target.id}`)).json()) as Item
    expect(one).toMatchObject({ voided: true, statement: { id: target.id } })
  })
})

describe('who may', () => {
  it('people of compliance and credentials that read statements; those that read their own see only these', async () => {
    const [reader, mine, writer] = await Promise.all([
      server.credential('report', ['statements/read']),
      server.credential('learner', ['statements/write', 'statements/read/mine']),
      server.credential('learner', ['statements/write']),
    ])
    const own = { id: `https://example.org/verbs/${randomUUID()}` }
    const [id] = await server.send(statement({ verb: own }), mine)
    await server.send(statement({ verb: own }))
    expect(await everything({ verb: own.id }, reader)).toHaveLength(2)
    expect((await everything({ verb: own.id }, mine)).map((one) => one.statement.id)).toEqual([id])
    expect((await server.api(`/statements/${all.fire.id}`, { as: mine })).status).toBe(404)
    expect((await ask({}, writer)).status).toBe(403)
    expect((await server.api(`/statements/${id}`, { as: writer })).status).toBe(403)
  })

  it('nobody uses a cursor of somebody else', async () => {
    const { next } = await page({ verb: verb.id, limit: '1' })
    const reader = await server.credential('report', ['statements/read'])
    expect((await ask({ verb: verb.id, cursor: next ?? '' }, reader)).status).toBe(400)
  })
})

describe('refused', () => {
  it.each([
    'foo=1',
    'text=',
    'success=yes',
    'minScore=high',
    'minDuration=10',
    'after=yesterday',
    'since=yesterday',
    'sort=name',
    'limit=0',
    'limit=101',
    'limit=1&limit=2',
    'agent=ana',
    'agent={}',
    'verb=none',
    'statementId=c0ffee00-1111-4222-8333-444455556666',
    'cursor=made-up',
  ])('?%s', async (query) => {
    const response = await server.api(`/statements?${query}`)
    expect(response.status).toBe(400)
    const { errors } = (await response.json()) as { errors: { path: string; requirement: string }[] }
    expect(errors[0]?.requirement).toBeTruthy()
  })

  it('a statement that is not there: 404; an id that is none: 400', async () => {
    expect((await server.api(`/statements/${randomUUID()}`)).status).toBe(404)
    expect((await server.api('/statements/abc')).status).toBe(400)
  })
})
