/** The fetch URL of a cmi5 launch: one POST gives the credential of the session, once (cmi5 §8.2). */

import { hashSecret, randomSecret, secretMatches } from '../access/secrets.ts'
import type { Lrs } from '../context.ts'

/** Said with status 200, as cmi5 §8.2.1 wants it. */
export type FetchAnswer =
  | { readonly 'auth-token': string }
  | { readonly 'error-code': '1' | '2' | '3'; readonly 'error-text': string }

/** cmi5 §8.2.3.2. */
const USED: FetchAnswer = {
  'error-code': '1',
  'error-text': 'The authorization token has already been returned, or the session has expired.',
}
const INVALID: FetchAnswer = { 'error-code': '2', 'error-text': 'This fetch URL belongs to no session.' }
export const OUT_OF_ORDER: FetchAnswer = {
  'error-code': '3',
  'error-text': 'The store cannot be used right now: launch again.',
}

/** @param token as `launchSession` put it into the URL: the session's key, a dot, a secret */
export async function fetchToken(lrs: Lrs, token: string): Promise<FetchAnswer> {
  const { cmi5Sessions } = lrs.stores
  const [key = '', given = ''] = token.split('.')
  const session = await cmi5Sessions.byKey(key)
  if (!session || !secretMatches(given, lrs.keys.credentials, [session.fetchHash])) return INVALID
  const now = lrs.clock.now()
  if (now >= session.fetchBy || now >= session.expires) return USED
  const secret = randomSecret()
  const hash = hashSecret(secret, lrs.keys.credentials)
  if (!(await cmi5Sessions.open(session.tenant, session.id, hash))) return USED
  return { 'auth-token': Buffer.from(`${key}:${secret}`).toString('base64') }
}
