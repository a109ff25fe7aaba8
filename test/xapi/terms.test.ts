import { describe, expect, it } from 'vitest'
import { identifierOf } from '../../src/xapi/actor.ts'
import { matches } from '../../src/xapi/matches.ts'
import type { ListQuery } from '../../src/xapi/query.ts'
import { activityTerm, credentialTerm, termsOf, termsOfQuery } from '../../src/xapi/terms.ts'
import type { Agent, Statement } from '../../src/xapi/types.ts'
import { actor, fc, listQuery, statement } from './arbitraries.ts'
import { FULL, OTHER_UUID, SIMPLE, SUB, UUID } from './sample.ts'

const LRS = { authority: { account: { homePage: 'x:lrs', name: 'key-1' } }, credential: 'credential-1' }
const ANY: ListQuery = {
  kind: 'list',
  relatedAgents: false,
  relatedActivities: false,
  limit: 0,
  format: 'exact',
  attachments: false,
  ascending: false,
}

/** Both ways to answer a query, which must agree. */
function finds(one: Statement, query: Partial<ListQuery>): boolean {
  const full = { ...ANY, ...query }
  const terms = new Set(termsOf(one, LRS))
  const byTerms = termsOfQuery(full).every((term) => terms.has(term))
  expect(matches(one, 0, LRS, full)).toBe(byTerms)
  return byTerms
}

function person(n: number): Agent & { mbox: string } {
  return { mbox: `mailto:p${n}@example.org` }
}

function agentQuery(n: number): { agent: string } {
  return { agent: `mbox:mailto:p${n}@example.org` }
}

const GROUP = { objectType: 'Group', openid: 'x:group', member: [person(2), person(3)] } as const

/** Somebody or something at every place the filters look at. */
const EVERYWHERE: Statement = {
  actor: person(1),
  verb: { id: 'x:verb' },
  object: {
    objectType: 'SubStatement',
    actor: person(11),
    verb: { id: 'x:inner-verb' },
    object: { id: 'x:inner-object' },
    context: {
      registration: UUID,
      instructor: person(12),
      team: { objectType: 'Group', member: [person(13)] },
      contextActivities: { other: { id: 'x:inner-other' } },
      contextAgents: [{ objectType: 'contextAgent', agent: person(14) }],
      contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', member: [person(15)] } }],
    },
  },
  context: {
    registration: OTHER_UUID.toUpperCase(),
    instructor: person(4),
    team: { objectType: 'Group', member: [person(5)] },
    contextActivities: {
      parent: { id: 'x:parent' },
      grouping: [{ id: 'x:grouping' }],
      category: [{ id: 'x:category-1' }, { id: 'x:category-2' }],
      other: [{ id: 'x:other' }],
    },
    contextAgents: [{ objectType: 'contextAgent', agent: person(6) }],
    contextGroups: [{ objectType: 'contextGroup', group: { objectType: 'Group', member: [person(7)] } }],
    statement: { objectType: 'StatementRef', id: UUID },
  },
  authority: person(99),
}

describe('terms and meaning agree', () => {
  it('on random statements and queries (xapi.md §6.3, 9–11)', () => {
    fc.assert(
      fc.property(statement, actor, listQuery(identifierOf), (one, authority, query) => {
        const lrs = { authority, credential: 'c' }
        const terms = new Set(termsOf(one, lrs))
        expect(termsOfQuery(query).every((term) => terms.has(term))).toBe(matches(one, 0, lrs, query))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the agent filter (XAPI-00181)', () => {
  it.each([
    ['the actor', { ...SIMPLE, actor: person(2) }],
    ['the object', { ...SIMPLE, object: { ...person(2), objectType: 'Agent' } }],
    ['a member of the actor', { ...SIMPLE, actor: GROUP }],
    ['a member of the object', { ...SIMPLE, object: GROUP }],
  ] as const)('finds %s', (_, one) => {
    expect(finds(one, agentQuery(2))).toBe(true)
    expect(finds(one, agentQuery(20))).toBe(false)
  })

  it('finds an identified Group itself', () => {
    expect(finds({ ...SIMPLE, actor: GROUP }, { agent: 'openid:x:group' })).toBe(true)
  })

  it.each([
    [
      'mbox',
      { mbox: 'mailto:Ana@EXAMPLE.org' },
      'mbox:mailto:Ana@example.org',
      'mbox:mailto:ana@example.org',
    ],
    ['sha1', { mbox_sha1sum: 'A'.repeat(40) }, `sha1:${'a'.repeat(40)}`, `sha1:${'b'.repeat(40)}`],
    ['openid', { openid: 'https://ID.org/' }, 'openid:https://id.org', 'openid:https://id.com'],
    ['account', { account: { homePage: 'x:h', name: 'n' } }, 'account:x:h|n', 'account:x:i|n'],
  ])('knows people by %s', (_, who, same, other) => {
    expect(finds({ ...SIMPLE, actor: who }, { agent: same })).toBe(true)
    expect(finds({ ...SIMPLE, actor: who }, { agent: other })).toBe(false)
  })

  it('does not go by name', () => {
    const named = { ...SIMPLE, actor: { ...person(1), name: 'Ana' } }
    expect(finds(named, agentQuery(1))).toBe(true)
    expect(finds(named, { agent: 'account:x:h|Ana' })).toBe(false)
  })

  it('looks nowhere else unless related_agents is set', () => {
    const direct = Array.from({ length: 15 }, (_, n) => n + 1).filter((n) => finds(EVERYWHERE, agentQuery(n)))
    expect(direct).toEqual([1])
  })

  it('with related_agents looks everywhere (xapi.md §6.3, 10), but not at the authority a client sent', () => {
    const all = [...Array(100).keys()].filter((n) =>
      finds(EVERYWHERE, { ...agentQuery(n), relatedAgents: true }),
    )
    expect(all).toEqual([1, 4, 5, 6, 7, 11, 12, 13, 14, 15])
    expect(finds(EVERYWHERE, { agent: 'account:x:lrs|key-1', relatedAgents: true })).toBe(true)
    expect(finds(EVERYWHERE, { agent: 'account:x:lrs|key-1' })).toBe(false)
  })

  it('with related_agents finds members of the authority', () => {
    const query = { ...ANY, ...agentQuery(3), relatedAgents: true }
    const lrs = { authority: GROUP, credential: 'c' }
    expect(matches(SIMPLE, 0, lrs, query)).toBe(true)
    expect(termsOf(SIMPLE, lrs)).toEqual(expect.arrayContaining(termsOfQuery(query)))
  })
})

describe('the activity filter (XAPI-00179, XAPI-00177)', () => {
  const RELATED = [
    'x:parent',
    'x:grouping',
    'x:category-1',
    'x:category-2',
    'x:other',
    'x:inner-object',
    'x:inner-other',
  ]

  it.each(RELATED)('finds %s only with related_activities (xapi.md §6.3, 11)', (activity) => {
    expect(finds(EVERYWHERE, { activity })).toBe(false)
    expect(finds(EVERYWHERE, { activity, relatedActivities: true })).toBe(true)
  })

  it('finds the object either way', () => {
    for (const relatedActivities of [false, true]) {
      expect(finds(SIMPLE, { activity: SIMPLE.object.id, relatedActivities })).toBe(true)
      expect(finds(SIMPLE, { activity: 'x:1', relatedActivities })).toBe(false)
    }
  })

  it('does not take the id of a StatementRef for an Activity', () => {
    expect(finds({ ...SIMPLE, object: { objectType: 'StatementRef', id: UUID } }, { activity: UUID })).toBe(
      false,
    )
  })
})

describe('verb, registration and times', () => {
  it('verb is that of the statement, not of its SubStatement (XAPI-00180)', () => {
    expect(finds(EVERYWHERE, { verb: 'x:verb' })).toBe(true)
    expect(finds(EVERYWHERE, { verb: 'X:verb' })).toBe(true)
    expect(finds(EVERYWHERE, { verb: 'x:inner-verb' })).toBe(false)
  })

  it('registration is that of the statement, in any case (XAPI-00178)', () => {
    expect(finds(EVERYWHERE, { registration: OTHER_UUID })).toBe(true)
    expect(finds(EVERYWHERE, { registration: UUID })).toBe(false)
    expect(finds(SIMPLE, { registration: UUID })).toBe(false)
  })

  it('all filters must hold', () => {
    const query = {
      ...agentQuery(1),
      verb: 'x:verb',
      registration: OTHER_UUID,
      activity: 'x:parent',
      relatedActivities: true,
    }
    expect(finds(EVERYWHERE, query)).toBe(true)
    expect(finds(EVERYWHERE, { ...query, verb: 'x:other' })).toBe(false)
    expect(finds(EVERYWHERE, { ...query, ...agentQuery(2) })).toBe(false)
  })

  it.each([
    [{ since: 100 }, [101, 102]],
    [{ until: 101 }, [99, 100, 101]],
    [{ since: 99, until: 100 }, [100]],
  ])('%j: since is exclusive, until inclusive (XAPI-00175, XAPI-00174)', (times, found) => {
    expect(
      [99, 100, 101, 102].filter((stored) => matches(SIMPLE, stored, LRS, { ...ANY, ...times })),
    ).toEqual(found)
  })
})

describe('the terms themselves', () => {
  it('are unique and short', () => {
    const long = { ...FULL, object: { id: `https://lms.example.org/${'a'.repeat(5000)}` } }
    const terms = termsOf(long, LRS)
    expect(new Set(terms).size).toBe(terms.length)
    expect(Math.max(...terms.map((term) => term.length))).toBeLessThanOrEqual(80)
    expect(finds(long, { activity: long.object.id })).toBe(true)
  })

  it('never hold an identifier of a person (ruling 19)', () => {
    const terms = termsOf(EVERYWHERE, LRS).join(' ')
    expect(terms).not.toMatch(/example\.org|p1|key-1/)
  })

  it('tell whose credential wrote the statement', () => {
    expect(termsOf(SIMPLE, LRS)).toContain(credentialTerm('credential-1'))
    expect(termsOf(SIMPLE, LRS)).not.toContain(credentialTerm('credential-2'))
  })

  it('can be asked for one Activity by itself', () => {
    expect(termsOf(SIMPLE, LRS)).toContain(activityTerm(SIMPLE.object.id, false))
    expect(termsOf({ ...SIMPLE, object: SUB }, LRS)).toContain(activityTerm(SUB.object.id, true))
  })

  it('ask nothing for a query without filters', () => {
    expect(termsOfQuery({ ...ANY, relatedAgents: true, relatedActivities: true })).toEqual([])
  })
})
