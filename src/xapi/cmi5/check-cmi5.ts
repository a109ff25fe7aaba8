/**
 * What cmi5 asks of a statement with its category, beside what xAPI asks of every statement (cmi5 §9). Only what one statement
 * tells: order and repetition of verbs within a session or registration are not looked at.
 */
import { activityOf, listOfActivities } from '../parts.ts'
import type { Result, Statement, Violation } from '../types.ts'
import {
  CMI5_CATEGORY,
  type Cmi5Verb,
  cmi5Extensions,
  cmi5ResultExtensions,
  cmi5Types,
  cmi5VerbOf,
  MOVE_ON_CATEGORY,
} from './vocabulary.ts'

/** «cmi5 defined» (cmi5 §7.1.3): it bears the category. */
export function isCmi5Defined(statement: Statement): boolean {
  return hasCategory(statement, CMI5_CATEGORY)
}

function hasCategory({ context }: Statement, id: string): boolean {
  return listOfActivities(context?.contextActivities?.category).some((one) => one.id === id)
}

type Rule = (statement: Statement, verb: Cmi5Verb) => Violation | null

/** @returns null when it holds */
function unless(holds: boolean, path: string, message: string, clause: string): Violation | null {
  return holds ? null : { path, message, requirement: `cmi5 §${clause}` }
}

const identified: Rule = ({ id }) =>
  unless(id !== undefined, '.id', 'an AU gives each statement its id', '9.1')

const account: Rule = ({ actor }) =>
  unless(
    actor.objectType !== 'Group' && actor.account !== undefined,
    '.actor',
    'must be an Agent with an account',
    '9.2',
  )

const object: Rule = ({ object: given }) =>
  unless(activityOf(given) !== null, '.object', 'must be an Activity', '9.4')

const registered: Rule = ({ context }) =>
  unless(context?.registration !== undefined, '.context.registration', 'is missing', '9.6.1')

const ofSession: Rule = ({ context }) => {
  const given = context?.extensions?.[cmi5Extensions.sessionId]
  const path = `.context.extensions['${cmi5Extensions.sessionId}']`
  return unless(typeof given === 'string' && given !== '', path, 'must be the session id, as text', '9.6.3.1')
}

/** The LMS generates block and course, so it need not name a publisher id with them. */
const grouped: Rule = ({ context }, verb) =>
  unless(
    verb === 'satisfied' || listOfActivities(context?.contextActivities?.grouping).length > 0,
    '.context.contextActivities.grouping',
    'must hold the publisher id of the AU, from the contextTemplate',
    '9.6.2.3',
  )

const inUtc: Rule = ({ timestamp }) =>
  unless(
    timestamp !== undefined && /(z|[+]00(:?00)?)$/i.test(timestamp),
    '.timestamp',
    'must be given, in UTC',
    '9.7',
  )

/** What the verb demands of a member of the result: this value, or that there is none. */
function demanded(
  member: 'success' | 'completion',
  values: Readonly<Partial<Record<Cmi5Verb, boolean>>>,
  clause: string,
): Rule {
  return ({ result }, verb) => {
    const wanted = values[verb]
    const message = wanted === undefined ? `has no place in «${verb}»` : `must be ${wanted} in «${verb}»`
    return unless(result?.[member] === wanted, `.result.${member}`, message, clause)
  }
}

const SCORED: ReadonlySet<Cmi5Verb> = new Set(['passed', 'failed'])
const TIMED: ReadonlySet<Cmi5Verb> = new Set(['terminated', 'completed', 'passed', 'failed', 'abandoned'])

const scored: Rule = ({ result }, verb) =>
  unless(
    SCORED.has(verb) || result?.score === undefined,
    '.result.score',
    `has no place in «${verb}»`,
    '9.5.1',
  )

const scaled: Rule = ({ result }) => {
  const given = result?.score?.scaled
  return unless(given === undefined || given >= 0, '.result.score.scaled', 'must be 0 to 1', '9.5.1')
}

const rawBetween: Rule = ({ result }) => {
  const { raw, min, max } = result?.score ?? {}
  const holds = raw === undefined || (min !== undefined && max !== undefined)
  return unless(holds, '.result.score', 'raw needs min and max', '9.5.1')
}

const timed: Rule = ({ result }, verb) =>
  unless(
    !TIMED.has(verb) || result?.duration !== undefined,
    '.result.duration',
    `is missing in «${verb}»`,
    '9.5.4',
  )

const progress: Rule = ({ result }) => {
  const given = result?.extensions?.[cmi5ResultExtensions.progress]
  const holds =
    given === undefined || (Number.isInteger(given) && (given as number) >= 0 && (given as number) <= 100)
  const path = `.result.extensions['${cmi5ResultExtensions.progress}']`
  return unless(holds, path, 'must be a whole number from 0 to 100', '9.5.5.1')
}

const reasoned: Rule = ({ result }, verb) =>
  unless(
    verb !== 'waived' || typeof result?.extensions?.[cmi5ResultExtensions.reason] === 'string',
    `.result.extensions['${cmi5ResultExtensions.reason}']`,
    'says why the AU was waived, and is missing',
    '9.5.5.2',
  )

const judges = (result: Result | undefined): boolean =>
  result?.success !== undefined || result?.completion !== undefined

const movesOn: Rule = (statement) => {
  const wanted = judges(statement.result)
  const message = wanted
    ? `needs the category ${MOVE_ON_CATEGORY}: the result has success or completion`
    : `must not hold ${MOVE_ON_CATEGORY}: the result has neither success nor completion`
  return unless(
    hasCategory(statement, MOVE_ON_CATEGORY) === wanted,
    '.context.contextActivities.category',
    message,
    '9.6.2.2',
  )
}

const LAUNCH_MEMBERS = ['launchMode', 'launchUrl', 'moveOn'] as const

const launched: Rule = ({ context }, verb) => {
  if (verb !== 'launched') return null
  const missing = LAUNCH_MEMBERS.find((name) => context?.extensions?.[cmi5Extensions[name]] === undefined)
  if (missing === undefined) return null
  const path = `.context.extensions['${cmi5Extensions[missing]}']`
  return unless(false, path, 'belongs to «launched» and is missing', '9.6.3')
}

const masteryScore: Rule = ({ context }) => {
  const given = context?.extensions?.[cmi5Extensions.masteryScore]
  const holds = given === undefined || (typeof given === 'number' && given >= 0 && given <= 1)
  const path = `.context.extensions['${cmi5Extensions.masteryScore}']`
  return unless(holds, path, 'must be a number from 0 to 1', '9.6.3.2')
}

/** «passed» needs at least the mastery score, «failed» less (cmi5 §9.3.4, §9.3.5). */
const mastered: Rule = ({ context, result }, verb) => {
  const least = context?.extensions?.[cmi5Extensions.masteryScore]
  const given = result?.score?.scaled
  if (!SCORED.has(verb) || typeof least !== 'number' || given === undefined) return null
  const [holds, clause] = verb === 'passed' ? [given >= least, '9.3.4'] : [given < least, '9.3.5']
  return unless(
    holds,
    '.result.score.scaled',
    `${given} is not «${verb}» with a mastery score of ${least}`,
    clause,
  )
}

const satisfied: Rule = ({ object: given }, verb) => {
  const type = activityOf(given)?.definition?.type
  const holds = verb !== 'satisfied' || type === cmi5Types.block || type === cmi5Types.course
  return unless(holds, '.object.definition.type', 'must be a block or a course of cmi5', '9.4')
}

const RULES: readonly Rule[] = [
  identified,
  account,
  object,
  registered,
  ofSession,
  grouped,
  inUtc,
  scored,
  scaled,
  rawBetween,
  demanded('success', { passed: true, waived: true, failed: false }, '9.5.2'),
  demanded('completion', { completed: true, waived: true }, '9.5.3'),
  timed,
  progress,
  reasoned,
  movesOn,
  launched,
  masteryScore,
  mastered,
  satisfied,
]

/**
 * @param statement valid xAPI
 * @param path where it stands in the request
 * @returns every clause it breaks; none for a statement without the category
 */
export function checkCmi5(statement: Statement, path = '$'): readonly Violation[] {
  if (!isCmi5Defined(statement)) return []
  const verb = cmi5VerbOf(statement.verb.id)
  if (verb === null) {
    const message = 'is no verb of cmi5: a statement with another one leaves the category out'
    return [{ path: `${path}.verb.id`, message, requirement: 'cmi5 §7.1.3' }]
  }
  return RULES.flatMap((rule) => rule(statement, verb) ?? []).map((one) => ({
    ...one,
    path: path + one.path,
  }))
}
