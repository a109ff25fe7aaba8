/** Group 10 of the acceptance set: related_agents finds an agent in every place an agent can stand. */
import { beforeAll, describe, expect, it } from 'vitest'
import { KEY, learner, statement } from '../harness/running.ts'
import { endpoint, idsOf, type Json, ownIri } from './endpoint.ts'

const lrs = endpoint()
const ana = { mbox: 'mailto:related@example.org' }
const other = learner('teacher')
const verb = { id: ownIri() }
const object = { id: ownIri('activities') }
const group = (member: Json) => ({ objectType: 'Group', member: [other, member] })
const contextAgent = (agent: Json) => ({ objectType: 'contextAgent', agent })
const contextGroup = (one: Json) => ({ objectType: 'contextGroup', group: one })

/** What a statement or a SubStatement holds with Ana in one place. */
const DIRECT: Readonly<Record<string, Json>> = {
  actor: { actor: ana },
  'actor, as a member': { actor: group(ana) },
  object: { object: { objectType: 'Agent', ...ana } },
  'object, as a member': { object: group(ana) },
}
const IN_CONTEXT: Readonly<Record<string, Json>> = {
  instructor: { context: { instructor: ana } },
  'instructor, as a member': { context: { instructor: group(ana) } },
  team: { context: { team: { objectType: 'Group', ...ana } } },
  'team, as a member': { context: { team: group(ana) } },
  contextAgents: { context: { contextAgents: [contextAgent(other), contextAgent(ana)] } },
  contextGroups: { context: { contextGroups: [contextGroup({ objectType: 'Group', ...ana })] } },
  'contextGroups, as a member': { context: { contextGroups: [contextGroup(group(ana))] } },
}
const plain = { actor: other, verb, object }
const substatement = (over: Json) =>
  statement({
    actor: other,
    verb,
    context: undefined,
    object: { objectType: 'SubStatement', ...plain, ...over },
  })

const own = (over: Json) => statement({ ...plain, context: undefined, ...over })
const nobody = own({})
const direct = Object.entries(DIRECT).map(([place, over]) => [place, own(over)] as const)
const related = [
  ...Object.entries(IN_CONTEXT).map(([place, over]) => [place, own(over)] as const),
  ...Object.entries({ ...DIRECT, ...IN_CONTEXT }).map(
    ([place, over]) => [`${place} of a SubStatement`, substatement(over)] as const,
  ),
]

let plainly: readonly unknown[]
let broadly: readonly unknown[]
beforeAll(async () => {
  await lrs.send([nobody, ...[...direct, ...related].map(([, one]) => one)], { version: '2.0.0' })
  const query = { agent: JSON.stringify(ana), verb: verb.id }
  plainly = idsOf(await lrs.all({ ...query, related_agents: 'false' }))
  broadly = idsOf(await lrs.all({ ...query, related_agents: 'true' }))
})

describe('related_agents', () => {
  it.each(direct)('finds the agent as %s, with and without it', (_place, { id }) => {
    expect(plainly).toContain(id)
    expect(broadly).toContain(id)
  })

  it.each(related)('finds the agent as %s, and not without it (XAPI-00181)', (_place, { id }) => {
    expect(broadly).toContain(id)
    expect(plainly).not.toContain(id)
  })

  it('does not find a statement that does not name the agent', () => {
    expect(broadly).not.toContain(nobody.id)
    expect(broadly).toHaveLength(direct.length + related.length)
  })

  it('finds the authority, as it is shown, and not without it', async () => {
    const { authority } = await lrs.read(nobody.id)
    expect(authority).toMatchObject({ account: { name: KEY } })
    const query = {
      agent: JSON.stringify({ account: (authority as Json).account }),
      verb: verb.id,
      limit: '100',
    }
    expect(await lrs.all(query)).toEqual([])
    expect(idsOf(await lrs.all({ ...query, related_agents: 'true' }))).toContain(nobody.id)
  })

  it('does not find an authority that a client only claimed', async () => {
    const claimed = { mbox: 'mailto:claimed@example.org' }
    await lrs.send(own({ authority: claimed }))
    expect(await lrs.all({ agent: JSON.stringify(claimed), related_agents: 'true' })).toEqual([])
  })
})
