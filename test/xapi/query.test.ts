import { describe, expect, it } from 'vitest'
import { readStatementQuery } from '../../src/xapi/query.ts'
import type { Version, Violation } from '../../src/xapi/types.ts'
import { OTHER_UUID, UUID } from './sample.ts'

function read(search: string, version: Version = '1.0.3') {
  return readStatementQuery(new URLSearchParams(search), version)
}

function query(search: string, version: Version = '1.0.3') {
  const answer = read(search, version)
  return 'query' in answer ? answer.query : answer.violations
}

function violations(search: string, version: Version = '1.0.3'): readonly Violation[] {
  const answer = read(search, version)
  return 'violations' in answer ? answer.violations : []
}

const ANA = encodeURIComponent('{"mbox":"mailto:Ana@Example.org"}')

describe('readStatementQuery', () => {
  it('takes no parameters: every statement, newest first', () => {
    expect(query('')).toEqual({
      kind: 'list',
      relatedAgents: false,
      relatedActivities: false,
      limit: 0,
      format: 'exact',
      attachments: false,
      ascending: false,
    })
  })

  it('reads every parameter of a list', () => {
    const search = [
      `agent=${ANA}`,
      'verb=x:verb',
      'activity=x:activity',
      `registration=${OTHER_UUID.toUpperCase()}`,
      'related_activities=true',
      'related_agents=true',
      'since=2025-03-01T09:30:00.1239Z',
      'until=2025-03-02T00:00:00%2B01:00',
      'limit=7',
      'format=canonical',
      'attachments=true',
      'ascending=true',
      'cursor=abc.def',
    ]
    expect(query(search.join('&'))).toEqual({
      kind: 'list',
      agent: 'mbox:mailto:Ana@example.org',
      verb: 'x:verb',
      activity: 'x:activity',
      registration: OTHER_UUID,
      relatedActivities: true,
      relatedAgents: true,
      since: Date.parse('2025-03-01T09:30:00.123Z'),
      until: Date.parse('2025-03-01T23:00:00Z'),
      limit: 7,
      format: 'canonical',
      attachments: true,
      ascending: true,
      cursor: 'abc.def',
    })
  })

  it.each([
    [`statementId=${UUID.toUpperCase()}`, { kind: 'one', id: UUID, format: 'exact', attachments: false }],
    [`voidedStatementId=${UUID}&format=ids`, { kind: 'voided', id: UUID, format: 'ids', attachments: false }],
    [`attachments=true&statementId=${UUID}`, { kind: 'one', id: UUID, format: 'exact', attachments: true }],
  ])('%s asks for one statement (XAPI-00157, XAPI-00158)', (search, expected) => {
    expect(query(search)).toEqual(expected)
  })

  it('takes related_agents and related_activities without agent and activity (xapi.md §4.4)', () => {
    expect(query('related_agents=true&related_activities=true')).toMatchObject({
      kind: 'list',
      relatedAgents: true,
    })
  })

  it.each(['0', '00', '99999999999999999999'])('takes limit=%s (xapi.md §6.3, 13)', (limit) => {
    expect(query(`limit=${limit}`)).toMatchObject({ limit: Math.min(Number(limit), Number.MAX_SAFE_INTEGER) })
  })

  it('reads a plus sign that nobody escaped (xapi.md §6.3, 27)', () => {
    expect(query('since=2025-03-01T00:00:00+01:00')).toMatchObject({
      since: Date.parse('2025-02-28T23:00:00Z'),
    })
  })

  it('takes an identified Group as agent, by its identifier alone', () => {
    const group = encodeURIComponent('{"objectType":"Group","openid":"x:g","member":[{"openid":"x:a"}]}')
    expect(query(`agent=${group}`)).toMatchObject({ agent: 'openid:x:g' })
  })

  it.each([
    ['statement_id=x', 'statement_id', 'XAPI-00324'],
    ['foo=1', 'foo', 'XAPI-00324'],
    ['=1', '', 'XAPI-00324'],
    ['__proto__=1', '__proto__', 'XAPI-00324'],
    ['id=1', 'id', 'XAPI-00324'],
    [`StatementId=${UUID}`, 'StatementId', 'XAPI-00325'],
    ['Verb=x:1', 'Verb', 'XAPI-00325'],
    ['Related_Agents=true', 'Related_Agents', 'XAPI-00325'],
    ['verb=x:1&verb=x:1', 'verb', 'XAPI-00180'],
    ['limit=1&limit=2', 'limit', 'XAPI-00173'],
    ['statementId=one', 'statementId', 'XAPI-00158'],
    ['statementId=', 'statementId', 'XAPI-00158'],
    ['voidedStatementId=one', 'voidedStatementId', 'XAPI-00157'],
    ['registration=one', 'registration', 'XAPI-00178'],
    ['verb=completed', 'verb', 'XAPI-00180'],
    ['verb=', 'verb', 'XAPI-00180'],
    ['activity=page 1', 'activity', 'XAPI-00179'],
    ['agent=Ana', 'agent', 'XAPI-00181'],
    ['agent={}', 'agent', 'XAPI-00181'],
    ['agent=null', 'agent', 'XAPI-00181'],
    ['agent={"mbox":"mailto:a@x.org","mbox":"mailto:b@x.org"}', 'agent', 'XAPI-00181'],
    ['agent={"objectType":"Group","member":[{"openid":"x:a"}]}', 'agent', 'XAPI-00181'],
    ['agent=%7B%22openid%22:%22x:%E0%A4%22%7D', 'agent', 'XAPI-00181'],
    ['agent=%7B%zz', 'agent', 'XAPI-00181'],
    ['related_agents=1', 'related_agents', 'XAPI-00181'],
    ['related_activities=True', 'related_activities', 'XAPI-00177'],
    ['attachments=yes', 'attachments', 'XAPI-00167'],
    ['ascending=', 'ascending', 'XAPI-00166'],
    ['since=yesterday', 'since', 'XAPI-00175'],
    ['since=2025-02-30T00:00:00Z', 'since', 'XAPI-00175'],
    ['until=2025-03-01T00:00:00-00:00', 'until', 'XAPI-00174'],
    ['limit=-1', 'limit', 'XAPI-00173'],
    ['limit=1.5', 'limit', 'XAPI-00173'],
    ['limit=ten', 'limit', 'XAPI-00173'],
    ['limit=', 'limit', 'XAPI-00173'],
    ['format=json', 'format', 'XAPI-00168'],
    ['format=IDS', 'format', 'XAPI-00168'],
  ])('refuses %s', (search, parameter, requirement) => {
    for (const version of ['1.0.3', '2.0.0'] as const) {
      expect(violations(search, version)).toEqual([
        { path: `?${parameter}`, message: expect.any(String), requirement },
      ])
    }
  })

  it('refuses both ids at once (xapi.md §6.3, 15)', () => {
    expect(violations(`statementId=${UUID}&voidedStatementId=${UUID}`)).toMatchObject([
      { path: '?voidedStatementId', requirement: 'XAPI-00151' },
    ])
  })

  it.each([
    `agent=${ANA}`,
    'verb=x:1',
    'activity=x:1',
    `registration=${UUID}`,
    'related_agents=false',
    'related_activities=false',
    'since=2025-03-01T00:00:00Z',
    'until=2025-03-01T00:00:00Z',
    'limit=1',
    'ascending=false',
    'cursor=x',
  ])('refuses an id with %s (XAPI-00150, XAPI-00151)', (other) => {
    const path = `?${other.split('=')[0]}`
    expect(violations(`statementId=${UUID}&${other}`)).toMatchObject([{ path, requirement: 'XAPI-00151' }])
    expect(violations(`voidedStatementId=${UUID}&${other}`)).toMatchObject([
      { path, requirement: 'XAPI-00150' },
    ])
  })

  it('takes the basic form of ISO 8601 in 1.0.3 only (XAPI-00123)', () => {
    expect(query('since=20250301T000000Z', '1.0.3')).toMatchObject({
      since: Date.parse('2025-03-01T00:00:00Z'),
    })
    expect(violations('since=20250301T000000Z', '2.0.0')).toHaveLength(1)
  })

  it('names every fault', () => {
    expect(violations('foo=1&limit=x&verb=y').map(({ path }) => path)).toEqual(['?foo', '?limit', '?verb'])
  })
})
