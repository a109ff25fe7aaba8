import { createHash } from 'node:crypto'
import { IANAZone } from 'luxon'
import { z } from 'zod'
import { isIri, verbGroups, verbIris } from './verbs.ts'

export { notYetAvailable } from './availability.ts'

/**
 * The counting policy, schema version 1 (counting.md §3 and appendix; rulings 5, 10 and 13). Everything the schema
 * can say is accepted and described here; what cannot be counted yet is told by `notYetAvailable`.
 */

const count = z.int().min(1)
const amount = z.number().min(0)

/** A century, too: what lies beyond is no policy, and no date. */
const days = amount.max(36_525)
const hours = amount.max(36_525 * 24)
/** A thousand times the fee. */
const percent = amount.max(100_000)
/** Any number of learners there may be. */
const learners = z.int().min(0).max(1_000_000_000_000)
const removed = (value: 'counts' | 'drops') => z.enum(['counts', 'drops']).default(value)

/** Q8: never a fixed offset, which newer runtimes would take for a zone. */
const timeZone = z.string().refine((zone) => /^[a-z]/i.test(zone) && IANAZone.isValidZone(zone), {
  error: 'must be an IANA time zone, e.g. Europe/Berlin',
})

const verb = z.string().refine((entry) => isIri(entry) || verbGroups.has(entry), {
  error: () => `must be a full IRI or one of the verb groups ${[...verbGroups.keys()].join(', ')}`,
})

const names = z.array(z.string().min(1)).min(1)

const match = z
  .strictObject({
    evidence: z.literal(true).optional(),
    verb: z.array(verb).min(1).optional(),
    activityType: names.optional(),
    activity: names.optional(),
    profile: names.optional(),
    tag: z.array(z.string()).optional(),
    launchMode: z.array(z.enum(['Normal', 'Browse', 'Review'])).optional(),
    authority: z.array(z.string()).optional(),
    learnerIn: z.array(z.string()).optional(),
    progressAtLeast: z.number().min(0).max(1).optional(),
  })
  .refine((rule) => Object.values(rule).some((part) => part !== undefined), {
    error: 'must have at least one part',
  })

const counting = z.strictObject({
  any: z.array(match).min(1),
  none: z.array(match).default([]),
  launchModeUnknown: z.enum(['count', 'skip']).default('count'),
  atLeast: z
    .strictObject({ n: count.max(1000), distinct: z.enum(['statement', 'activity', 'attempt', 'day']) })
    .optional(),
  /** Time since the key was first seen at all. */
  minAgeHours: hours.default(0),
  browse: z.enum(['exclude', 'count']).default('exclude'),
  resources: z.enum(['exclude', 'count']).default('exclude'),
  unverifiedPreview: z.enum(['skip', 'count']).default('skip'),
})

const unique = z.strictObject({
  by: z
    .array(z.enum(['learner', 'activity', 'tenant', 'sub-account']))
    .min(1)
    .refine((by) => new Set(by).size === by.length, { error: 'must not repeat a key' }),
  once: z.enum(['per-window', 'ever']).default('per-window'),
  groupActors: z.enum(['members', 'ignore']).default('members'),
})

/** A century bounds a window: beyond it dates leave what a calendar can name. */
const months = count.max(1200)

const length = z
  .strictObject({ months: months.optional(), days: count.max(36_525).optional() })
  .refine((value) => (value.months === undefined) !== (value.days === undefined), {
    error: 'must have either months or days',
  })

const window = z
  .strictObject({
    kind: z.enum(['anchored', 'calendar', 'rolling']),
    length,
    anchor: z.iso.date({ error: 'must be a date that exists, YYYY-MM-DD' }).optional(),
    timeZone: timeZone.default('UTC'),
    within: z.strictObject({ months, remainder: z.enum(['last', 'own']).default('last') }).optional(),
    /** When a rolling window is evaluated and sealed (ruling 10): every so many months, on that day or the last before it. */
    evaluateAt: z
      .strictObject({ months: months.default(1), day: z.int().min(1).max(31).default(1) })
      .optional(),
  })
  .superRefine((value, context) => {
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: 'custom', path: [field], message })
    if (value.kind === 'anchored' && value.anchor === undefined)
      refuse('anchor', 'is needed by an anchored window')
    if (value.kind !== 'rolling' && value.evaluateAt) refuse('evaluateAt', 'belongs to rolling windows')
    if (value.within && !fits(value.length, value.within.months))
      refuse('within', 'must be at least one length long')
  })

/** Q5: the shortest month has 28 days. */
function fits(part: { months?: number | undefined; days?: number | undefined }, term: number): boolean {
  return part.months === undefined ? (part.days ?? 0) <= term * 28 : part.months <= term
}

const alert = z.strictObject({
  /** A number or a percentage of the limit; 0 or blank sends nothing (A20). */
  at: z.union([
    z
      .string()
      .regex(/^([0-9]{1,12}%?)?$/, { error: 'must be a number of learners or a share, e.g. "900" or "80%"' }),
    learners.transform(String),
  ]),
  on: z.enum(['actual', 'forecast']).default('actual'),
  probability: z.number().gt(0).max(1).optional(),
  /** E-mail addresses or webhook ids (ruling 13). */
  to: z.array(z.string().min(1)).default([]),
})

export const policySchema = z.strictObject({
  schema: z.literal(1),
  /** Goes into URLs and window ids. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: 'must be 1 to 64 of a–z, 0–9 and -, not beginning with -' }),
  count: counting,
  unique,
  window,
  time: z
    .strictObject({
      by: z.enum(['timestamp', 'stored']).default('timestamp'),
      resumeBy: z.enum(['timestamp', 'stored']).default('stored'),
      futureSkewMinutes: amount.max(36_525 * 24 * 60).default(5),
      maxBackdateDays: days.nullable().default(null),
    })
    .prefault({}),
  close: z
    .strictObject({
      graceHours: hours.default(72),
      late: z.enum(['adjust', 'next-window', 'ignore']).default('adjust'),
    })
    .prefault({}),
  removal: z
    .strictObject({ voided: removed('counts'), purged: removed('drops'), erased: removed('counts') })
    .prefault({}),
  limit: z
    .strictObject({
      included: learners.optional(),
      judge: z.enum(['each-window', 'mean-of-3', 'sum-over-term']).default('each-window'),
      tolerancePct: percent.default(0),
      bank: learners.optional(),
      enforce: z.enum(['never', 'signal-block']).default('never'),
    })
    .prefault({}),
  price: z
    .strictObject({
      surchargePct: percent.default(0),
      perExtra: z
        .string()
        .regex(/^[0-9]{1,12}(\.[0-9]{1,8})?$/, { error: 'must be a decimal number as text, e.g. "2.00"' })
        .nullable()
        .default(null),
    })
    .prefault({}),
  alerts: z.array(alert).default([]),
})

/** A validated policy with its defaults applied. */
export type Policy = z.infer<typeof policySchema>

/** A policy as it is written down, defaults left out. */
export type PolicyInput = z.input<typeof policySchema>

export type MatchRule = Policy['count']['any'][number]

/**
 * SHA-256 (hex) of what decides the count. Verb groups are resolved first, so the hash pins the IRIs and not their name;
 * the id, the limit, the price and the alerts are left out: a new price makes no new count (counting §3).
 */
export function countHash(policy: Policy): string {
  const { schema, count: rules, unique: key, window: span, time, close, removal } = policy
  const resolved = { ...rules, any: rules.any.map(resolveVerbs), none: rules.none.map(resolveVerbs) }
  return sha256({ schema, count: resolved, unique: key, window: span, time, close, removal })
}

/** SHA-256 (hex) of the commercial part: limit, price and alerts. */
export function commercialHash(policy: Policy): string {
  const { limit, price, alerts } = policy
  return sha256({ limit, price, alerts })
}

function resolveVerbs(rule: MatchRule): MatchRule {
  return rule.verb ? { ...rule, verb: [...verbIris(rule.verb)] } : rule
}

function sha256(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex')
}

/** JSON with sorted keys and without undefined members: equal values give equal text. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`
}
