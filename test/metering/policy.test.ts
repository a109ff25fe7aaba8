import { describe, expect, test } from 'vitest'
import { commercialHash, countHash, notYetAvailable, policySchema } from '../../src/metering/policy.ts'
import { preset, presetNames, presets } from '../../src/metering/presets.ts'
import { policyText } from '../../src/metering/text.ts'
import { isIri, verbGroups, verbIris } from '../../src/metering/verbs.ts'
import { policy } from './build.ts'

const MINIMAL = {
  schema: 1,
  id: 'p',
  count: { any: [{ evidence: true }] },
  unique: { by: ['learner'] },
  window: { kind: 'anchored', length: { months: 1 }, anchor: '2024-01-31' },
}

/** The minimal policy with one value set, e.g. `window.anchor`. */
function withValue(path: string, value: unknown): object {
  const copy = structuredClone(MINIMAL) as Record<string, unknown>
  const names = path.split('.')
  const last = names.pop() ?? ''
  let place = copy
  for (const name of names) {
    place[name] ??= {}
    place = place[name] as Record<string, unknown>
  }
  if (value === undefined) delete place[last]
  else place[last] = value
  return copy
}

describe('The policy schema (counting.md, appendix)', () => {
  test('defaults are those of the appendix and of rulings 5 and 13', () => {
    expect(policySchema.parse(MINIMAL)).toEqual({
      schema: 1,
      id: 'p',
      count: {
        any: [{ evidence: true }],
        none: [],
        launchModeUnknown: 'count',
        minAgeHours: 0,
        browse: 'exclude',
        resources: 'exclude',
        unverifiedPreview: 'skip',
      },
      unique: { by: ['learner'], once: 'per-window', groupActors: 'members' },
      window: { kind: 'anchored', length: { months: 1 }, anchor: '2024-01-31', timeZone: 'UTC' },
      time: { by: 'timestamp', resumeBy: 'stored', futureSkewMinutes: 5, maxBackdateDays: null },
      close: { graceHours: 72, late: 'adjust' },
      removal: { voided: 'counts', purged: 'drops', erased: 'counts' },
      limit: { judge: 'each-window', tolerancePct: 0, enforce: 'never' },
      price: { surchargePct: 0, perExtra: null },
      alerts: [],
    })
  })

  test('the example of counting §3 is a policy', () => {
    const example = {
      schema: 1,
      id: 'accord-3m',
      count: {
        any: [{ evidence: true }],
        none: [{ learnerIn: ['test-accounts'] }],
        launchModeUnknown: 'count',
        atLeast: { n: 1, distinct: 'statement' },
        minAgeHours: 0,
      },
      unique: { by: ['learner'], once: 'per-window', groupActors: 'members' },
      window: { kind: 'anchored', length: { months: 3 }, anchor: '2024-01-31', timeZone: 'Europe/Berlin' },
      time: { by: 'timestamp', resumeBy: 'stored', futureSkewMinutes: 5, maxBackdateDays: null },
      close: { graceHours: 72, late: 'adjust' },
      removal: { voided: 'counts', purged: 'drops', erased: 'counts' },
      limit: { included: 1000, judge: 'each-window', tolerancePct: 0, enforce: 'never' },
      price: { surchargePct: 25, perExtra: null },
      alerts: [
        { at: '80%' },
        { at: '90%' },
        { at: '100%' },
        { at: '100%', on: 'forecast', probability: 0.5 },
      ],
    }
    expect(policySchema.safeParse(example).error).toBeUndefined()
    expect(notYetAvailable(policySchema.parse(example))).toEqual([])
  })

  test.each([
    ['schema', 2],
    ['id', ''],
    ['id', 'Accord'],
    ['id', 'a.b'],
    ['id', '-a'],
    ['id', 'a'.repeat(65)],
    ['count.any', []],
    ['count.any', [{}]],
    ['count.any', [{ evidence: false }]],
    ['count.any', [{ verb: [] }]],
    ['count.any', [{ verb: ['no-such-group'] }]],
    ['count.any', [{ progressAtLeast: 1.1 }]],
    ['count.any', [{ evidence: true, unknown: 1 }]],
    ['count.atLeast', { n: 0, distinct: 'day' }],
    ['count.browse', 'include'],
    ['unique.by', []],
    ['unique.by', ['learner', 'learner']],
    ['window.kind', 'tumbling'],
    ['window.length', {}],
    ['window.length', { months: 1, days: 30 }],
    ['window.length', { months: 0 }],
    ['window.length', { months: 1.5 }],
    ['window.anchor', undefined],
    ['window.anchor', '2023-02-29'],
    ['window.anchor', '2024-1-31'],
    ['window.anchor', '2024-01-31T00:00:00Z'],
    ['window.timeZone', 'Mars/Olympus'],
    ['window.timeZone', '+02:00'],
    ['window.timeZone', ''],
    ['window.within', { months: 0 }],
    ['window.evaluateAt', { months: 1, day: 1 }],
    ['time.futureSkewMinutes', -1],
    ['removal.voided', 'drop'],
    ['limit.included', 1.5],
    ['limit.included', -1],
    ['price.perExtra', '2,00'],
    ['alerts', [{}]],
    ['alerts', [{ at: '80 %' }]],
    ['alerts', [{ at: '-1' }]],
    ['alerts', [{ at: '80%', probability: 0 }]],
    ['alerts', [{ at: '80%', to: 'a@example.org' }]],
    ['surprise', true],
  ])('refuses %s: %j, naming the field', (path, value) => {
    const issues = policySchema.safeParse(withValue(path, value)).error?.issues ?? []
    expect(issues.length).toBeGreaterThan(0)
    const named = issues.some(
      (issue) =>
        [...issue.path].join('.').startsWith(path) ||
        (issue.code === 'unrecognized_keys' && issue.keys.includes(path)),
    )
    expect(named).toBe(true)
  })

  test('a length that does not fit into its term is refused', () => {
    const within = (length: object, months: number) =>
      policySchema.safeParse({ ...MINIMAL, window: { ...MINIMAL.window, length, within: { months } } })
        .success
    expect([within({ months: 3 }, 2), within({ days: 57 }, 2)]).toEqual([false, false])
    expect([within({ months: 2 }, 2), within({ days: 56 }, 2)]).toEqual([true, true])
  })

  test('A20: alert levels may be numbers, blank or 0', () => {
    const parsed = policySchema.parse({
      ...MINIMAL,
      alerts: [{ at: 900 }, { at: '' }, { at: '0' }, { at: '80%', to: ['a@example.org'] }],
    })
    expect(parsed.alerts.map(({ at }) => at)).toEqual(['900', '', '0', '80%'])
  })
})

describe('What is not available yet is refused with a sentence', () => {
  test('the policies that can be counted ask for nothing missing', () => {
    const able = [
      policy(),
      policy({ window: { length: { days: 30 }, anchor: '2024-03-01', within: { months: 12 } } }),
      policy({ window: { kind: 'calendar', anchor: undefined } }),
      policy({
        count: {
          any: [{ evidence: true }],
          none: [{ verb: ['attended'] }],
          browse: 'count',
          atLeast: { n: 1, distinct: 'day' },
        },
      }),
      policy({ unique: { by: ['learner'], groupActors: 'ignore' } }),
      policy({
        removal: { voided: 'drops' },
        time: { by: 'stored', resumeBy: 'timestamp', futureSkewMinutes: 0 },
      }),
      policy({
        limit: { included: 5, tolerancePct: 5, bank: 0 },
        price: { perExtra: '2.00' },
        alerts: [{ at: '5' }],
      }),
    ]
    expect(able.map(notYetAvailable)).toEqual(able.map(() => []))
  })

  test.each([
    ['$.unique.by', policy({ unique: { by: ['tenant'] } })],
    ['$.unique.by', policy({ unique: { by: ['activity', 'sub-account'] } })],
    ['$.removal.erased', policy({ removal: { erased: 'drops' } })],
  ])('%s', (path, asking) => {
    const missing = notYetAvailable(asking)
    expect(missing.map((each) => each.path)).toEqual([path])
    expect(missing[0]?.message).toMatch(/not available|yet/)
  })

  test('ruling 14: among what never counts, a verb group nobody confirmed is taken, and the text says it names no verb', () => {
    const mixpanel = policy({ count: { any: [{ profile: ['*'] }], none: [{ verb: ['identify'] }] } })
    expect(notYetAvailable(mixpanel)).toEqual([])
    expect(policyText(mixpanel).join(' ')).toContain('«identify» (no verb confirmed)')
  })
  test('ruling 14: a verb group nobody confirmed is named in the refusal', () => {
    const [missing] = notYetAvailable(
      policy({ count: { any: [{ evidence: true }, { verb: ['identify'] }] } }),
    )
    expect(missing).toEqual({
      path: '$.count.any[1].verb',
      message: 'Nobody has confirmed which verb IRIs «identify» stands for; name full IRIs instead.',
    })
  })
})

describe('Hashes (counting §3)', () => {
  const base = policy()

  test('the order of members and defaults written out change nothing', () => {
    const written = policySchema.parse({ ...base })
    const reversed = Object.fromEntries(Object.entries(base).reverse()) as typeof base
    reversed.removal = { erased: 'counts', purged: 'drops', voided: 'counts' }
    expect(new Set([base, written, reversed].map(countHash)).size).toBe(1)
    expect(countHash(base)).toMatch(/^[0-9a-f]{64}$/)
  })

  test('a new price makes no new count, and a new count no new price', () => {
    const dearer = policy({ price: { surchargePct: 25 } })
    expect([countHash(dearer) === countHash(base), commercialHash(dearer) === commercialHash(base)]).toEqual([
      true,
      false,
    ])
    const other = policy({ removal: { voided: 'drops' } })
    expect([countHash(other) === countHash(base), commercialHash(other) === commercialHash(base)]).toEqual([
      false,
      true,
    ])
  })

  test.each([
    policy({ count: { any: [{ verb: ['attended'] }] } }),
    policy({ unique: { by: ['activity'] } }),
    policy({ window: { timeZone: 'Europe/Berlin' } }),
    policy({ time: { futureSkewMinutes: 6 } }),
    policy({ close: { graceHours: 1 } }),
  ])('every counting part is in the count hash', (other) => {
    expect(countHash(other)).not.toBe(countHash(base))
  })

  test.each([
    policy({ limit: { included: 1 } }),
    policy({ price: { perExtra: '1' } }),
    policy({ alerts: [{ at: '5' }] }),
  ])('limit, price and alerts are in the commercial hash', (other) => {
    expect(commercialHash(other)).not.toBe(commercialHash(base))
  })

  test('a verb group is hashed as its IRIs, so the name pins nothing', () => {
    const named = policy({ count: { any: [{ verb: ['attended'] }] } })
    const spelled = policy({ count: { any: [{ verb: [...verbIris(['attended'])] }] } })
    expect(countHash(named)).toBe(countHash(spelled))
  })
})

describe('Verb groups (ruling 14)', () => {
  test('a confirmed group lists full IRIs with their sources, an unconfirmed one lists none', () => {
    const wrong = [...verbGroups].filter(([, { confirmed, verbs }]) =>
      confirmed
        ? verbs.length === 0 || verbs.some(({ iri, source }) => !isIri(iri) || !source)
        : verbs.length > 0,
    )
    expect(wrong).toEqual([])
    expect([...verbGroups.keys()]).toEqual(
      expect.arrayContaining([
        'initialized',
        'resumed',
        'logged-in',
        'attended',
        'accessed',
        'completed',
        'identify',
      ]),
    )
  })
  test('no name of a group could be taken for an IRI', () => {
    expect([...verbGroups.keys()].filter(isIri)).toEqual([])
  })
})

describe('Presets', () => {
  test('all 18 of the appendix are policies', () => {
    expect(presetNames).toHaveLength(18)
    expect(presetNames.map((name) => preset(name)?.id)).toEqual(presetNames)
    expect(preset('no-such-preset')).toBeNull()
    expect(preset('constructor')).toBeNull()
  })
  test('those that can be counted now', () => {
    expect(presetNames.filter((name) => !presets.some(({ id }) => id === name))).toEqual([])
  })
  test.each([
    ['accord-12m', 12, 0],
    ['accord-3m', 3, 25],
    ['accord-1m', 1, 50],
  ])('A15: %s has windows of %i months and a surcharge of %i %', (name, months, surcharge) => {
    expect(preset(name)).toMatchObject({
      window: { kind: 'anchored', length: { months } },
      price: { surchargePct: surcharge },
    })
  })
})
