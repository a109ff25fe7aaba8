/** Group 21 of the acceptance set: whose a document is, and which documents a list and a DELETE cover. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { asking, ownDocument, RESOURCES } from './documents.ts'
import { endpoint, expectRefused, ownIri } from './endpoint.ts'

const lrs = endpoint()
const ask = asking(lrs.server)
const STATE = '/activities/state'

const put = async (parameters: Record<string, string>, body = '{}') => {
  const response = await ask('PUT', STATE, parameters, { body })
  expect(response.status, await response.text()).toBe(204)
}
const textAt = async (parameters: Record<string, string>) => {
  const response = await ask('GET', STATE, parameters)
  return response.status === 200 ? await response.text() : response.status
}
const listed = async (parameters: Record<string, string>) => {
  const { stateId: _, ...scope } = parameters
  return (await ask('GET', STATE, scope)).json()
}

describe('registration', () => {
  it('isolates state: the same stateId of another registration, or of none, is another document', async () => {
    const document = ownDocument(STATE)
    const [one, two] = [randomUUID(), randomUUID()]
    await put(document, '"none"')
    await put({ ...document, registration: one }, '"one"')
    expect(await textAt(document)).toBe('"none"')
    expect(await textAt({ ...document, registration: one })).toBe('"one"')
    expect(await textAt({ ...document, registration: one.toUpperCase() })).toBe('"one"')
    expect(await textAt({ ...document, registration: two })).toBe(404)
  })

  it('left out covers all: a list has the ids of every registration, each once', async () => {
    const document = ownDocument(STATE)
    await put({ ...document, stateId: 'b' })
    await put({ ...document, stateId: 'b', registration: randomUUID() })
    const registration = randomUUID()
    await put({ ...document, stateId: 'a', registration })
    expect(await listed(document)).toEqual(['a', 'b'])
    expect(await listed({ ...document, registration })).toEqual(['a'])
  })

  it('left out covers all: DELETE without stateId removes every registration’s, with one only its own', async () => {
    const document = ownDocument(STATE)
    const { stateId: _, ...scope } = document
    const [one, two] = [randomUUID(), randomUUID()]
    for (const more of [{}, { registration: one }, { registration: two }]) await put({ ...document, ...more })
    expect((await ask('DELETE', STATE, { ...scope, registration: one })).status).toBe(204)
    expect(await textAt({ ...document, registration: one })).toBe(404)
    expect(await textAt({ ...document, registration: two })).toBe('{}')
    expect((await ask('DELETE', STATE, scope)).status).toBe(204)
    expect(await listed(document)).toEqual([])
    expect(await textAt({ ...document, registration: two })).toBe(404)
  })
})

describe.each(RESOURCES)('since, %s', (path) => {
  it('is exclusive and really filters; a timestamp that is none is refused', async () => {
    const document = ownDocument(path)
    const name = path === STATE ? 'stateId' : 'profileId'
    const { [name]: _, ...scope } = document
    const clock = lrs.server().clock
    const write = (id: string) => ask('PUT', path, { ...scope, [name]: id }, { body: '1', ifNoneMatch: '*' })
    expect((await write('early')).status).toBe(204)
    const between = new Date(clock.now() + 60_000)
    clock.moveBy(120_000)
    expect((await write('late')).status).toBe(204)
    const since = async (time: Date) =>
      (await ask('GET', path, { ...scope, since: time.toISOString() })).json()
    expect(await since(new Date(0))).toEqual(['early', 'late'])
    expect(await since(between)).toEqual(['late'])
    const newest = new Date(
      (await ask('GET', path, { ...scope, [name]: 'late' })).headers.get('last-modified') ?? '',
    )
    expect(await since(new Date(newest.getTime() + 1000))).toEqual([])
    await expectRefused(await ask('GET', path, { ...scope, since: 'yesterday' }), 400, '?since')
  })
})

describe('an Agent', () => {
  const account = { homePage: 'https://lms.example.org', name: randomUUID() }
  it.each([
    [
      'member order and name',
      { account },
      { name: 'Ana', account: { name: account.name, homePage: account.homePage } },
    ],
    ['objectType', { account }, { objectType: 'Agent', account }],
    ['case of the host', { account }, { account: { ...account, homePage: 'HTTPS://LMS.example.org/' } }],
    ['case of a mail domain', { mbox: 'mailto:Ana@example.org' }, { mbox: 'mailto:Ana@EXAMPLE.org' }],
  ])('is the same whatever its JSON text: %s', async (what, written, read) => {
    const document = { activityId: ownIri('activities'), stateId: what, agent: JSON.stringify(written) }
    await put(document, '"mine"')
    expect(await textAt({ ...document, agent: JSON.stringify(read, null, 2) })).toBe('"mine"')
    expect(await listed({ ...document, agent: JSON.stringify(read) })).toEqual([what])
  })

  it('is another by its identifier alone, not by its name', async () => {
    const document = {
      activityId: ownIri('activities'),
      stateId: 's',
      agent: '{"mbox":"mailto:a@b.example","name":"Ana"}',
    }
    await put(document)
    expect(await textAt({ ...document, agent: '{"mbox":"mailto:A@b.example","name":"Ana"}' })).toBe(404)
    expect(await textAt({ ...document, agent: '{"mbox":"mailto:c@b.example","name":"Ana"}' })).toBe(404)
  })
})

describe.each(RESOURCES)('parameters, %s', (path) => {
  const document = ownDocument(path)
  it.each(Object.keys(document))(
    '%s missing or without meaning is refused, and nothing is stored',
    async (name) => {
      const { [name]: _, ...others } = document
      const isId = name === 'stateId' || name === 'profileId'
      const methods =
        isId && path === STATE
          ? ['PUT', 'POST']
          : isId
            ? ['PUT', 'POST', 'DELETE']
            : ['PUT', 'POST', 'GET', 'DELETE']
      for (const method of methods) {
        const body = method === 'PUT' || method === 'POST' ? { body: '{}', ifNoneMatch: '*' } : {}
        await expectRefused(await ask(method, path, others, body), 400, `?${name}`)
        if (!isId)
          await expectRefused(await ask(method, path, { ...others, [name]: '{' }, body), 400, `?${name}`)
      }
      expect((await ask('GET', path, document)).status).toBe(404)
    },
  )

  it('a registration that is no UUID, and since with DELETE, are refused', async () => {
    const registration = path === STATE ? 'registration' : 'since'
    await expectRefused(
      await ask('DELETE', path, { ...document, [registration]: 'x' }),
      400,
      `?${registration}`,
    )
    await expectRefused(
      await ask('DELETE', path, { ...document, since: '2020-01-01T00:00:00Z' }),
      400,
      '?since',
    )
  })
})
