/** Group 24 of the acceptance set: how fresh an answer about documents is. */
import { describe, expect, it } from 'vitest'
import { answerIn, exchange, headOf } from '../harness/raw-http.ts'
import { LEARNER } from '../harness/running.ts'
import { asking, ownDocument, RESOURCES } from './documents.ts'
import { endpoint } from './endpoint.ts'

const lrs = endpoint()
const ask = asking(lrs.server)

describe.each(RESOURCES)('%s', (path) => {
  const name = path === '/activities/state' ? 'stateId' : 'profileId'
  const put = (document: Record<string, string>, id: string, body = '{}') =>
    ask('PUT', path, { ...document, [name]: id }, { body, ifNoneMatch: '"none of these"' })

  it('a list has the Last-Modified of the newest document in it', async () => {
    const { [name]: _, ...scope } = ownDocument(path)
    const modified = async (parameters: Record<string, string>) =>
      (await ask('GET', path, parameters)).headers.get('last-modified')
    await put(scope, 'a')
    lrs.server().clock.moveBy(10_000)
    await put(scope, 'b')
    lrs.server().clock.moveBy(10_000)
    expect(await modified(scope)).toBe(await modified({ ...scope, [name]: 'b' }))
    expect(await modified(scope)).not.toBe(await modified({ ...scope, [name]: 'a' }))
    await put(scope, 'a', '[]')
    expect(await modified(scope)).toBe(await modified({ ...scope, [name]: 'a' }))
  })

  it('a list without documents is an empty list without Last-Modified', async () => {
    const { [name]: _, ...scope } = ownDocument(path)
    const response = await ask('GET', path, scope)
    expect([response.status, await response.json(), response.headers.get('last-modified')]).toEqual([
      200,
      [],
      null,
    ])
  })

  it('a conditional GET of what has not changed is 304 without a body, of what has changed 200', async () => {
    const document = ownDocument(path)
    await put(document, document[name] as string)
    const { headers } = await ask('GET', path, document)
    const etag = headers.get('etag') as string
    const conditional = async () => {
      // fetch would add Cache-Control: no-cache, which asks for the whole answer.
      const head = headOf(`GET /xapi${path}?${new URLSearchParams(document)}`, [
        `Authorization: ${LEARNER}`,
        'X-Experience-API-Version: 1.0.3',
        `If-None-Match: ${etag}`,
        'Connection: close',
      ])
      return answerIn(await exchange(lrs.server().url, head))
    }
    const same = await conditional()
    expect([same.status, same.body, same.headers.get('etag')]).toEqual([304, '', etag])
    await put(document, document[name] as string, '{"new":1}')
    const changed = await conditional()
    expect([changed.status, changed.body]).toEqual([200, '{"new":1}'])
  })

  it('HEAD has the headers of GET and no body', async () => {
    const document = ownDocument(path)
    await put(document, document[name] as string)
    const [get, head] = [await ask('GET', path, document), await ask('HEAD', path, document)]
    expect([head.status, await head.text()]).toEqual([200, ''])
    for (const header of ['etag', 'last-modified', 'content-type', 'content-length'])
      expect(head.headers.get(header), header).toBe(get.headers.get(header))
  })
})
