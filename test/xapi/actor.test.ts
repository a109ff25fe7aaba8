import { describe, expect, it } from 'vitest'
import { agentOfIdentifier, identifierOf, identifiersOf } from '../../src/xapi/actor.ts'
import { checkAgent } from '../../src/xapi/check-statement.ts'
import type { Agent, Group } from '../../src/xapi/types.ts'
import { agent, fc } from './arbitraries.ts'

function account(homePage: string, name = 'u-1'): Agent {
  return { account: { homePage, name } }
}

const CANONICAL: readonly [Agent, string][] = [
  [{ mbox: 'mailto:Ana@example.org' }, 'mbox:mailto:Ana@example.org'],
  [{ mbox: 'MAILTO:Ana@Example.ORG', name: 'x' }, 'mbox:mailto:Ana@example.org'],
  [
    { mbox_sha1sum: '220322E6F00C8C88AE97398ED7E9150228859D9C' },
    'sha1:220322e6f00c8c88ae97398ed7e9150228859d9c',
  ],
  [{ openid: 'HTTPS://ID.Example.org:443/Ana/' }, 'openid:https://id.example.org/Ana'],
  [account('https://lms.example.org'), 'account:https://lms.example.org|u-1'],
  [account('https://lms.example.org/'), 'account:https://lms.example.org|u-1'],
  [account('HTTPS://LMS.Example.org:443/'), 'account:https://lms.example.org|u-1'],
  [account('http://lms.example.org:80/A/'), 'account:http://lms.example.org/A|u-1'],
  [account('http://lms.example.org:443/'), 'account:http://lms.example.org:443|u-1'],

  [account('https://User@LMS.example.org/?a=/'), 'account:https://User@lms.example.org/?a=/|u-1'],
  [account('urn:X:Lms'), 'account:urn:X:Lms|u-1'],
  [account('x:lms', 'a|b'), 'account:x:lms|a|b'],
]

describe('identifierOf (in-the-wild §6.2, 2)', () => {
  it.each(CANONICAL)('%j is %s', (one, canonical) => {
    expect(identifierOf(one)).toBe(canonical)
  })

  it.each([
    [{ mbox: 'mailto:Ana@example.org' }, { mbox: 'mailto:ana@example.org' }],
    [account('https://lms.example.org', 'U-1'), account('https://lms.example.org', 'u-1')],
    [account('https://lms.example.org/a'), account('https://lms.example.org/A')],
    [account('http://lms.example.org'), account('https://lms.example.org')],
    [account('https://lms.example.org', 'u 1'), account('https://lms.example.org', 'u%201')],
  ])('%j is not %j', (a, b) => {
    expect(identifierOf(a)).not.toBe(identifierOf(b))
  })

  it('is null for an anonymous Group, and the own one for an identified Group', () => {
    const members = [{ mbox: 'mailto:a@example.org' }]
    expect(identifierOf({ objectType: 'Group', member: members })).toBeNull()
    expect(identifierOf({ objectType: 'Group', openid: 'x:g', member: members })).toBe('openid:x:g')
  })
})

describe('identifiersOf', () => {
  it('gives the Group and its members, each once', () => {
    const group: Group = {
      objectType: 'Group',
      openid: 'x:g',
      member: [{ mbox: 'mailto:a@x.org' }, { mbox: 'mailto:a@X.ORG' }, account('x:y')],
    }
    expect(identifiersOf(group)).toEqual(['openid:x:g', 'mbox:mailto:a@x.org', 'account:x:y|u-1'])
  })

  it('gives one for an Agent and none for an empty anonymous Group', () => {
    expect(identifiersOf(account('x:y'))).toEqual(['account:x:y|u-1'])
    expect(identifiersOf({ objectType: 'Group' })).toEqual([])
  })
})

describe('agentOfIdentifier', () => {
  it.each(CANONICAL.map(([, canonical]) => canonical))(
    '%s stands for a valid Agent with that identifier',
    (canonical) => {
      const back = agentOfIdentifier(canonical)
      expect(checkAgent(back)).toEqual([])
      expect(identifierOf(back)).toBe(canonical)
    },
  )

  it('leads back from any Agent', () => {
    fc.assert(
      fc.property(agent, fc.string(), (one, name) => {
        const named = one.account ? { account: { ...one.account, name } } : one
        const canonical = identifierOf(named) as string
        expect(identifierOf(agentOfIdentifier(canonical))).toBe(canonical)
      }),
    )
  })
})
