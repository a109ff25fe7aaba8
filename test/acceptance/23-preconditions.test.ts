/** Group 23 of the acceptance set: nobody overwrites what they have not seen, unless they say so. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asking, ownDocument, RESOURCES, type Sent } from './documents.ts'
import { endpoint, expectRefused } from './endpoint.ts'

const lrs = endpoint()
const ask = asking(lrs.server)
const VERSIONS = ['1.0.3', '2.0.0']
const CASES = RESOURCES.flatMap((path) => VERSIONS.map((version) => [path, version] as const))
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

describe.each(CASES)('%s, version %s', (path, version) => {
  const send = (method: string, document: Record<string, string>, sent: Sent = {}) =>
    ask(method, path, document, { version, ...sent })
  const stateOf = async (document: Record<string, string>) => {
    const response = await send('GET', document)
    const { headers, status } = response
    return {
      status,
      body: await response.text(),
      etag: headers.get('etag'),
      modified: headers.get('last-modified'),
    }
  }
  /** A document of its own, with this text. */
  const existing = async (body = '{"v":1}') => {
    const document = ownDocument(path)
    expect((await send('PUT', document, { body, ifNoneMatch: '*' })).status).toBe(204)
    return document
  }

  it('has the SHA-1 of its bytes as ETag, in quotes, and Last-Modified', async () => {
    const { etag, modified, status } = await stateOf(await existing('{"v": 1}'))
    expect([status, etag]).toEqual([200, `"${sha1('{"v": 1}')}"`])
    expect(Date.parse(modified ?? '')).toBeGreaterThan(0)
  })

  it.each<[string, (tag: string) => Sent]>([
    ['If-Match with its tag', (tag) => ({ ifMatch: `"${tag}"` })],
    ['If-Match with a list that has it', (tag) => ({ ifMatch: `"other" , W/"x","${tag}"` })],
    ['If-Match *', () => ({ ifMatch: '*' })],
    ['If-Match without the quotes', (tag) => ({ ifMatch: tag })],
    ['If-None-Match with another tag', () => ({ ifNoneMatch: '"other", "more"' })],
  ])('%s holds: PUT, POST and DELETE do what they say', async (_, condition) => {
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const document = await existing()
      const body = method === 'DELETE' ? {} : { body: '{"w":2}' }
      expect((await send(method, document, { ...condition(sha1('{"v":1}')), ...body })).status, method).toBe(
        204,
      )
      const after = { PUT: '{"w":2}', POST: '{"v":1,"w":2}', DELETE: null }[method]
      const { status, body: text } = await stateOf(document)
      expect(after === null ? status : text, method).toBe(after ?? 404)
    }
  })

  it.each<[string, (tag: string) => Sent]>([
    ['If-Match with another tag', () => ({ ifMatch: '"other"' })],
    ['If-Match with a list without it', () => ({ ifMatch: '"other", "more"' })],
    ['If-Match with its tag as a weak one', (tag) => ({ ifMatch: `W/"${tag}"` })],
    ['If-Match with an empty tag', () => ({ ifMatch: '""' })],
    ['If-None-Match *', () => ({ ifNoneMatch: '*' })],
    ['If-None-Match with its tag', (tag) => ({ ifNoneMatch: `"other", "${tag}"` })],
    ['If-None-Match with its tag as a weak one', (tag) => ({ ifNoneMatch: `W/"${tag}"` })],
    [
      'If-Match that holds and If-None-Match that does not',
      (tag) => ({ ifMatch: `"${tag}"`, ifNoneMatch: '*' }),
    ],
  ])('%s fails: 412 leaves body, ETag and Last-Modified', async (_, condition) => {
    const document = await existing()
    const before = await stateOf(document)
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const body = method === 'DELETE' ? {} : { body: '{"w":2}' }
      await expectRefused(
        await send(method, document, { ...condition(sha1('{"v":1}')), ...body }),
        412,
        undefined,
      )
      expect(await stateOf(document), method).toEqual(before)
    }
  })

  it('If-Match, also *, fails where nothing is there: 412, and still nothing', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      for (const ifMatch of ['*', '"x"']) {
        const document = ownDocument(path)
        expect(
          (await send(method, document, { ifMatch, ...(method !== 'DELETE' && { body: '{}' }) })).status,
        ).toBe(412)
        expect((await stateOf(document)).status).toBe(404)
      }
  })

  it('PUT without either header: what is new and what exists, as each version says (xapi.md §5 rows 5–7)', async () => {
    const isState = path === '/activities/state'
    const blind = async (document: Record<string, string>) =>
      (await send('PUT', document, { body: '{"w":2}' })).status
    const fresh = ownDocument(path)
    expect(await blind(fresh)).toBe(version === '1.0.3' && !isState ? 400 : 204)
    expect((await stateOf(fresh)).status).toBe(version === '1.0.3' && !isState ? 404 : 200)
    const document = await existing()
    expect(await blind(document)).toBe(version === '1.0.3' && isState ? 204 : 409)
    expect((await stateOf(document)).body).toBe(version === '1.0.3' && isState ? '{"w":2}' : '{"v":1}')
  })

  it('409 says in words what to do', async () => {
    if (version === '1.0.3' && path === '/activities/state') return
    const response = await send('PUT', await existing(), { body: '{}' })
    expect(response.status).toBe(409)
    expect(await response.text()).toMatch(/If-Match/)
  })

  it('of parallel PUTs with the same If-Match exactly one is 204, the others 412', async () => {
    const document = await existing()
    const ifMatch = `"${sha1('{"v":1}')}"`
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => send('PUT', document, { ifMatch, body: `{"winner":${n}}` })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([204, ...Array.from({ length: 7 }, () => 412)])
    expect((await stateOf(document)).body).toBe(`{"winner":${statuses.indexOf(204)}}`)
  })

  it('parallel POST merges lose nothing', async () => {
    const document = await existing('{}')
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => send('POST', document, { body: `{"k${n}":${n}}` })),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 204))
    const members = JSON.parse((await stateOf(document)).body) as Record<string, number>
    expect(Object.keys(members)).toHaveLength(10)
  })

  it('parallel PUTs that create: with If-None-Match * exactly one wins', async () => {
    const document = ownDocument(path)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => send('PUT', document, { ifNoneMatch: '*', body: `{"n":${n}}` })),
    )
    expect(answers.filter(({ status }) => status === 204)).toHaveLength(1)
  })
})

describe('Last-Modified', () => {
  it('strictly grows with each change, also when the clock steps back', async () => {
    const path = '/activities/state'
    const document = ownDocument(path)
    const clock = lrs.server().clock
    const modified = async () =>
      Date.parse((await ask('GET', path, document)).headers.get('last-modified') ?? '')
    await ask('PUT', path, document, { body: '1' })
    const first = await modified()
    clock.moveBy(-3_600_000)
    await ask('PUT', path, document, { body: '2' })
    expect(await modified()).toBeGreaterThanOrEqual(first)
    const { stateId: _, ...scope } = document
    const since = new Date(first).toISOString()
    clock.moveBy(3_600_000)
    expect(await (await ask('GET', path, { ...scope, since })).json()).toEqual(['s'])
    clock.moveBy(5_000)
    await ask('PUT', path, document, { body: '3' })
    expect(await modified()).toBeGreaterThan(first)
  })
})

describe('PUT without headers racing creation (2.0)', () => {
  it('creates once; the others are told that something is there', async () => {
    const path = '/agents/profile'
    const document = ownDocument(path)
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => ask('PUT', path, document, { version: '2.0.0', body: `${n}` })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([204, ...Array.from({ length: 7 }, () => 409)])
    expect(await (await ask('GET', path, document)).text()).toBe(`${statuses.indexOf(204)}`)
  })
})

describe.each(VERSIONS)('DELETE of all State of an Activity and Agent, version %s', (version) => {
  /** Two documents, and what names them together. */
  const two = async () => {
    const { stateId: _, ...scope } = ownDocument('/activities/state')
    for (const stateId of ['a', 'b']) {
      const document = { ...scope, stateId }
      expect((await ask('PUT', '/activities/state', document, { version, body: '{}' })).status).toBe(204)
    }
    return scope
  }
  const remove = async (scope: Record<string, string>, sent: Sent) =>
    (await ask('DELETE', '/activities/state', scope, { version, ...sent })).status
  const idsOf = async (scope: Record<string, string>) =>
    await (await ask('GET', '/activities/state', scope, { version })).json()

  it.each<[string, Sent]>([
    ['If-Match with the tag of one of them', { ifMatch: `"${sha1('{}')}"` }],
    ['If-Match with another tag', { ifMatch: '"x"' }],
    ['If-None-Match *', { ifNoneMatch: '*' }],
  ])('%s fails, since together they have no ETag: 412, and all are still there', async (_, sent) => {
    const scope = await two()
    expect(await remove(scope, sent)).toBe(412)
    expect(await idsOf(scope)).toEqual(['a', 'b'])
  })

  it('If-Match * holds where there are any, and only there', async () => {
    const scope = await two()
    expect(await remove(scope, { ifMatch: '*' })).toBe(204)
    expect(await idsOf(scope)).toEqual([])
    expect(await remove(scope, { ifMatch: '*' })).toBe(412)
    expect(await remove(scope, { ifNoneMatch: '*' })).toBe(204)
  })
})
