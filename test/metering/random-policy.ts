/** Policies of every shape that can be counted, presets among them. */
import fc from 'fast-check'
import { type Policy, policySchema } from '../../src/metering/policy.ts'
import { preset, presetNames } from '../../src/metering/presets.ts'

export const maybe = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
/** Without the members that are undefined. */
type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
export const compact = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Given<T>

const rule = fc
  .record({
    evidence: maybe(fc.constant(true as const)),
    verb: maybe(fc.subarray(['initialized', 'attended', 'logged-in'], { minLength: 1 })),
    activity: maybe(fc.constant(['https://c.example/a'])),
    profile: maybe(fc.constant(['*'])),
    tag: maybe(fc.constant(['y'])),
    launchMode: maybe(fc.constant(['Normal' as const])),
    authority: maybe(fc.constant(['c-1'])),
    learnerIn: maybe(fc.constant(['staff'])),
    progressAtLeast: maybe(fc.constantFrom(0, 0.5, 1)),
  })
  .map(compact)
  .filter((parts) => Object.keys(parts).length > 0)
const length = fc.oneof(
  fc.record({ months: fc.integer({ min: 1, max: 24 }) }),
  fc.record({ days: fc.integer({ min: 7, max: 400 }) }),
)
const window = fc.oneof(
  fc.record({
    kind: fc.constant('anchored' as const),
    length,
    anchor: fc.constantFrom('2024-01-31', '2023-02-10'),
  }),
  fc.record({ kind: fc.constant('calendar' as const), length }),
  fc.record({
    kind: fc.constant('rolling' as const),
    length,
    evaluateAt: fc.record({ months: fc.integer({ min: 1, max: 3 }), day: fc.integer({ min: 1, max: 31 }) }),
  }),
)
export const policy: fc.Arbitrary<Policy> = fc
  .record({
    any: fc.array(rule, { minLength: 1, maxLength: 2 }),
    none: fc.array(rule, { maxLength: 1 }),
    atLeast: maybe(
      fc.record({
        n: fc.integer({ min: 1, max: 3 }),
        distinct: fc.constantFrom(
          'statement' as const,
          'activity' as const,
          'attempt' as const,
          'day' as const,
        ),
      }),
    ),
    minAgeHours: fc.constantFrom(0, 24, 1000),
    by: fc.subarray(['activity', 'tenant', 'sub-account'] as const),
    once: fc.constantFrom('per-window' as const, 'ever' as const),
    window,
    maxBackdateDays: fc.constantFrom(null, 30),
    voided: fc.constantFrom('counts' as const, 'drops' as const),
  })
  .map(({ any, none, atLeast, minAgeHours, by, once, voided, maxBackdateDays, ...rest }) =>
    policySchema.parse({
      schema: 1,
      id: 'random',
      count: { any, none, minAgeHours, ...(atLeast && { atLeast }) },
      unique: { by: ['learner', ...by], once },
      time: { maxBackdateDays },
      removal: { voided },
      window: rest.window,
    }),
  )
const presetPolicy = fc.constantFrom(...presetNames).map((name) => preset(name) as Policy)
export const anyPolicy = fc.oneof(presetPolicy, policy)
