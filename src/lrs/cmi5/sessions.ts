/** Sessions of cmi5 after their launch: shown to the LMS, ended by it, and who they are when their content calls. */
import type { Cmi5Session } from '../../store/ports.ts'
import { type Caller, demand } from '../access/access.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'

export interface SessionView {
  readonly sessionId: string
  readonly registration: string
  readonly activityId: string
  readonly launchMode: string
  readonly created: string
  readonly expires: string
  /** Its content has fetched the credential. */
  readonly fetched: boolean
}

export async function readSession(lrs: Lrs, caller: Caller, id: string): Promise<SessionView> {
  demand(caller, 'launch cmi5 sessions')
  const session = await lrs.stores.cmi5Sessions.byId(caller.tenant, id)
  if (!session) throw unknown(id)
  return {
    sessionId: session.id,
    registration: session.registration,
    activityId: session.activity,
    launchMode: session.mode,
    created: new Date(session.created).toISOString(),
    expires: new Date(session.expires).toISOString(),
    fetched: session.secretHash !== null,
  }
}

/** From now on its credential opens nothing. */
export async function endSession(lrs: Lrs, caller: Caller, id: string): Promise<void> {
  demand(caller, 'launch cmi5 sessions')
  if (!(await lrs.stores.cmi5Sessions.remove(caller.tenant, id))) throw unknown(id)
}

function unknown(id: string): Refusal {
  return new Refusal('not-found', `there is no cmi5 session «${id}»`)
}

/** Writes as a learner's content does; reads its own statements, its state and profiles (lrs/cmi5/bounds.ts). */
export function sessionCaller(session: Cmi5Session): Caller {
  const { tenant, key, label, subAccount, id, learner, registration, activity, mode } = session
  return {
    kind: 'credential',
    tenant,
    id: key,
    key,
    label,
    purpose: 'learner',
    scopes: ['statements/write', 'statements/read/mine', 'state', 'profile'],
    ...(subAccount !== null && { subAccount }),
    session: { id, learner, registration, activity, mode },
  }
}
