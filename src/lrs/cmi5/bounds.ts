/**
 * What the content of a cmi5 session may touch: what its own launch is about, and nothing else. A key that leaked from a page is
 * worth one learner's session.
 */
import { identifierOf } from '../../xapi/actor.ts'
import { checkAgent } from '../../xapi/check-statement.ts'
import { isCmi5Defined } from '../../xapi/cmi5/check-cmi5.ts'
import { cmi5Extensions, cmi5VerbOf, LMS_VERBS } from '../../xapi/cmi5/vocabulary.ts'
import { canonicalIri } from '../../xapi/iri.ts'
import { readJson } from '../../xapi/json.ts'
import { activityOf } from '../../xapi/parts.ts'
import type { Agent, Statement } from '../../xapi/types.ts'
import { voidedId } from '../../xapi/voiding.ts'
import type { SessionBounds } from '../access/access.ts'
import { Refusal } from '../refusal.ts'
import type { ReceivedStatement } from '../statements/read-statements.ts'

/** The document the LMS wrote for the AU: it must not change or delete it (cmi5 §10.2.1). */
export const LAUNCH_DATA = 'LMS.LaunchData'

function outside(path: string, message: string, clause: string): Refusal {
  const violation = { path, message, requirement: `cmi5 §${clause}` }
  return new Refusal('forbidden', `${path}: ${message}`, [violation])
}

/** @throws Refusal `forbidden`: the first statement that is not of this session */
export function refuseOutside(bounds: SessionBounds, received: readonly ReceivedStatement[]): void {
  for (const { statement, path } of received) {
    if (voidedId(statement) !== null) throw outside(`${path}.verb.id`, 'an AU voids nothing', '6.3')
    if (!isAgentOf(bounds, statement.actor))
      throw outside(`${path}.actor`, 'is not the learner of this session', '8.1.3')
    const { registration, extensions } = statement.context ?? {}
    if (registration?.toLowerCase() !== bounds.registration)
      throw outside(`${path}.context.registration`, 'is not the registration of this session', '9.6.1')
    if (extensions?.[cmi5Extensions.sessionId] !== bounds.id)
      throw outside(`${path}.context.extensions`, 'the session id is not that of this session', '9.6.3.1')
    if (isCmi5Defined(statement)) refuseForeignUnit(bounds, statement, path)
  }
}

/** A Group may bear the learner's account as well; it is somebody else. */
function isAgentOf({ learner }: SessionBounds, actor: Statement['actor']): boolean {
  return actor.objectType !== 'Group' && identifierOf(actor) === learner
}

function refuseForeignUnit(bounds: SessionBounds, { object, verb }: Statement, path: string): void {
  const said = cmi5VerbOf(verb.id)
  if (said !== null && LMS_VERBS.has(said))
    throw outside(`${path}.verb.id`, `«${said}» is written by the LMS`, '9.3')
  const unit = activityOf(object)?.id
  if (unit === undefined || canonicalIri(unit) !== canonicalIri(bounds.activity))
    throw outside(`${path}.object.id`, 'is not the activityId of this launch', '8.1.5')
}

/** What a request asks of a resource other than statements. */
export interface ResourceRequest {
  /** Of the standard, like `/activities/state`. */
  readonly resource: string
  readonly reads: boolean
  readonly parameters: URLSearchParams
}

/** @throws Refusal `forbidden` */
export function refuseForeignResource(bounds: SessionBounds, request: ResourceRequest): void {
  switch (request.resource) {
    case '/activities/state':
      refuseForeignState(bounds, request)
      return
    case '/agents/profile':
    case '/activities/profile':
      if (!request.reads) throw outside('method', 'the LMS writes profiles; an AU reads them', '11.0')
      break
  }
  refuseForeignNames(bounds, request.parameters)
}

function refuseForeignState(bounds: SessionBounds, { reads, parameters }: ResourceRequest): void {
  refuseForeignNames(bounds, parameters)
  if (parameters.get('registration')?.toLowerCase() !== bounds.registration)
    throw outside('?registration', 'must be the registration of this session', '8.1.4')
  const state = parameters.get('stateId')
  if (!reads && (state === null || state === LAUNCH_DATA))
    throw outside('?stateId', `${LAUNCH_DATA} is the LMS’s: an AU must not change or delete it`, '10.2.1')
}

function refuseForeignNames({ learner, activity }: SessionBounds, parameters: URLSearchParams): void {
  const agent = parameters.get('agent')
  if (agent !== null && learnerIn(agent) !== learner)
    throw outside('?agent', 'is not the learner of this session', '8.1.3')
  const unit = parameters.get('activityId')
  if (unit !== null && canonicalIri(unit) !== canonicalIri(activity))
    throw outside('?activityId', 'is not the activityId of this launch', '8.1.5')
}

function learnerIn(text: string): string | null {
  const json = readJson(new TextEncoder().encode(text))
  if ('violation' in json || checkAgent(json.value).length > 0) return null
  return identifierOf(json.value as Agent)
}
