/** What an LMS says of a cmi5 launch, and what cmi5 makes of it: launch data, `launched` statement, launch URL (cmi5 §8.1, §9.3.1, §10). */
import { z } from 'zod'
import { identifierOf } from '../../xapi/actor.ts'
import { checkAgent } from '../../xapi/check-statement.ts'
import { CMI5_CATEGORY, cmi5Extensions, LAUNCHED } from '../../xapi/cmi5/vocabulary.ts'
import { isIri } from '../../xapi/formats.ts'
import { listOfActivities } from '../../xapi/parts.ts'
import type { ActivityOrList, Agent, Context } from '../../xapi/types.ts'

const DEFAULT_SECONDS = 12 * 3600
const LONGEST_SECONDS = 7 * 24 * 3600

const iri = z.string().refine(isIri, 'must be an IRI')
/** Browsers are sent there: nothing that is run (`javascript:`) or read from a disk. */
const webAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https address' })
const learner = z.unknown().transform((value, context) => {
  const [first] = checkAgent(value)
  const { account } = (value ?? {}) as Agent
  if (first === undefined && account !== undefined) return value as Agent
  const message = first ? `${first.message} (${first.requirement})` : 'needs an account (cmi5 §9.2)'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const fields = z.strictObject({
  actor: learner,
  activityId: iri,
  registration: z.uuid().toLowerCase().optional(),
  sessionId: z.string().min(1).max(200).optional(),
  launchMode: z.enum(['Normal', 'Browse', 'Review']).default('Normal'),
  moveOn: z
    .enum(['Passed', 'Completed', 'CompletedAndPassed', 'CompletedOrPassed', 'NotApplicable'])
    .default('NotApplicable'),
  masteryScore: z.number().min(0).max(1).optional(),
  launchMethod: z.enum(['AnyWindow', 'OwnWindow']).optional(),
  launchParameters: z.string().optional(),
  returnURL: webAddress.optional(),
  entitlementKey: z
    .strictObject({ courseStructure: z.string(), alternate: z.string().optional() })
    .optional(),
  /** The id the AU has in the course structure (cmi5 §9.6.2.3). */
  publisherId: iri.optional(),
  /** Additions of the LMS: every statement of the AU will bear them. */
  contextTemplate: z.record(z.string(), z.unknown()).default({}),
  /** Where the AU starts: then the answer has the whole launch URL. */
  url: webAddress.optional(),
  /** Write `launched` with this credential. */
  launched: z.boolean().default(false),
  origin: z.enum(['admin-catalog', 'learner', 'unknown']).default('learner'),
  expiresIn: z.number().int().min(60).max(LONGEST_SECONDS).default(DEFAULT_SECONDS),
})

export const launchInput = fields.refine(({ launched, url }) => !launched || url !== undefined, {
  path: ['url'],
  message: '«launched» tells where the AU starts (cmi5 §9.6.3.4)',
})

export type LaunchInput = z.infer<typeof launchInput>

/** A launch with its ids. */
export interface Launch extends Omit<LaunchInput, 'registration' | 'sessionId'> {
  readonly registration: string
  readonly sessionId: string
}

export function learnerOf({ actor }: LaunchInput): string {
  return identifierOf(actor) as string
}

/** cmi5 §10.2.1: the LMS's additions, and over them what cmi5 wants in it. */
function contextTemplateOf({ contextTemplate, publisherId, activityId, sessionId }: Launch): Context {
  const given = contextTemplate as Context
  const grouping = listOf(given.contextActivities?.grouping)
  // An LMS that names it nowhere has but one id for its AU.
  const publisher = publisherId ?? grouping[0]?.id ?? activityId
  const others = grouping.filter(({ id }) => id !== publisher)
  return {
    ...given,
    contextActivities: {
      ...given.contextActivities,
      grouping: [grouping.find(({ id }) => id === publisher) ?? { id: publisher }, ...others],
    },
    extensions: { ...given.extensions, [cmi5Extensions.sessionId]: sessionId },
  }
}

/** The document `LMS.LaunchData` (cmi5 §10.2). */
export function launchDataOf(launch: Launch): Record<string, unknown> {
  const { launchMode, launchMethod, launchParameters, masteryScore, moveOn, returnURL, entitlementKey } =
    launch
  const given = { launchMethod, launchParameters, masteryScore, returnURL, entitlementKey }
  return { contextTemplate: contextTemplateOf(launch), launchMode, moveOn, ...withoutUndefined(given) }
}

/** cmi5 §9.3.1, §9.6.3. Without a start URL the AU's id stands for it. */
export function launchedStatementOf(launch: Launch, id: string, at: number): Record<string, unknown> {
  const { actor, activityId, registration, url, launchMode, moveOn, masteryScore, launchParameters } = launch
  const template = contextTemplateOf(launch)
  const categories = listOf(template.contextActivities?.category).filter((one) => one.id !== CMI5_CATEGORY)
  const told = { masteryScore, launchParameters, launchMode, moveOn, launchUrl: url ?? activityId }
  const extensions = Object.entries(withoutUndefined(told)).map(([name, value]) => [
    cmi5Extensions[name as keyof typeof told],
    value,
  ])
  return {
    id,
    actor: { ...actor, objectType: 'Agent' },
    verb: { id: LAUNCHED, display: { en: 'launched' } },
    object: { objectType: 'Activity', id: activityId },
    context: {
      ...template,
      registration,
      contextActivities: { ...template.contextActivities, category: [{ id: CMI5_CATEGORY }, ...categories] },
      extensions: { ...template.extensions, ...Object.fromEntries(extensions) },
    },
    timestamp: new Date(at).toISOString(),
  }
}

/** Five parameters, in the order of cmi5 §8.1. */
export function launchParametersOf(
  { actor, registration, activityId }: Launch,
  base: string,
  token: string,
): URLSearchParams {
  return new URLSearchParams({
    endpoint: `${base}/xapi/`,
    fetch: `${base}/cmi5/fetch?token=${token}`,
    actor: JSON.stringify({ ...actor, objectType: 'Agent' }),
    registration,
    activityId,
  })
}

/** Checked only later, with the whole statement: what is no list then has its violation. */
function listOf(value: ActivityOrList | undefined) {
  return typeof value === 'object' ? listOfActivities(value) : []
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T
}
