/**
 * A whole session of a real client in Node: @xapi/xapi speaks 1.0.x. Its attachments are tested in the browser (browser.test.ts):
 * in Node it sends them without their boundary.
 */
import { randomUUID } from 'node:crypto'
import type { Agent, Statement } from '@xapi/xapi'
import xapi from '@xapi/xapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEY, type Running, SECRET, startServer } from '../harness/running.ts'

const XAPI = xapi.default
const agent: Agent = {
  objectType: 'Agent',
  name: 'Ana',
  account: { homePage: 'https://lms.example.org', name: `u-${randomUUID()}` },
}
const activityId = `https://lms.example.org/c/${randomUUID()}`

function attended(over: Partial<Statement> = {}): Statement {
  return {
    id: randomUUID(),
    actor: agent,
    verb: XAPI.Verbs.INITIALIZED,
    object: { objectType: 'Activity', id: activityId, definition: { name: { en: 'Fire safety' } } },
    ...over,
  }
}

describe('@xapi/xapi', () => {
  let server: Running
  let client: InstanceType<typeof XAPI>
  beforeAll(async () => {
    server = await startServer()
    client = new XAPI({ endpoint: `${server.url}/xapi`, auth: XAPI.toBasicAuth(KEY, SECRET) })
  })
  afterAll(() => server.stop())

  it('finds the versions, sends statements, pages through them and voids one', async () => {
    expect((await client.getAbout()).data.version).toContain('1.0.3')
    const sent = [
      attended(),
      attended({ verb: XAPI.Verbs.COMPLETED }),
      attended({ verb: XAPI.Verbs.TERMINATED }),
    ]
    const ids = (await client.sendStatements({ statements: sent })).data
    expect(ids).toEqual(sent.map(({ id }) => id))

    const first = (await client.getStatements({ agent, limit: 2 })).data
    const second = (await client.getMoreStatements({ more: first.more })).data as typeof first
    expect([...first.statements, ...second.statements].map(({ id }) => id)).toEqual([...ids].reverse())
    expect(second.more).toBe('')

    await client.voidStatement({ actor: agent, statementId: ids[0] as string })
    await expect(client.getStatement({ statementId: ids[0] as string })).rejects.toBeDefined()
    expect((await client.getVoidedStatement({ voidedStatementId: ids[0] as string })).data.id).toBe(ids[0])
  })

  it('keeps state, and profiles under their ETags', async () => {
    const stateId = 'bookmark'
    await client.setState({ agent, activityId, stateId, state: { page: 1, seen: [1] } })
    await client.createState({ agent, activityId, stateId, state: { page: 2 } })
    expect((await client.getState({ agent, activityId, stateId })).data).toEqual({ page: 2, seen: [1] })
    expect((await client.getStates({ agent, activityId })).data).toEqual([stateId])
    await client.deleteState({ agent, activityId, stateId })
    expect((await client.getStates({ agent, activityId })).data).toEqual([])

    const profile = { agent, profileId: 'preferences' }
    await client.createAgentProfile({ ...profile, profile: { languagePreference: 'de' } })
    const before = await client.getAgentProfile(profile)
    const etag = String(before.headers.etag)
    const set = (value: string, tag: string) =>
      client.setAgentProfile({
        ...profile,
        profile: { languagePreference: value },
        etag: tag,
        matchHeader: 'If-Match',
      })
    await set('fr', etag)
    await expect(set('it', etag)).rejects.toBeDefined()
    expect((await client.getAgentProfile(profile)).data).toEqual({ languagePreference: 'fr' })
    await client.createActivityProfile({ activityId, profileId: 'p', profile: { a: 1 } })
    expect((await client.getActivityProfiles({ activityId })).data).toEqual(['p'])
  })

  it('reads the activity and the person behind what it sent', async () => {
    await client.sendStatement({ statement: attended() })
    expect((await client.getActivity({ activityId })).data).toMatchObject({
      id: activityId,
      definition: { name: { en: 'Fire safety' } },
    })
    expect((await client.getAgent({ agent })).data).toMatchObject({
      objectType: 'Person',
      name: ['Ana'],
      account: [agent.account],
    })
  })
})
