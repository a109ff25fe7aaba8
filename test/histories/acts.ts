/** Random histories of one tenant: what people do, and what administrators do to it, in any order. */
import fc from 'fast-check'

/** People, elements and sessions by number: few of each, so that acts meet. */
export const PEOPLE = 4
export const ELEMENTS = 3
const ADL = 'http://adlnet.gov/expapi/verbs'
const VERBS = ['initialized', 'terminated', 'completed', 'registered'].map((name) => `${ADL}/${name}`)
/** Those that ready-made policies ask for as well. */
const ALL_VERBS = [
  ...VERBS,
  ...['resumed', 'attended'].map((name) => `${ADL}/${name}`),
  'https://w3id.org/xapi/adl/verbs/logged-in',
]
const TRACKING = ['none', 'none-resource', 'complete-on-open', 'incomplete-on-open'] as const

/** What there is to choose from is known only when it is done: `nth` counts around what is there. */
export type Act =
  | {
      readonly act: 'use'
      readonly who: readonly number[]
      readonly element: number
      /** Without one only a pause tells attempts apart (K7). */
      readonly session: number | null
      readonly hoursAgo: number
      /** IRI. */
      readonly verb: string
      /** Per cent. */
      readonly progress?: number
      readonly preview: boolean
    }
  | { readonly act: 'resend' | 'void' | 'split'; readonly nth: number }
  | { readonly act: 'merge'; readonly who: readonly number[] }
  | {
      readonly act: 'delete'
      readonly mode: 'logical' | 'physical'
      readonly by: 'learner' | 'team' | 'role' | 'element' | 'before' | 'after'
      readonly nth: number
    }
  | { readonly act: 'catalogue'; readonly element: number; readonly tracking: (typeof TRACKING)[number] }
  | {
      readonly act: 'profile'
      readonly who: number
      readonly team: boolean
      readonly role: boolean
      readonly test: boolean
    }
  | { readonly act: 'launch'; readonly who: number; readonly element: number; readonly session: number }
  | { readonly act: 'correct'; readonly delta: number }
  | { readonly act: 'pass'; readonly days: number }
  /** By hand, the oldest window that can be. */
  | { readonly act: 'close' }
  | { readonly act: 'restart' }

const person = fc.nat(PEOPLE - 1)
const element = fc.nat(ELEMENTS - 1)
const nth = fc.nat(20)
const session = fc.nat(1)

export const use: fc.Arbitrary<Act & { act: 'use' }> = fc.record({
  act: fc.constant('use' as const),
  who: fc.oneof(
    { weight: 4, arbitrary: person.map((one) => [one]) },
    { weight: 1, arbitrary: fc.uniqueArray(person, { minLength: 2, maxLength: 2 }) },
  ),
  element,
  session: fc.option(session),
  hoursAgo: fc.oneof(fc.nat(72), fc.nat(24 * 20)),
  verb: fc.constantFrom(...VERBS),
  preview: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
})

/** Over more than a year, with whatever some policy looks at. */
export const longUses: fc.Arbitrary<readonly (Act & { act: 'use' })[]> = fc.array(
  fc
    .record({
      use,
      days: fc.oneof(fc.nat(15), fc.nat(400)),
      verb: fc.constantFrom(...ALL_VERBS),
      progress: fc.constantFrom(undefined, 50, 80, 100, 100),
    })
    .map(({ use: one, days, verb, progress }) => ({
      ...one,
      hoursAgo: 24 * days + (one.hoursAgo % 24),
      verb,
      ...(progress !== undefined && { progress }),
    })),
  { minLength: 1, maxLength: 8 },
)

const pair = fc.uniqueArray(person, { minLength: 2, maxLength: 2 })
const mode = fc.constantFrom('logical' as const, 'physical' as const)
const by = fc.constantFrom('learner', 'learner', 'team', 'role', 'element', 'before', 'after' as const)

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: use },
  {
    weight: 3,
    arbitrary: fc.record({ act: fc.constantFrom('resend', 'void', 'split' as const), nth }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('merge' as const), who: pair }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('delete' as const), mode, by, nth }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('catalogue' as const),
      element,
      tracking: fc.constantFrom(...TRACKING),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('profile' as const),
      who: person,
      team: fc.boolean(),
      role: fc.boolean(),
      test: fc.nat(4).map((one) => one === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('launch' as const), who: person, element, session }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('correct' as const), delta: fc.constantFrom(-1, 1) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('pass' as const), days: fc.integer({ min: 1, max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('close' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('restart' as const) }) },
)

/** Something is used, then anything happens, windows close, and more happens: shrinks to the acts that matter. */
export const histories: fc.Arbitrary<readonly Act[]> = fc
  .tuple(
    fc.array(use, { minLength: 1, maxLength: 5 }),
    fc.array(act, { maxLength: 7 }),
    fc.array(fc.constant<Act>({ act: 'pass', days: 12 }), { maxLength: 1 }),
    fc.array(act, { maxLength: 7 }),
  )
  .map((parts) => parts.flat())
