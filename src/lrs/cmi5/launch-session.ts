/** An LMS launches an AU of cmi5: the session with its credential, and what is written before the AU starts (cmi5 §6, §8). */
import { checkStatement } from '../../xapi/check-statement.ts'
import { activitySubject } from '../../xapi/description.ts'
import type { Violation } from '../../xapi/types.ts'
import { type Caller, demand } from '../access/access.ts'
import { hashSecret, randomSecret } from '../access/secrets.ts'
import type { Lrs } from '../context.ts'
import { addLaunches } from '../feeds.ts'
import { parseInput } from '../parse-input.ts'
import { malformed, Refusal } from '../refusal.ts'
import { writeDocument } from '../statements/documents.ts'
import { storeStatements } from '../statements/store-statements.ts'
import { LAUNCH_DATA } from './bounds.ts'
import {
  type Launch,
  launchDataOf,
  launchedStatementOf,
  launchInput,
  launchParametersOf,
  learnerOf,
} from './launch-input.ts'

/** What begins so is a session's key. */
export const SESSION_KEY = 'cmi5-'

const FETCH_MS = 3_600_000
/** A fetch URL of a session that ended says so this long; then it is unknown. */
const KEPT_MS = 7 * 24 * 3_600_000
const PRUNED_AT_ONCE = 50

export interface Launched {
  readonly sessionId: string
  readonly registration: string
  readonly activityId: string
  readonly launchMode: string
  readonly endpoint: string
  readonly fetch: string
  readonly actor: unknown
  /** The query of the launch URL, encoded. */
  readonly parameters: string
  /** Where the learner's browser is sent; null when the start of the AU was not given. */
  readonly launchUrl: string | null
  /** As written to the State resource: the document LMS.LaunchData (cmi5 §10). */
  readonly launchData: Record<string, unknown>
  /** Id of the statement, if it was asked for. */
  readonly launched: string | null
  readonly expires: string
}

/**
 * Makes the session, and says to the meter in which mode it is (ruling 21): a Browse session never counts.
 * @param base address of this server as clients reach it
 * @throws Refusal `conflict` when the session id is taken; nothing is written then
 */
export async function launchSession(
  lrs: Lrs,
  caller: Caller,
  input: unknown,
  base: string,
): Promise<Launched> {
  demand(caller, 'launch cmi5 sessions')
  const given = parseInput(launchInput, input, 'POST /cmi5/sessions, cmi5 §8.1')
  const launch: Launch = {
    ...given,
    registration: given.registration ?? lrs.newId(),
    sessionId: given.sessionId ?? lrs.newId(),
  }
  const at = lrs.clock.now()
  refuseBadTemplate(launch)
  const statement = launchedStatementOf(launch, lrs.newId(), at)
  refuseBadStatement(statement)
  const expires = at + launch.expiresIn * 1000
  const { key, token } = await createSession(lrs, caller, launch, { at, expires })
  try {
    await writeLaunchData(lrs, caller, launch)
    await tellMeter(lrs, caller, launch)
    if (launch.launched) await writeLaunched(lrs, caller, statement)
  } catch (error) {
    // Its token was shown to nobody: the LMS may launch again under the same id.
    await lrs.stores.cmi5Sessions.remove(caller.tenant, launch.sessionId)
    throw error
  }
  await lrs.stores.cmi5Sessions.prune(caller.tenant, at - KEPT_MS, PRUNED_AT_ONCE)
  return answerOf(launch, {
    base,
    token: `${key}.${token}`,
    expires,
    statement: launch.launched ? statement : null,
  })
}

interface Times {
  readonly at: number
  readonly expires: number
}

async function createSession(lrs: Lrs, caller: Caller, launch: Launch, { at, expires }: Times) {
  const key = `${SESSION_KEY}${randomSecret().slice(0, 22)}`
  const token = randomSecret()
  const made = await lrs.stores.cmi5Sessions.create({
    tenant: caller.tenant,
    id: launch.sessionId,
    key,
    label: caller.kind === 'credential' ? caller.label : 'cmi5',
    subAccount: (caller.kind === 'credential' && caller.subAccount) || null,
    learner: learnerOf(launch),
    registration: launch.registration,
    activity: launch.activityId,
    mode: launch.launchMode,
    created: at,
    expires,
    fetchHash: hashSecret(token, lrs.keys.credentials),
    fetchBy: Math.min(at + FETCH_MS, expires),
    secretHash: null,
  })
  if (made === 'created') return { key, token }
  throw new Refusal('conflict', `there is a session «${launch.sessionId}» already: each launch has its own`)
}

/** Before the AU starts (cmi5 §10.1). Whoever may launch may write this one document, whatever else they may. */
async function writeLaunchData(lrs: Lrs, { tenant, id }: Caller, launch: Launch): Promise<void> {
  const { activityId, registration } = launch
  const writer = {
    kind: 'credential',
    tenant,
    id,
    key: id,
    label: 'cmi5',
    purpose: 'lms',
    scopes: ['state'],
  } as const
  const place = {
    resource: 'state',
    activity: activitySubject(activityId),
    agent: learnerOf(launch),
    registration,
    id: LAUNCH_DATA,
  } as const
  await writeDocument(
    lrs,
    writer,
    { place, activityId },
    {
      method: 'PUT',
      resource: 'state',
      // Each launch of a registration replaces the launch data of the one before; 2.0 would ask for a precondition.
      version: '1.0.3',
      body: new TextEncoder().encode(JSON.stringify(launchDataOf(launch))),
      contentType: 'application/json',
    },
  )
}

/** The launch data have told the mode; this says where the launch came from as well. Of one session the later record holds. */
function tellMeter(lrs: Lrs, caller: Caller, launch: Launch): Promise<unknown> {
  const { sessionId: session, actor, origin, launchMode: mode } = launch
  const at = lrs.clock.now() + 1
  return addLaunches(lrs, caller, { session, learner: actor, origin, mode, at: new Date(at).toISOString() })
}

async function writeLaunched(lrs: Lrs, caller: Caller, statement: Record<string, unknown>): Promise<void> {
  const bytes = new TextEncoder().encode(JSON.stringify(statement))
  await storeStatements(lrs, caller, { bytes, version: '1.0.3' })
}

/** The additions of the LMS are part of every statement to come, so they are held to the standard now, before they are read. */
function refuseBadTemplate({ contextTemplate, ...launch }: Launch): void {
  refuseBadStatement({
    ...launchedStatementOf({ ...launch, contextTemplate: {} }, launch.registration, 0),
    context: contextTemplate,
  })
}

function refuseBadStatement(statement: Record<string, unknown>): void {
  const violations = checkStatement(JSON.parse(JSON.stringify(statement)), '1.0.3')
  if (violations.length > 0) throw malformed(violations.map(inTemplate))
}

function inTemplate({ path, ...rest }: Violation): Violation {
  return { ...rest, path: path.replace(/^\$\.context(?=\W|$)/, '$.contextTemplate') }
}

interface Made {
  readonly base: string
  readonly token: string
  readonly expires: number
  readonly statement: Record<string, unknown> | null
}

function answerOf(launch: Launch, { base, token, expires, statement }: Made): Launched {
  const parameters = launchParametersOf(launch, base, token)
  return {
    sessionId: launch.sessionId,
    registration: launch.registration,
    activityId: launch.activityId,
    launchMode: launch.launchMode,
    endpoint: parameters.get('endpoint') as string,
    fetch: parameters.get('fetch') as string,
    actor: JSON.parse(parameters.get('actor') as string),
    parameters: String(parameters),
    launchUrl: launch.url === undefined ? null : withQuery(launch.url, parameters),
    launchData: launchDataOf(launch),
    launched: statement === null ? null : (statement.id as string),
    expires: new Date(expires).toISOString(),
  }
}

/** What the URL asks already stays, before the five parameters (cmi5 §8.1). */
function withQuery(url: string, parameters: URLSearchParams): string {
  const whole = new URL(url)
  whole.search = [whole.search.slice(1), String(parameters)].filter((part) => part !== '').join('&')
  return whole.href
}
