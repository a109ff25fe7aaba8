import { notYetAvailable, type Policy, type PolicyInput, policySchema } from './policy.ts'

type Part = Pick<PolicyInput, 'count' | 'window'> & Partial<PolicyInput>

const EVIDENCE = { any: [{ evidence: true as const }] }
const verbs = (...verb: string[]) => ({ any: [{ verb }] })
const anchored = (length: PolicyInput['window']['length'], anchor = '2024-01-31') => ({
  kind: 'anchored' as const,
  length,
  anchor,
})
const calendarMonth = { kind: 'calendar' as const, length: { months: 1 } }
const rolling = (length: PolicyInput['window']['length']) => ({ kind: 'rolling' as const, length })
const accord = (months: number, surchargePct: number): Part => ({
  count: EVIDENCE,
  window: anchored({ months }),
  limit: { included: 1000 },
  price: { surchargePct },
})

/**
 * Ways of counting found in the field, by name (counting.md §2 and appendix). Anchors, zones and limits are examples to be
 * replaced. Those that need what is not counted yet are kept too: they show what the schema can say.
 */
const PRESETS: Readonly<Record<string, Part>> = {
  'accord-12m': { ...accord(12, 0), alerts: [{ at: '80%' }, { at: '90%' }, { at: '100%' }] },
  'accord-3m': accord(3, 25),
  'accord-1m': accord(1, 50),
  'accord-rolling-reading': { count: EVIDENCE, window: rolling({ months: 12 }) },
  'docebo-mau': {
    count: { any: [{ evidence: true }, { verb: ['attended'] }] },
    window: calendarMonth,
    limit: { included: 2000 },
  },
  'docebo-30d-bank': {
    count: verbs('initialized', 'resumed', 'accessed'),
    window: anchored({ days: 30 }),
    limit: { included: 2000, bank: 600 },
  },
  'talentlms-unlimited': {
    count: verbs('logged-in'),
    window: anchored({ days: 30 }),
    limit: { included: 100 },
    price: { perExtra: '2.00' },
  },
  'ispring-monthly': {
    count: verbs('logged-in'),
    window: anchored({ months: 1 }, '2015-05-10'),
    limit: { included: 100, enforce: 'signal-block' },
  },
  reach360: {
    count: verbs('initialized', 'resumed'),
    window: { ...anchored({ days: 30 }, '2024-03-01'), within: { months: 12, remainder: 'last' } },
    limit: { included: 300, judge: 'sum-over-term' },
  },
  'scorm-cloud': {
    count: verbs('initialized'),
    unique: { by: ['learner', 'activity'], once: 'ever' },
    window: anchored({ days: 30 }),
  },
  'clerk-mru': { count: { ...verbs('logged-in'), minAgeHours: 24 }, window: anchored({ months: 1 }) },
  'slack-28d': { count: verbs('logged-in', 'initialized'), window: rolling({ days: 28 }) },
  auth0: {
    count: verbs('logged-in'),
    unique: { by: ['learner', 'tenant'] },
    window: calendarMonth,
    limit: { included: 7000, judge: 'mean-of-3' },
  },
  'mixpanel-mtu': {
    count: { any: [{ profile: ['*'] }], none: [{ verb: ['identify', 'alias', 'merge'] }] },
    unique: { by: ['learner', 'sub-account'] },
    window: calendarMonth,
  },
  'ispring-market-lead': {
    count: { any: [{ progressAtLeast: 0.8 }], atLeast: { n: 2, distinct: 'activity' } },
    window: anchored({ months: 1 }, '2024-01-10'),
  },
  'learningpool-365': {
    count: verbs('logged-in'),
    window: rolling({ days: 365 }),
    removal: { purged: 'counts' },
  },
  'security-journey': {
    count: verbs('completed'),
    window: anchored({ months: 12 }, '2024-01-01'),
    limit: { included: 500, tolerancePct: 5 },
  },
  'forma-lms': {
    count: verbs('logged-in'),
    window: calendarMonth,
    limit: { included: 200, judge: 'mean-of-3' },
  },
}

/** Names of all presets, those that cannot be counted yet included. */
export const presetNames: readonly string[] = Object.keys(PRESETS)

/** A preset as a policy whose id is the preset's name; null if there is none of that name. */
export function preset(name: string): Policy | null {
  const part = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined
  return part ? policySchema.parse({ schema: 1, id: name, unique: { by: ['learner'] }, ...part }) : null
}

/** The presets this version can count. */
export const presets: readonly Policy[] = presetNames
  .map(preset)
  .filter((policy) => policy !== null)
  .filter((policy) => notYetAvailable(policy).length === 0)
