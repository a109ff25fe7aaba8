/** Group 8 of the acceptance set: the authority of a statement is who sent it, whatever it says (docs/decisions/0006). */
import { beforeAll, describe, expect, it } from 'vitest'
import { KEY, learner, statement } from '../harness/running.ts'
import { endpoint, expectRefused, type Json } from './endpoint.ts'

const lrs = endpoint()
const keyOf = (authorization: string) =>
  Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':')[0]
const application = { objectType: 'Agent', account: { homePage: 'https://example.org/oauth', name: 'app' } }
const pair = { objectType: 'Group', member: [application, { mbox: 'mailto:user@example.org' }] }

describe('authority', () => {
  it('is set when none is sent: an Agent whose account is the key, at this server (XAPI-00024)', async () => {
    const [id] = await lrs.send(statement())
    const { authority } = (await lrs.read(id)) as { authority: { objectType: string; account: Json } }
    expect(authority.objectType).toBe('Agent')
    expect(authority.account.name).toBe(KEY)
    expect(authority.account.homePage).toMatch(/^https?:\/\//)
  })

  it.each<[string, Json]>([
    ['an Agent', learner('forged')],
    ['a pair of application and user, as OAuth makes it', pair],
    ['a pair without objectTypes', { objectType: 'Group', member: [learner('a'), learner('b')] }],
  ])('that a client claims is accepted and replaced: %s (XAPI-00098)', async (_name, authority) => {
    for (const version of ['1.0.3', '2.0.0']) {
      const sent = statement({ authority })
      expect((await lrs.post(sent, { version })).status).toBe(200)
      expect((await lrs.read(sent.id)).authority).toMatchObject({ account: { name: KEY } })
    }
  })

  it.each<[string, unknown]>([
    ['an identified Group', { ...pair, mbox: 'mailto:group@example.org' }],
    ['a Group of one', { objectType: 'Group', member: [application] }],
    ['a Group of three', { objectType: 'Group', member: [...pair.member, learner('c')] }],
    ['a Group without members', { objectType: 'Group' }],
    ['an Agent without identifier', { objectType: 'Agent', name: 'x' }],
    ['a text', 'mailto:a@example.org'],
    ['an Activity', { objectType: 'Activity', id: 'https://example.org/a' }],
  ])('that cannot be one is refused: %s', async (_name, authority) => {
    const sent = statement({ authority })
    const answer = await lrs.post(sent)
    await expectRefused(answer, 400)
    expect(await lrs.statusOf(sent.id)).toBe(404)
  })
})

describe.each(['learner', 'lms', 'preview'])('a credential of purpose %s', (purpose) => {
  let own: string
  beforeAll(async () => {
    own = await lrs.server().credential(purpose, ['all'])
  })

  it('cannot write under the authority of another', async () => {
    const [reference] = await lrs.send(statement())
    const { authority } = await lrs.read(reference)
    const [id] = await lrs.send(statement({ authority }), { as: own })
    expect((await lrs.read(id)).authority).toMatchObject({ account: { name: keyOf(own) } })
    const asked = {
      agent: JSON.stringify({ account: (authority as { account: Json }).account }),
      related_agents: 'true',
    }
    expect((await lrs.all(asked)).map((one) => one.id)).not.toContain(id)
  })

  it('does not take over a statement by sending it again', async () => {
    const sent = statement()
    await lrs.send(sent)
    expect(await lrs.send(sent, { as: own })).toEqual([sent.id])
    expect((await lrs.read(sent.id)).authority).toMatchObject({ account: { name: KEY } })
  })
})

it('the authority of another credential does not let one read what it wrote', async () => {
  const mine = await lrs.server().credential('learner', ['statements/write', 'statements/read/mine'])
  const [others] = await lrs.send(statement())
  const asked = await lrs.ask({ statementId: String(others) }, { as: mine })
  expect(asked.status).toBe(404)
})
