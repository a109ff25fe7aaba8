import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startServer, statement } from '../harness/running.ts'

let server: Running
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server.stop())

type Json = Record<string, unknown>
const asked = async (path: string, init: Parameters<Running['xapi']>[1] = {}) => {
  const response = await server.xapi(path, init)
  return { status: response.status, body: (await response.json()) as Json }
}
const activityOf = (id: string, init?: Parameters<Running['xapi']>[1]) =>
  asked(`/activities?${new URLSearchParams({ activityId: id })}`, init)
const personOf = (agent: object, init?: Parameters<Running['xapi']>[1]) =>
  asked(`/agents?${new URLSearchParams({ agent: JSON.stringify(agent) })}`, init)
const about = (id: string, definition: object, over: Json = {}) =>
  statement({ object: { id, definition }, ...over })

describe('GET /activities', () => {
  it.each(['1.0.3', '2.0.0'])(
    'xapi.md §5 row 14: an Activity nobody mentioned is 200 with id and objectType, version %s',
    async (version) => {
      const id = `https://a.example/unknown/${version}`
      expect(await activityOf(id, { version })).toEqual({ status: 200, body: { objectType: 'Activity', id } })
    },
  )

  it('xapi.md §4.11: merges the definitions of all statements that mention it, wherever', async () => {
    const id = 'https://a.example/merged'
    const parent = { parent: [{ id, definition: { name: { de: 'Zwei' }, type: 'http://t.example/2' } }] }
    await server.send(
      about(id, { name: { en: 'One' }, description: { en: 'First' }, type: 'http://t.example/1' }),
    )
    await server.send(statement({ context: { contextActivities: parent } }))
    expect((await activityOf(id)).body).toEqual({
      objectType: 'Activity',
      id,
      definition: {
        name: { en: 'One', de: 'Zwei' },
        description: { en: 'First' },
        type: 'http://t.example/2',
      },
    })
  })

  it('acceptance 1, 3: nothing of a refused batch defines anything', async () => {
    const id = 'https://a.example/refused'
    const taken = statement()
    await server.send(taken)
    const conflict = await server.xapi('/statements', {
      method: 'POST',
      body: JSON.stringify([
        about(id, { name: { en: 'Never' } }),
        { ...taken, verb: { id: 'http://v.example/other' } },
      ]),
    })
    expect(conflict.status).toBe(409)
    expect((await activityOf(id)).body).toEqual({ objectType: 'Activity', id })
  })

  it('1.0.3 Communication §4.0: who may write statements but not define leaves definitions and names alone', async () => {
    const id = 'https://a.example/by-others'
    const actor = { mbox: 'mailto:undefined@a.example', name: 'Not told' }
    const writer = await server.credential('learner', ['statements/write'])
    await server.send(about(id, { name: { en: 'Not told' } }, { actor }), writer)
    expect((await activityOf(id)).body).toEqual({ objectType: 'Activity', id })
    expect((await personOf(actor)).body.name).toBeUndefined()
    const definer = await server.credential('learner', ['statements/write', 'define'])
    await server.send(about(id, { name: { en: 'Told' } }, { actor }), definer)
    expect((await activityOf(id)).body.definition).toEqual({ name: { en: 'Told' } })
  })

  it('XAPI-00250, XAPI-00324: needs an activityId that is an IRI, once, and nothing else', async () => {
    for (const query of [
      '',
      '?activityId=x',
      '?activityid=http://a.example',
      '?activityId=http://a.example&activityId=http://a.example',
      '?activityId=http://a.example&since=2020',
    ]) {
      const { status, body } = await asked(`/activities${query}`)
      expect([status, (body.errors as Json[])[0]?.path], query).toEqual([400, expect.stringMatching(/^\?/)])
    }
  })

  it('answers HEAD like GET without a body, and refuses other methods', async () => {
    const head = await server.xapi('/activities?activityId=http://a.example/head', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const put = await server.xapi('/activities?activityId=http://a.example/head', { method: 'PUT' })
    expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })
})

describe('GET /agents', () => {
  it('XAPI-00248: an Agent nobody has met is a Person with what was asked for, as it was sent', async () => {
    const account = { homePage: 'https://LMS.example/', name: 'nobody' }
    expect(await personOf({ account, name: 'Ignored' })).toEqual({
      status: 200,
      body: { objectType: 'Person', account: [account] },
    })
  })

  it('XAPI-00238: every name ever seen, newest first, wherever the Agent stood', async () => {
    const actor = { mbox: 'mailto:names@a.example' }
    await server.send(statement({ actor: { ...actor, name: 'Old' } }))
    await server.send(
      statement({ object: { objectType: 'Agent', ...actor, name: 'New' }, context: undefined }),
    )
    expect((await personOf(actor)).body).toEqual({
      objectType: 'Person',
      name: ['New', 'Old'],
      mbox: [actor.mbox],
    })
  })

  it('ruling 20: linked identities are one Person, but only for who may read everything', async () => {
    const [mail, account] = [
      { mbox: 'mailto:linked@a.example' },
      { account: { homePage: 'https://lms.example', name: 'linked' } },
    ]
    const mbox_sha1sum = createHash('sha1').update(mail.mbox).digest('hex')
    await server.send([
      statement({ actor: { ...mail, name: 'By mail' } }),
      statement({ actor: { ...account, name: 'By account' } }),
      statement({ actor: { mbox_sha1sum } }),
    ])
    await server.api('/aliases', { method: 'PUT', body: [{ identities: [mail, account] }] })
    const { body } = await personOf(account)
    expect(body).toEqual({
      objectType: 'Person',
      name: ['By account', 'By mail'],
      mbox: [mail.mbox],
      mbox_sha1sum: [mbox_sha1sum],
      account: [account.account],
    })
    const reader = await server.credential('learner', ['statements/read'])
    expect((await personOf(account, { as: reader })).body).toEqual({
      objectType: 'Person',
      name: ['By account'],
      account: [account.account],
    })
    const all = await server.credential('report', ['all/read'])
    expect((await personOf(account, { as: all })).body).toEqual(body)
  })

  it('XAPI-00249: refuses an agent that is missing, no JSON or nobody', async () => {
    for (const agent of [
      '',
      '?agent={',
      '?agent={"name":"Ana"}',
      '?agent={"objectType":"Group","member":[{"mbox":"mailto:a@b.example"}]}',
    ]) {
      const { status, body } = await asked(`/agents${agent}`)
      expect([status, (body.errors as Json[])[0]?.path], agent).toEqual([400, '?agent'])
    }
  })

  it('needs a scope that reads: writing statements alone shows nobody', async () => {
    const writer = await server.credential('learner', ['statements/write'])
    expect((await personOf({ mbox: 'mailto:a@b.example' }, { as: writer })).status).toBe(403)
  })
})
