import { describe, expect, test } from 'vitest'
import type { PolicyInput } from '../../src/metering/policy.ts'
import { qualify } from '../../src/metering/qualify.ts'
import { ADL, classified, type Given, policy } from './build.ts'

type Rule = PolicyInput['count']['any'][number]

const verdict = (rule: Rule, given: Given, groups: readonly string[] = []) => {
  const result = qualify(classified(given), policy({ count: { any: [rule] } }), new Set(groups))
  return result.qualifies ? `rule ${result.rule}` : result.reason
}

const COURSE = 'https://lms.example.org/course/1'
const TYPE = `${ADL.replace('verbs', 'activities')}/course`
const CMI5 = 'https://w3id.org/xapi/cmi5/context/categories/cmi5'

describe('The parts of a match rule (counting §3): all given ones must hold', () => {
  const table: [name: string, rule: Rule, yes: Given, no: Given, reason: string][] = [
    ['activityType', { activityType: [TYPE] }, { object: { id: COURSE, type: TYPE } }, {}, 'no-rule-matches'],
    ['activity', { activity: [COURSE] }, {}, { element: 'https://other.example' }, 'no-rule-matches'],
    ['profile', { profile: [CMI5] }, { categories: [CMI5] }, { categories: [] }, 'no-rule-matches'],
    ['tag', { tag: ['safety'] }, { tags: ['a', 'safety'] }, { tags: ['a'] }, 'other-tag'],
    [
      'launchMode',
      { launchMode: ['Normal'] },
      { launchMode: 'Normal' },
      { launchMode: 'Review' },
      'other-launch-mode',
    ],
    [
      'authority',
      { authority: ['lms'] },
      { credential: 'lms' },
      { credential: 'app' },
      'authority-not-allowed',
    ],
    ['progressAtLeast', { progressAtLeast: 0.8 }, { progress: 0.8 }, { progress: 0.79 }, 'progress-too-low'],
  ]
  test.each(table)('%s', (name, rule, yes, no, reason) => {
    expect(verdict(rule, yes)).toBe(`rule ${name}`)
    expect(verdict(rule, no)).toBe(reason)
    const both = { ...rule, verb: [`${ADL}/passed`] }
    expect(verdict(both, yes)).toBe('no-rule-matches')
    expect(verdict(both, { ...yes, verb: `${ADL}/passed` })).toBe(`rule verb+${name}`)
  })

  test('learnerIn: one of the learner’s groups', () => {
    const rule = { evidence: true as const, learnerIn: ['sales', 'staff'] }
    expect(verdict(rule, {}, ['staff'])).toBe('rule evidence+learnerIn')
    expect(verdict(rule, {}, ['other'])).toBe('learner-not-in-group')
  })

  test('activity: what lies in a course is of the course', () => {
    const page = { object: { id: `${COURSE}/page/3` } }
    expect(verdict({ activity: [COURSE] }, page)).toBe('rule activity')
    expect(verdict({ activity: [`${COURSE}/page/3`] }, page)).toBe('rule activity')
  })

  test('profile: a category below the profile’s IRI, * whatever there is, and not what only begins alike', () => {
    expect(verdict({ profile: ['https://w3id.org/xapi/cmi5'] }, { categories: [CMI5] })).toBe('rule profile')
    expect(verdict({ profile: ['https://w3id.org/xapi/cmi'] }, { categories: [CMI5] })).toBe(
      'no-rule-matches',
    )
    expect(verdict({ profile: ['*'] }, {})).toBe('rule profile')
  })

  test('launchMode: a launch nobody told the mode of is normal', () => {
    expect(verdict({ launchMode: ['Normal'] }, {})).toBe('rule launchMode')
    expect(verdict({ launchMode: ['Review'] }, {})).toBe('other-launch-mode')
  })

  test('progressAtLeast: a completed element is at 100 %, a completed page or answered question says nothing of it', () => {
    const rule = { progressAtLeast: 1 }
    expect(verdict(rule, { completion: true })).toBe('rule progressAtLeast')
    expect(verdict(rule, { completion: true, object: { id: `${COURSE}/page` } })).toBe('no-rule-matches')
    const question = { id: COURSE, type: 'http://adlnet.gov/expapi/activities/cmi.interaction' }
    expect(verdict(rule, { progress: 1, object: question })).toBe('no-rule-matches')
  })

  test('ruling 4: no rule without evidence lets a preview, a non-person or a repetition in', () => {
    for (const obstacle of ['not-a-person', 'credential', 'launch-record', 'marker', 'duplicate'] as const)
      expect(verdict({ profile: ['*'] }, { obstacles: [obstacle] })).toBe(obstacle)
    expect(verdict({ profile: ['*'] }, { obstacles: ['resource', 'administrative-verb'] })).toBe(
      'rule profile',
    )
  })

  test('the rule that lacks least is the reason', () => {
    const either = policy({
      count: {
        any: [
          { evidence: true, authority: ['lms'], tag: ['x'] },
          { evidence: true, tag: ['y'] },
        ],
      },
    })
    expect(qualify(classified(), either)).toMatchObject({ reason: 'other-tag', distance: 1 })
  })

  test('F8: none takes members of a group out, whatever they do', () => {
    const staff = policy({
      count: { any: [{ evidence: true }], none: [{ learnerIn: ['test-accounts'] }] },
    })
    expect(qualify(classified(), staff, new Set(['test-accounts']))).toMatchObject({
      reason: 'excluded-by-none',
    })
    expect(qualify(classified(), staff)).toMatchObject({ qualifies: true })
  })

  test('Q12: older than maxBackdateDays when received does not count, whatever its rule', () => {
    const strict = policy({ time: { maxBackdateDays: 35 } })
    const at = '2024-02-01T00:00:00Z'
    expect(qualify(classified({ at, stored: '2024-03-07T00:00:00Z' }), strict).qualifies).toBe(true)
    expect(qualify(classified({ at, stored: '2024-03-07T00:00:00.001Z' }), strict)).toMatchObject({
      reason: 'back-dated',
    })
    const byReceipt = policy({ time: { maxBackdateDays: 35, by: 'stored' } })
    expect(qualify(classified({ at, stored: '2025-01-01' }), byReceipt).qualifies).toBe(true)
  })
})
