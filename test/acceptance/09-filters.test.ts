/** Group 9 of the acceptance set: each filter finds what it names and nothing else, and filters combine as AND. */
import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, idsOf, type Json, ownIri } from './endpoint.ts'

const lrs = endpoint()
const verb = { id: ownIri() }
const activity = { id: ownIri('activities') }
const registration = randomUUID()
const somebody = learner('somebody')

/** The same person by each kind of identifier: four agents to an LRS. */
const IDENTIFIERS: Readonly<Record<string, Json>> = {
  mbox: { mbox: 'mailto:group9@example.org' },
  mbox_sha1sum: { mbox_sha1sum: 'ebd31e95054c018b10727ccffd2ef2ec3a016ee9' },
  openid: { openid: 'https://group9.openid.example.org/' },
  account: { account: { homePage: 'https://group9.example.org', name: 'u 9' } },
}
const agentOf = (agent: Json) => JSON.stringify(agent)

describe.each(Object.entries(IDENTIFIERS))('agent by %s', (kind, agent) => {
  const own = { id: ownIri() }
  const plain = { verb: own, actor: somebody, context: undefined }
  const all = {
    actor: statement({ ...plain, actor: { ...agent, name: 'Ana' } }),
    object: statement({ ...plain, object: { objectType: 'Agent', ...agent } }),
    member: statement({ ...plain, actor: { objectType: 'Group', member: [somebody, agent] } }),
    'member of a Group as object': statement({
      ...plain,
      object: { objectType: 'Group', name: 'team', member: [agent] },
    }),
    'identified Group': statement({ ...plain, actor: { objectType: 'Group', ...agent } }),
    'member of an identified Group': statement({
      ...plain,
      actor: { objectType: 'Group', mbox: `mailto:${kind}-group@example.org`, member: [agent] },
    }),
    instructor: statement({ ...plain, context: { instructor: agent } }),
    'the same name': statement({ ...plain, actor: { ...somebody, name: 'Ana' } }),
  }
  beforeAll(async () => {
    await lrs.send(Object.values(all))
  })
  const found = async (query: Record<string, string>) => {
    const ids = new Set(idsOf(await lrs.all({ ...query, verb: own.id })))
    return Object.entries(all).flatMap(([name, { id }]) => (ids.has(id) ? [name] : []))
  }
  const places = [
    'actor',
    'object',
    'member',
    'member of a Group as object',
    'identified Group',
    'member of an identified Group',
  ]

  it('finds it as actor, object, member and identified Group, never as anything else, never by name (XAPI-00181)', async () => {
    expect(await found({ agent: agentOf(agent) })).toEqual(places)
    expect(await found({ agent: agentOf({ ...agent, name: 'somebody else' }) })).toEqual(places)
  })

  it('takes an identified Group as the agent', async () => {
    expect(await found({ agent: agentOf({ objectType: 'Group', ...agent }) })).toEqual(places)
    expect(
      await found({ agent: agentOf({ objectType: 'Group', mbox: `mailto:${kind}-group@example.org` }) }),
    ).toEqual(['member of an identified Group'])
  })

  it('finds nothing for another identifier of that kind', async () => {
    const others: Readonly<Record<string, Json>> = {
      mbox: { mbox: 'mailto:Group9@example.org' },
      mbox_sha1sum: { mbox_sha1sum: '0'.repeat(40) },
      openid: { openid: 'https://group9.openid.example.org/x' },
      account: { account: { homePage: 'https://group9.example.com', name: 'u 9' } },
    }
    expect(await found({ agent: agentOf(others[kind] as Json) })).toEqual([])
  })
})

describe('filters', () => {
  const base = { verb, object: activity, actor: learner('nine'), context: { registration } }
  const all = {
    whole: statement(base),
    'other verb': statement({ ...base, verb: { id: ownIri() } }),
    'other activity': statement({ ...base, object: { id: ownIri('activities') } }),
    'other registration': statement({ ...base, context: { registration: randomUUID() } }),
    'other agent': statement({ ...base, actor: learner('ten') }),
  }
  type Name = keyof typeof all
  const values = {
    verb: verb.id,
    activity: activity.id,
    registration,
    agent: JSON.stringify(learner('nine')),
  }
  type Filter = keyof typeof values
  beforeAll(async () => {
    await lrs.send(Object.values(all))
  })
  /** Every combination of the four: the statement that differs in one of them is missing. */
  const combinations = Array.from({ length: 15 }, (_, bits) =>
    (Object.keys(values) as Filter[]).filter((_name, bit) => ((bits + 1) >> bit) & 1),
  )

  it.each(combinations.map((names) => [names.join(' AND '), names] as const))('%s', async (_title, names) => {
    const query = Object.fromEntries(names.map((name) => [name, values[name]]))
    const ids = new Set(idsOf(await lrs.all(query)))
    const missing = (Object.keys(all) as Name[]).filter((name) => !ids.has(String(all[name].id)))
    expect(missing).toEqual(
      (Object.keys(all) as Name[]).filter((name) => names.some((filter) => name === `other ${filter}`)),
    )
  })

  it('verb and activity are compared as IRIs, exactly: no prefix, no other case of a path', async () => {
    expect(await lrs.all({ verb: verb.id.slice(0, -1) })).toEqual([])
    expect(await lrs.all({ activity: activity.id.replace('activities', 'Activities') })).toEqual([])
  })

  it('activity does not find an Agent, a StatementRef or a SubStatement that has it inside', async () => {
    const own = { id: ownIri('activities') }
    const inside = statement({
      object: { objectType: 'SubStatement', actor: somebody, verb, object: own },
      context: { contextActivities: { parent: own } },
    })
    await lrs.send(inside)
    expect(await lrs.all({ activity: own.id })).toEqual([])
  })

  it('registration does not find the registration of a SubStatement', async () => {
    const own = randomUUID()
    const sub = {
      objectType: 'SubStatement',
      actor: somebody,
      verb,
      object: activity,
      context: { registration: own },
    }
    await lrs.send(statement({ object: sub, context: undefined }))
    expect(await lrs.all({ registration: own })).toEqual([])
  })

  it('related_agents and related_activities without agent and activity change nothing', async () => {
    const query = { verb: verb.id, registration }
    const plain = idsOf(await lrs.all(query))
    expect(idsOf(await lrs.all({ ...query, related_agents: 'true', related_activities: 'true' }))).toEqual(
      plain,
    )
  })
})

describe('an agent that names nobody', () => {
  it.each<[string, unknown]>([
    ['an account without homePage', { account: { name: 'u-1' } }],
    ['an account without name', { account: { homePage: 'https://lms.example.org' } }],
    ['a name only', { name: 'Ana' }],
    ['two identifiers', { mbox: 'mailto:a@example.org', openid: 'https://a.example.org' }],
    ['an anonymous Group', { objectType: 'Group', member: [somebody] }],
    ['an Activity', { objectType: 'Activity', id: 'https://example.org/a' }],
    ['a list', [somebody]],
    ['a string', 'mailto:a@example.org'],
  ])('is refused: %s (XAPI-00181)', async (_name, agent) => {
    await expectRefused(await lrs.ask({ agent: JSON.stringify(agent) }), 400, '?agent')
  })
})
