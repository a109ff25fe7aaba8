/** The examples in a policy's description (F3): what is said to count counts, and what is said to add nothing adds nothing. */
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { derive } from '../../src/attempts/derive.ts'
import { factsOf } from '../../src/attempts/facts.ts'
import { type Example, examplesOf } from '../../src/metering/examples/examples.ts'
import type { Sent } from '../../src/metering/examples/story.ts'
import { type Policy, policySchema } from '../../src/metering/policy.ts'
import { preset, presetNames } from '../../src/metering/presets.ts'
import { recount } from '../../src/metering/recount.ts'
import { english } from '../../src/metering/text-en.ts'
import { windowsHolding } from '../../src/metering/windows.ts'
import { policy, versions } from './build.ts'
import { policy as randomPolicy } from './random-policy.ts'

const { examples: scenes, made } = english

/** Statement → facts → derive → count, in the order given; of the first learner that is told of. */
function countedKeys(under: Policy, { story }: Example, sent: readonly Sent[]): readonly string[] {
  const facts = sent.flatMap(({ statement, at, received, purpose, credential, voided }) =>
    factsOf(
      { ...statement, timestamp: new Date(at).toISOString() },
      {
        statementId: `${at} ${statement.verb.id}`,
        idGiven: true,
        credential: credential ?? 'example',
        purpose: purpose ?? 'learner',
      },
    ).map((fact) => ({
      ...fact,
      seq: (story.before ?? []).some((one) => one.statement === statement && one.at === at) ? 1 : 2,
      stored: received ?? at + 1_000,
      voided: voided ?? false,
    })),
  )
  const learner = facts.map((fact) => fact.learner).sort()[0] ?? ''
  const mine = facts.filter((fact) => fact.learner === learner)
  const launches = (story.launches ?? []).map((one, id) => ({ ...one, id: String(id), learner }))
  const catalogue = new Map((story.catalogue ?? []).map((entry) => [entry.id, [entry]]))
  const settings = { gapMinutes: 30, launchedCounts: 'auto' as const, nonPersons: [] }
  const { classified } = derive(mine, { tenant: 't', catalogue, launches, settings })
  const all = versions(under)
  const closed = story.late
    ? story.event.flatMap(({ at }) =>
        windowsHolding(all, 0, at).map(({ start }) => ({
          policy: under.id,
          version: 1,
          start,
          cutoff: 1,
        })),
      )
    : []
  const circumstances = { closed, groups: new Set(story.groups) }
  return recount(classified, all, circumstances).flatMap(({ counted }) =>
    counted.map(({ windowStart, key }) => `${windowStart} ${key}`),
  )
}

function really(under: Policy, example: Example): boolean {
  const { before = [], event } = example.story
  const known = new Set(countedKeys(under, example, before))
  return countedKeys(under, example, [...event].reverse().concat(before)).some((key) => !known.has(key))
}

const honest = (under: Policy): void => {
  const said = examplesOf(under, english)
  for (const example of said)
    expect([example.text, really(under, example)]).toEqual([example.text, example.counts])
  expect(said.map(({ text }) => text).join('\n')).not.toMatch(/undefined|NaN|\[object|null/)
}

const EVERYTHING = fc
  .record({
    base: randomPolicy,
    late: fc.constantFrom('adjust', 'next-window', 'ignore'),
    by: fc.constantFrom('timestamp', 'stored'),
    resumeBy: fc.constantFrom('timestamp', 'stored'),
    browse: fc.constantFrom('exclude', 'count'),
    resources: fc.constantFrom('exclude', 'count'),
    unverifiedPreview: fc.constantFrom('skip', 'count'),
    launchModeUnknown: fc.constantFrom('count', 'skip'),
    groupActors: fc.constantFrom('members', 'ignore'),
  })
  .map(({ base, late, by, resumeBy, groupActors, ...counting }) =>
    policySchema.parse({
      ...base,
      count: { ...base.count, ...counting },
      unique: { ...base.unique, groupActors },
      time: { ...base.time, by, resumeBy },
      close: { late },
    }),
  )

describe('F3: examples in a policy’s description', () => {
  test.each(presetNames)('%s: each is what counting gives', (name) => {
    const under = preset(name) as Policy
    honest(under)
    const said = examplesOf(under, english)
    expect(said.some(({ counts }) => counts)).toBe(true)
    expect(said.some(({ counts }) => !counts)).toBe(true)
  })

  // Some 25 stories each, told twice: seconds of work, more on a busy machine.
  test('1,000 random policies: each is what counting gives', { timeout: 180_000 }, () => {
    fc.assert(fc.property(EVERYTHING, honest), { numRuns: 1000 })
  })

  /** Worked out by hand from counting.md §1 and §2. */
  test.each<[string, (readonly string[])[]]>([
    [
      'accord-12m',
      [
        [scenes.opened, scenes.adminAsLearner, scenes.resumed, scenes.deleted, scenes.together, made.again],
        [
          scenes.registered,
          scenes.signedIn,
          scenes.resource,
          scenes.attended,
          scenes.catalogue,
          scenes.nobody,
        ],
      ],
    ],
    [
      'docebo-mau',
      [
        [scenes.attended, scenes.opened],
        [scenes.registered, scenes.catalogue],
      ],
    ],
    ['scorm-cloud', [[scenes.opened], [made.again, scenes.resumed, scenes.completed]]],
    [
      'clerk-mru',
      [
        [scenes.signedIn, made.again],
        [made.newcomer, scenes.opened],
      ],
    ],
    ['ispring-market-lead', [[made.again], [scenes.opened, made.notEnough(scenes.completed, 2, 'activity')]]],
    ['security-journey', [[scenes.completed], [scenes.opened, scenes.signedIn]]],
    ['forma-lms', [[scenes.signedIn], [scenes.opened]]],
    [
      'mixpanel-mtu',
      [
        [scenes.resource, scenes.signedIn],
        [scenes.nobody, scenes.browse],
      ],
    ],
  ])('%s, by hand', (name, [counting = [], not = []]) => {
    const said = new Map(
      examplesOf(preset(name) as Policy, english).map(({ text, counts }) => [text, counts]),
    )
    expect(counting.map((text) => said.get(text))).toEqual(counting.map(() => true))
    expect(not.map((text) => said.get(text))).toEqual(not.map(() => false))
  })

  const verdict = (under: Policy, text: string) =>
    examplesOf(under, english).find((example) => example.text === text)?.counts

  it('atLeast: one statement adds nothing, as many as are needed count', () => {
    const two = policy({ count: { any: [{ evidence: true }], atLeast: { n: 2, distinct: 'day' } } })
    expect(verdict(two, made.notEnough(scenes.opened, 2, 'day'))).toBe(false)
    expect(verdict(two, scenes.registered)).toBe(false)
    const own = examplesOf(two, english).find(({ text }) =>
      text.startsWith('2 statements of 2 different days'),
    )
    expect(own?.counts).toBe(true)
  })

  it('minAgeHours: the last minute of a window is too late for somebody new; longer than a window is for anybody', () => {
    const aged = (minAgeHours: number) => policy({ count: { any: [{ evidence: true }], minAgeHours } })
    expect(verdict(aged(24), scenes.opened)).toBe(true)
    expect(verdict(aged(24), made.newcomer)).toBe(false)
    expect(verdict(aged(1000), scenes.opened)).toBe(false)
    expect(verdict(policy(), made.newcomer)).toBeUndefined()
  })

  it('once: ever, late, maxBackdateDays, resumeBy, groupActors and none each move an example', () => {
    const one = { by: ['learner' as const] }
    expect(verdict(policy(), made.again)).toBe(true)
    expect(verdict(policy({ unique: { ...one, once: 'ever' } }), made.again)).toBe(false)
    expect(verdict(policy({ close: { late: 'next-window' } }), made.late)).toBe(true)
    expect(verdict(policy({ close: { late: 'ignore' } }), made.late)).toBe(false)
    expect(verdict(policy({ time: { maxBackdateDays: 30 } }), made.old(31))).toBe(false)
    expect(verdict(policy({ time: { maxBackdateDays: 30, by: 'stored' } }), made.old(31))).toBe(true)
    expect(verdict(policy({ time: { resumeBy: 'timestamp' } }), scenes.resumed)).toBe(false)
    expect(verdict(policy({ unique: { ...one, groupActors: 'ignore' } }), scenes.together)).toBe(false)
    const none = policy({ count: { any: [{ evidence: true }], none: [{ learnerIn: ['test-accounts'] }] } })
    expect(verdict(none, made.excluded('its learner is in test-accounts, whatever the element'))).toBe(false)
  })

  it('a verb no scene tells of, a credential, a group, a tag, a profile and a launch mode have an example of their own', () => {
    for (const rule of [
      { verb: ['https://w3id.org/xapi/acrossx/verbs/watched'] },
      { evidence: true as const, authority: ['c-9'] },
      { evidence: true as const, learnerIn: ['sales'] },
      { evidence: true as const, tag: ['safety'] },
      { profile: ['https://w3id.org/xapi/video'] },
      { launchMode: ['Review' as const] },
      { activity: ['https://lms.example.org/course/9'] },
    ]) {
      const own = examplesOf(policy({ count: { any: [rule] } }), english).filter(({ text }) =>
        text.startsWith('A statement comes in'),
      )
      expect(
        own.map(({ counts }) => counts),
        JSON.stringify(rule),
      ).toEqual([true])
    }
  })
})
