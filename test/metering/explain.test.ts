import { describe, expect, test } from 'vitest'
import type { Classified } from '../../src/attempts/derivation.ts'
import { explain } from '../../src/metering/explain.ts'
import { recount } from '../../src/metering/recount.ts'
import { windowAt } from '../../src/metering/windows.ts'
import { ATTENDED, classified, ms, policy, versions } from './build.ts'

const monthly = versions(policy())
const february = (under = monthly) => {
  const window = windowAt(under, ms('2024-02-10'))
  if (!window) throw new Error('no window')
  return window
}
const missOf = (list: readonly Classified[], under = monthly) => {
  const result = explain(list, under, february(under))
  if (result.counted) throw new Error('counted')
  const miss = result.nearestMiss
  return miss && { id: miss.statementId, reason: miss.reason, explained: miss.detail !== '' }
}

describe('Explaining one learner in one window (F1)', () => {
  test('counted: the evidence is that of the recount', () => {
    const list = [classified({ id: 'b', at: '2024-02-03' }), classified({ id: 'a', at: '2024-02-02' })]
    const result = explain(list, monthly, february())
    expect(result).toMatchObject({ counted: true, evidence: recount(list, monthly)[0]?.counted[0]?.evidence })
  })

  test('A11: the nearest miss inside has the fewest obstacles, then is the earliest', () => {
    const list = [
      classified({ id: 'two', at: '2024-02-01', obstacles: ['launch-record', 'resource'] }),
      classified({ id: 'later', at: '2024-02-09', obstacles: ['resource'] }),
      classified({ id: 'one', at: '2024-02-08', obstacles: ['credential'] }),
      classified({ id: 'outside', at: '2024-03-01' }),
    ]
    expect(missOf(list)).toEqual({ id: 'one', reason: 'credential', explained: false })
  })

  test('a statement no rule is about is the farthest inside, yet nearer than one outside', () => {
    const attended = versions(policy({ count: { any: [{ verb: [ATTENDED] }] } }))
    const other = classified({ id: 'other', at: '2024-02-01' })
    const outside = classified({ id: 'outside', at: '2024-03-01', verb: ATTENDED })
    const guest = classified({
      id: 'guest',
      at: '2024-02-20',
      verb: ATTENDED,
      obstacles: ['not-a-person', 'credential'],
    })
    expect(missOf([other, outside], attended)).toEqual({
      id: 'other',
      reason: 'no-rule-matches',
      explained: true,
    })
    expect(missOf([other, classified({ at: '2024-02-02' }), outside], attended)?.id).toBe('other')
    expect(missOf([other, outside, guest], attended)).toEqual({
      id: 'guest',
      reason: 'not-a-person',
      explained: false,
    })
  })

  test.each([
    ['excluded-by-none', policy({ count: { any: [{ evidence: true }], none: [{ verb: [ATTENDED] }] } })],
    ['launch-mode-unknown', policy({ count: { any: [{ evidence: true }], launchModeUnknown: 'skip' } })],
    ['group-member', policy({ unique: { by: ['learner'], groupActors: 'ignore' } })],
  ])('the policy itself may be the reason: %s, with a sentence', (reason, under) => {
    const statement = classified({
      id: 's',
      at: '2024-02-02',
      verb: ATTENDED,
      launchModeUnknown: true,
      member: true,
    })
    expect(missOf([statement], versions(under))).toEqual({ id: 's', reason, explained: true })
  })

  test('D6: with nothing inside, the nearest qualifying use outside', () => {
    const list = [
      classified({ id: 'far', at: '2024-01-02' }),
      classified({ id: 'near', at: '2024-03-02' }),
      classified({ id: 'nearest', at: '2024-01-31T23:00:00Z', obstacles: ['resource'] }),
    ]
    expect(missOf(list)).toEqual({ id: 'near', reason: 'outside-window', explained: true })
    const result = explain(list, monthly, february())
    expect(!result.counted && result.nearestMiss?.detail).toMatch(/would count, but lies after/)
  })

  test('Q4: use at the end instant is outside', () => {
    expect(missOf([classified({ id: 'end', at: '2024-03-01T00:00:00Z' })])?.reason).toBe('outside-window')
  })

  test('only use outside that would not count either still answers', () => {
    const result = explain([classified({ at: '2024-01-20', obstacles: ['resource'] })], monthly, february())
    expect(!result.counted && result.nearestMiss?.detail).toMatch(/before the window and would not count/)
  })

  test('A12: nothing was ever received', () => {
    expect(explain([], monthly, february())).toEqual({ counted: false, nearestMiss: null })
  })

  test('the order of the statements does not matter', () => {
    const list = [
      classified({ id: 'a', at: '2024-02-05', obstacles: ['resource'] }),
      classified({ id: 'b', at: '2024-02-05', obstacles: ['credential'] }),
    ].map((each) => ({ ...each, fact: { ...each.fact, stored: 0 } }))
    expect(missOf([...list].reverse())).toEqual(missOf(list))
  })
})
