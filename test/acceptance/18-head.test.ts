/** Group 18 of the acceptance set: HEAD is GET without the body, refusals included. */
import { describe, expect, it } from 'vitest'
import { basic, statement } from '../harness/running.ts'
import { type Asked, endpoint, ownIri } from './endpoint.ts'

const lrs = endpoint()

/** What may differ: they are of the moment. A boundary is made anew for each answer. */
const headersOf = (response: Response): Record<string, string> =>
  Object.fromEntries(
    [...response.headers]
      .filter(
        ([name]) =>
          !['date', 'x-experience-api-consistent-through', 'connection', 'keep-alive'].includes(name),
      )
      .map(([name, value]) => [name, value.replace(/boundary=\S+/, 'boundary=…')]),
  )

async function expectSame(path: string, status: number, asked: Asked = {}): Promise<void> {
  const headers = { 'Accept-Encoding': 'identity', ...asked.headers }
  const got = await lrs.server().xapi(path, { ...asked, headers })
  const head = await lrs.server().xapi(path, { ...asked, headers, method: 'HEAD' })
  const body = Buffer.from(await got.arrayBuffer())
  expect([path, got.status, head.status]).toEqual([path, status, status])
  expect(await head.text()).toBe('')
  expect(headersOf(head)).toEqual(headersOf(got))
  expect(head.headers.get('content-length')).toBe(String(body.length))
  expect(head.headers.has('x-experience-api-consistent-through')).toBe(true)
}

describe.each(['1.0.3', '2.0.0'])('HEAD has the status and headers of GET, version %s', (version) => {
  it('for a list, with and without statements', async () => {
    const verb = ownIri()
    await expectSame(`/statements?verb=${encodeURIComponent(verb)}`, 200, { version })
    await lrs.send([statement({ verb: { id: verb } }), statement({ verb: { id: verb } })])
    await expectSame(`/statements?verb=${encodeURIComponent(verb)}`, 200, { version })
    await expectSame(`/statements?verb=${encodeURIComponent(verb)}&attachments=true`, 200, { version })
    await expectSame(`/statements?verb=${encodeURIComponent(verb)}&format=ids`, 200, { version })
  })

  it('for one statement, with Last-Modified', async () => {
    const [id] = await lrs.send(statement())
    const path = `/statements?statementId=${id}`
    await expectSame(path, 200, { version })
    const head = await lrs.server().xapi(path, { version, method: 'HEAD' })
    const { stored } = await lrs.read(id)
    expect(Date.parse(head.headers.get('last-modified') ?? '')).toBe(
      Math.floor(Date.parse(String(stored)) / 1000) * 1000,
    )
  })

  it('for about', () => expectSame('/about', 200, { version }))

  it.each<[string, string, number, Asked]>([
    ['400', '/statements?limit=x', 400, {}],
    ['401', '/statements', 401, { as: basic('nobody-18', 'x') }],
    ['404 of a statement', '/statements?statementId=9e13cefd-53d3-4eac-b5ed-2cf6693903bb', 404, {}],
    ['404 of a resource', '/nothing', 404, {}],
  ])('on %s', (_name, path, status, asked) => expectSame(path, status, { version, ...asked }))
})

it('HEAD without the version header is 400 with a version in the answer', async () => {
  const response = await fetch(`${lrs.server().url}/xapi/statements`, { method: 'HEAD' })
  expect([response.status, response.headers.get('x-experience-api-version')]).toEqual([400, '2.0.0'])
})
