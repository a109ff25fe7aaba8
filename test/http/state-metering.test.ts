import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operatorOf } from '../../src/lrs/access/accounts.ts'
import { rebuild } from '../../src/lrs/counting/rebuild.ts'
import { learner, type Running, startServer, statement } from '../harness/running.ts'

let server: Running
let lms: string
const POLICY = 'state'
beforeAll(async () => {
  server = await startServer()
  lms = await server.credential('lms', ['state', 'statements/write'])
  await server.api('/policies', {
    method: 'POST',
    body: {
      schema: 1,
      id: POLICY,
      count: { any: [{ evidence: true }] },
      unique: { by: ['learner'] },
      window: { kind: 'calendar', length: { months: 1 }, timeZone: 'UTC' },
    },
  })
})
afterAll(() => server.stop())

const UNIT = 'https://lms.example.org/au/1'
const SESSION = 'https://w3id.org/xapi/cmi5/context/extensions/sessionid'

function cmi5(name: string, session: string) {
  return statement({
    actor: learner(name),
    object: { id: UNIT },
    context: {
      registration: randomUUID(),
      extensions: { [SESSION]: session },
      contextActivities: { category: [{ id: 'https://w3id.org/xapi/cmi5/context/categories/cmi5' }] },
    },
  })
}
function scorm(name: string, attempt: string) {
  return statement({
    actor: learner(name),
    context: {
      contextActivities: {
        category: [{ id: 'https://w3id.org/xapi/scorm' }],
        grouping: [{ id: attempt, definition: { type: 'http://adlnet.gov/expapi/activities/attempt' } }],
      },
    },
  })
}
const launchData = (session: string, launchMode: string) => ({
  launchMode,
  contextTemplate: { extensions: { [SESSION]: session } },
})

interface State {
  readonly name: string
  readonly activityId?: string
  readonly stateId?: string
}
async function state(
  method: string,
  { name, activityId = UNIT, stateId = 'LMS.LaunchData' }: State,
  body: object | null,
  as: string,
) {
  const parameters = new URLSearchParams({ activityId, stateId, agent: JSON.stringify(learner(name)) })
  const response = await server.xapi(`/activities/state?${parameters}`, {
    method,
    as,
    ...(body && { body: JSON.stringify(body) }),
  })
  expect(response.status, await response.text()).toBe(204)
}
/** The verdict on a statement once everything is counted, and whether its learner is. */
async function verdict(sent: Record<string, unknown>) {
  await server.counted(POLICY)
  const decision = (await (await server.api(`/statements/${sent.id}/decision`)).json()) as {
    learners: { reason: string; learner: string }[]
  }
  const { windows } = await windowsWith(decision.learners[0]?.learner)
  return { reason: decision.learners[0]?.reason, counted: windows > 0 }
}
async function windowsWith(id: string | undefined) {
  const { items } = (await (await server.api(`/windows?policy=${POLICY}`)).json()) as {
    items: { id: string }[]
  }
  let windows = 0
  for (const window of items) {
    const explained = (await (await server.api(`/windows/${window.id}/learners/${id}`)).json()) as {
      counted: boolean
    }
    if (explained.counted) windows += 1
  }
  return { windows }
}

describe('issue 6, 3: State documents re-derive verdicts, in any order', () => {
  it.each(['before', 'after'])(
    'P4: LMS.LaunchData with Browse, written %s the statement: not counted',
    async (order) => {
      const [name, session] = [`cmi5-${order}`, randomUUID()]
      const sent = cmi5(name, session)
      const tell = () => state('PUT', { name }, launchData(session, 'Browse'), lms)
      if (order === 'before') await tell()
      await server.send(sent)
      if (order === 'after') {
        expect(await verdict(sent)).toEqual({ reason: 'tracked', counted: true })
        await tell()
      }
      expect(await verdict(sent)).toEqual({ reason: 'cmi5-browse', counted: false })
    },
  )

  it.each(['before', 'after'])(
    'P5: attempt-state with browse, written %s the statement: not counted',
    async (order) => {
      const name = `scorm-${order}`
      const activityId = `https://lms.example.org/c/fire/sco1?attemptId=${randomUUID()}`
      const sent = scorm(name, activityId)
      const document = { name, activityId, stateId: 'https://w3id.org/xapi/scorm/attempt-state' }
      const tell = () => state('PUT', document, { mode: 'browse', credit: 'no-credit' }, lms)
      if (order === 'before') await tell()
      await server.send(sent)
      if (order === 'after') await tell()
      expect(await verdict(sent)).toEqual({ reason: 'scorm-browse', counted: false })
    },
  )

  it('ruling 5: written with a key that is not lms it is an unverified preview', async () => {
    const [name, session] = ['hiding', randomUUID()]
    const sent = cmi5(name, session)
    await server.send(sent)
    await state(
      'POST',
      { name },
      launchData(session, 'Browse'),
      await server.credential('learner', ['state']),
    )
    expect(await verdict(sent)).toEqual({ reason: 'unverified-preview', counted: false })
  })

  it('ruling 8: the document may go or tell of the next launch; the launch it told of has happened', async () => {
    const [name, browse, normal] = ['again', randomUUID(), randomUUID()]
    const [first, second] = [cmi5(name, browse), cmi5(name, normal)]
    await state('PUT', { name }, launchData(browse, 'Browse'), lms)
    await server.send(first)
    await state('PUT', { name }, launchData(normal, 'Normal'), lms)
    expect(await verdict(first)).toEqual({ reason: 'cmi5-browse', counted: false })
    await state('DELETE', { name }, null, lms)
    await server.send(second)
    expect(await verdict(first)).toEqual({ reason: 'cmi5-browse', counted: true })
    expect(await verdict(second)).toEqual({ reason: 'tracked', counted: true })
  })

  it('a document of another learner, or one that is refused, changes nothing', async () => {
    const [name, session] = ['unmoved', randomUUID()]
    const sent = cmi5(name, session)
    await server.send(sent)
    await state('PUT', { name: 'somebody-else' }, launchData(session, 'Browse'), lms)
    const parameters = new URLSearchParams({
      activityId: UNIT,
      stateId: 'LMS.LaunchData',
      agent: JSON.stringify(learner(name)),
    })
    const refused = await server.xapi(`/activities/state?${parameters}`, {
      method: 'PUT',
      as: lms,
      headers: { 'If-Match': '"not there"' },
      body: JSON.stringify(launchData(session, 'Browse')),
    })
    expect(refused.status).toBe(412)
    expect(await verdict(sent)).toEqual({ reason: 'tracked', counted: true })
  })

  it('recounting everything from scratch finds the same', async () => {
    const { lrs } = server.app
    const [tenant] = await lrs.stores.tenants.list()
    if (!tenant) throw new Error('there is a tenant from the first start on')
    const lines: string[] = []
    const { differences } = await rebuild(lrs, operatorOf(tenant), POLICY, (line) => lines.push(line))
    expect(differences, lines.join('\n')).toBe(0)
  })
})
