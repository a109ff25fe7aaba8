import { describe, expect, test } from 'vitest'
import type { PolicyInput } from '../../src/metering/policy.ts'
import { policySchema } from '../../src/metering/policy.ts'
import { preset } from '../../src/metering/presets.ts'
import { policySections, policyText } from '../../src/metering/text.ts'
import { english } from '../../src/metering/text-en.ts'
import { ATTENDED, policy } from './build.ts'

/** Every field set, so that each can be changed alone. */
const FULL: PolicyInput = {
  schema: 1,
  id: 'full',
  count: {
    any: [
      {
        evidence: true,
        verb: ['attended'],
        activityType: ['t:1'],
        activity: ['a:1'],
        profile: ['p:1'],
        tag: ['x'],
        launchMode: ['Normal'],
        authority: ['k'],
        learnerIn: ['l'],
        progressAtLeast: 0.5,
      },
    ],
    none: [{ verb: ['completed'] }],
    atLeast: { n: 2, distinct: 'day' },
    minAgeHours: 24,
  },
  unique: { by: ['learner'] },
  window: {
    kind: 'anchored',
    length: { months: 3 },
    anchor: '2024-01-31',
    timeZone: 'UTC',
    within: { months: 12 },
  },
  time: { by: 'timestamp' },
  close: {},
  removal: {},
  limit: { included: 1000, bank: 5 },
  price: { perExtra: '2.00' },
  alerts: [{ at: '80%', on: 'forecast', probability: 0.5, to: ['a@example.org'] }],
}

const rolling = { kind: 'rolling', length: { months: 12 }, evaluateAt: { months: 1, day: 1 } }
const [alert] = FULL.alerts ?? []

const CHANGES: [path: string, value: unknown, base?: object][] = [
  ['id', 'other'],
  ['count.any.0.evidence', undefined],
  ['count.any.0.verb', [ATTENDED]],
  ['count.any.0.activityType', ['t:2']],
  ['count.any.0.activity', ['a:2']],
  ['count.any.0.profile', ['p:2']],
  ['count.any.0.tag', ['y']],
  ['count.any.0.launchMode', ['Review']],
  ['count.any.0.authority', ['m']],
  ['count.any.0.learnerIn', ['n']],
  ['count.any.0.progressAtLeast', 0.6],
  ['count.none', []],
  ['count.launchModeUnknown', 'skip'],
  ['count.atLeast.n', 3],
  ['count.atLeast.distinct', 'attempt'],
  ['count.minAgeHours', 12],
  ['count.browse', 'count'],
  ['count.resources', 'count'],
  ['count.unverifiedPreview', 'count'],
  ['unique.by', ['learner', 'activity']],
  ['unique.once', 'ever'],
  ['unique.groupActors', 'ignore'],
  ['window.kind', 'calendar'],
  ['window.kind', 'rolling'],
  ['window.length', { months: 6 }],
  ['window.length', { days: 3 }],
  ['window.anchor', '2024-01-30'],
  ['window.timeZone', 'Europe/Berlin'],
  ['window.within.months', 24],
  ['window.within.remainder', 'own'],
  ['window.evaluateAt.months', 3, { window: rolling }],
  ['window.evaluateAt.day', 2, { window: rolling }],
  [
    'window.anchor',
    '2024-05-01',
    { window: { kind: 'calendar', length: { months: 3 }, anchor: '2024-01-01' } },
  ],
  ['time.by', 'stored'],
  ['time.resumeBy', 'timestamp'],
  ['time.futureSkewMinutes', 6],
  ['time.maxBackdateDays', 35],
  ['close.graceHours', 1],
  ['close.late', 'next-window'],
  ['close.late', 'ignore'],
  ['removal.voided', 'drops'],
  ['removal.purged', 'counts'],
  ['removal.erased', 'drops'],
  ['limit.included', 1001],
  ['limit.included', undefined],
  ['limit.judge', 'mean-of-3'],
  ['limit.judge', 'sum-over-term'],
  ['limit.tolerancePct', 5],
  ['limit.bank', 6],
  ['limit.enforce', 'signal-block'],
  ['price.surchargePct', 25],
  ['price.perExtra', '3.00'],
  ['alerts', []],
  ['alerts.0.at', '90%'],
  ['alerts.0.at', '80'],
  ['alerts.0.at', ''],
  ['alerts.0.on', 'actual'],
  ['alerts.0.probability', 0.6],
  ['alerts.0.to', ['b@example.org']],
  ['alerts', [alert, alert]],
]

function changed(base: object, path: string, value: unknown): object {
  const copy = structuredClone(base) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() ?? ''
  let place = copy
  for (const name of names) place = place[name] as Record<string, unknown>
  if (value === undefined) delete place[last]
  else place[last] = value
  return copy
}

describe('A policy in plain words (F3)', () => {
  test.each(CHANGES)('changing %s to %j changes the text', (path, value, base = {}) => {
    const before = { ...FULL, ...base }
    // Without the list of what is not available yet, which would change by itself.
    const text = (input: object) =>
      policySections(policySchema.parse(input)).filter(
        ({ heading }) => heading !== english.headings.unavailable,
      )
    expect(text(changed(before, path, value))).not.toEqual(text(before))
  })

  /** Leaves of a parsed policy, e.g. `count.any.0.verb`; lists of plain values are one leaf. */
  function leavesOf(value: unknown, path: string[] = []): string[] {
    const isLeaf =
      typeof value !== 'object' || value === null || (Array.isArray(value) && typeof value[0] !== 'object')
    if (isLeaf) return [path.join('.')]
    return Object.entries(value).flatMap(([name, member]) => leavesOf(member, [...path, name]))
  }

  test('no field is forgotten above', () => {
    const fields = [FULL, { ...FULL, window: rolling }].flatMap((input) =>
      leavesOf(policySchema.parse(input)),
    )
    const tried = CHANGES.map(([path]) => path)
    const wholes = ['count.none', 'window.length']
    const isTried = (field: string) =>
      tried.includes(field) || wholes.some((whole) => field.startsWith(whole))
    const forgotten = [...new Set(fields)].filter((field) => field !== 'schema' && !isTried(field))
    expect(forgotten).toEqual([])
  })

  const examples = (id: string, heading: string) => {
    const sections = policySections(preset(id) ?? policy())
    return sections.find((section) => section.heading === heading)?.lines ?? []
  }
  const {
    registered,
    catalogue,
    resource,
    attended,
    opened,
    adminAsLearner,
    resumed,
    deleted,
    signedIn,
    nobody,
    blocked,
  } = english.examples

  test('A1, A7, A11: registering, catalogue launches and plain resources are among what does not count', () => {
    expect(examples('accord-12m', english.headings.examplesThatDoNot)).toEqual(
      expect.arrayContaining([registered, catalogue, resource, attended, signedIn, nobody, blocked]),
    )
    expect(examples('accord-12m', english.headings.examplesThatCount)).toEqual(
      expect.arrayContaining([opened, adminAsLearner, resumed, deleted]),
    )
  })
  test('D1, D4: Docebo counts attending, whatever the element', () => {
    expect(examples('docebo-mau', english.headings.examplesThatCount)).toContain(attended)
    expect(examples('docebo-mau', english.headings.examplesThatDoNot)).toContain(registered)
  })
  test('a policy on signing in counts that and not opening a course', () => {
    expect(examples('talentlms-unlimited', english.headings.examplesThatCount)).toEqual([
      signedIn,
      english.made.again,
      english.made.late,
    ])
    expect(examples('talentlms-unlimited', english.headings.examplesThatDoNot)).toContain(opened)
  })
  test('resources: count moves the example', () => {
    const forgiving = policySections(policy({ count: { any: [{ evidence: true }], resources: 'count' } }))
    const counted = forgiving.find(({ heading }) => heading === english.headings.examplesThatCount)
    expect(counted?.lines).toContain(resource)
  })
  test('a policy that cannot be counted yet says so and gives no examples', () => {
    const headings = policySections(policy({ unique: { by: ['tenant'] } })).map(({ heading }) => heading)
    expect(headings).toContain(english.headings.unavailable)
    expect(headings).not.toContain(english.headings.examplesThatCount)
    expect(policySections(policy()).map(({ heading }) => heading)).not.toContain(english.headings.unavailable)
  })

  test('A16: the surcharge multiplies the fee of the limit', () => {
    expect(policyText(preset('accord-3m') ?? policy()).join('\n')).toContain(
      'multiplied by 1.25 (surcharge 25 %)',
    )
  })
  test('Q5: clamping is told only where it can happen', () => {
    const told = (anchor: string, length: object) =>
      policyText(policy({ window: { anchor, length } }))
        .join('\n')
        .includes(english.clamped)
    expect([
      told('2024-01-31', { months: 1 }),
      told('2024-01-28', { months: 1 }),
      told('2024-01-31', { days: 30 }),
    ]).toEqual([true, false, false])
  })
  test('A13, Q24: that nothing is ever blocked is always said', () => {
    expect(policyText(policy()).join('\n')).toContain(english.enforce.never)
  })
  test('a name may stand for the id, and another language for the English', () => {
    expect(policyText(policy(), 'Accord, yearly')[0]).toContain('Accord, yearly')
    const other = { ...english, noAlerts: 'Keine Warnung.' }
    expect(policyText(policy(), 'x', other).join('\n')).toContain('Keine Warnung.')
  })
  test('numbers read well', () => {
    const text = policyText(
      policy({ window: { length: { months: 1 } }, limit: { included: 1 }, alerts: [{ at: '1' }] }),
    ).join('\n')
    expect(text).toContain('Windows of 1 month follow')
    expect(text).toContain('The limit is 1 active learner.')
    expect(text).not.toMatch(/undefined|NaN|\[object/)
  })
})
