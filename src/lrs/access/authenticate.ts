/** From an Authorization header to a caller: Basic key and secret, or a Bearer session token. */
import jwt from 'jsonwebtoken'
import { z } from 'zod'
import type { Credential, Role } from '../../store/ports.ts'
import { SESSION_KEY } from '../cmi5/launch-session.ts'
import { sessionCaller } from '../cmi5/sessions.ts'
import type { Lrs } from '../context.ts'
import { Refusal } from '../refusal.ts'
import type { Caller } from './access.ts'
import { hashSecret, passwordMatches, secretMatches } from './secrets.ts'

const SESSION_HOURS = 12
/** A password nobody has: an unknown e-mail costs as much time as a known one. */
const NOBODY = `scrypt$32768$8$1$${'A'.repeat(22)}$${'A'.repeat(43)}`

const claims = z.object({ sub: z.string(), tenant: z.string() })

/**
 * @param authorization the header's value
 * @throws Refusal `unauthenticated`, in the same words whether the key or the secret is wrong
 */
export async function authenticate(lrs: Lrs, authorization: string | undefined): Promise<Caller> {
  if (authorization === undefined) throw new Refusal('unauthenticated', 'credentials are required')
  const [, scheme, value] = /^(\S+) +(\S+) *$/.exec(authorization) ?? []
  if (scheme?.toLowerCase() === 'basic' && value) return await byKeyAndSecret(lrs, value)
  if (scheme?.toLowerCase() === 'bearer' && value) return await byToken(lrs, value)
  throw new Refusal('unauthenticated', 'the Authorization header must be «Basic …» or «Bearer …»')
}

/** The key half of a Basic header, for counting failed sign-ins; null when there is none. */
export function keyOf(authorization: string | undefined): string | null {
  const [, value] = /^basic +(\S+) *$/i.exec(authorization ?? '') ?? []
  return value ? (decodeBasic(value)?.key ?? null) : null
}

async function byKeyAndSecret(lrs: Lrs, value: string): Promise<Caller> {
  const given = decodeBasic(value)
  if (!given) throw new Refusal('unauthenticated', 'the Basic credentials are not base64 of «key:secret»')
  const credential = await lrs.stores.credentials.byKey(given.key)
  if (!credential && given.key.startsWith(SESSION_KEY)) return await byCmi5Session(lrs, given)
  const hashes = credential?.secretHashes ?? [hashSecret('', `${lrs.keys.credentials}?`)]
  if (!secretMatches(given.secret, lrs.keys.credentials, hashes) || !credential) {
    throw wrongSecret()
  }
  return credentialCaller(credential)
}

function wrongSecret(): Refusal {
  return new Refusal('unauthenticated', 'unknown key or wrong secret')
}

/** The credential that a fetch URL gave; it ends with its session (cmi5 §8.2.1). */
async function byCmi5Session(lrs: Lrs, given: KeyAndSecret): Promise<Caller> {
  const session = await lrs.stores.cmi5Sessions.byKey(given.key)
  const hashes = session?.secretHash ? [session.secretHash] : []
  if (!session || !secretMatches(given.secret, lrs.keys.credentials, hashes)) throw wrongSecret()
  if (lrs.clock.now() >= session.expires) {
    throw new Refusal('unauthenticated', 'this cmi5 session has expired; the LMS launches another one')
  }
  return sessionCaller(session)
}

/** A person's token is a JWT, which has dots; what a fetch URL gave may come as Bearer as well as Basic. */
function byToken(lrs: Lrs, token: string): Promise<Caller> {
  return decodeBasic(token)?.key.startsWith(SESSION_KEY) ? byKeyAndSecret(lrs, token) : bySession(lrs, token)
}

function credentialCaller(credential: Credential): Caller {
  const { tenant, id, key, label, purpose, scopes, subAccount } = credential
  const caller = { kind: 'credential' as const, tenant, id, key, label, purpose, scopes }
  return subAccount === undefined ? caller : { ...caller, subAccount }
}

interface KeyAndSecret {
  readonly key: string
  readonly secret: string
}

function decodeBasic(value: string): KeyAndSecret | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return null
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? null : { key: text.slice(0, colon), secret: text.slice(colon + 1) }
}

/** The token says who; the store says whether they are still there and what they may do now. */
async function bySession(lrs: Lrs, token: string): Promise<Caller> {
  const { sub, tenant } = claimsIn(lrs, token)
  const person = await lrs.stores.people.byId(tenant, sub)
  if (!person) throw endedSession()
  return { kind: 'person', tenant, id: person.id, email: person.email, roles: person.roles }
}

function claimsIn(lrs: Lrs, token: string): z.infer<typeof claims> {
  try {
    const payload = jwt.verify(token, lrs.keys.sessions, {
      algorithms: ['HS256'],
      clockTimestamp: Math.floor(lrs.clock.now() / 1000),
    })
    return claims.parse(payload)
  } catch (cause) {
    throw endedSession(cause)
  }
}

function endedSession(cause?: unknown): Refusal {
  return new Refusal(
    'unauthenticated',
    'the session token is not valid or has expired; sign in again',
    [],
    cause,
  )
}

export interface SignIn {
  readonly email: string
  readonly password: string
  /** Slug; may be left out while there is only one tenant (ruling 24). */
  readonly tenant?: string | undefined
}

/**
 * Signs a person in.
 * @returns a Bearer token good for 12 hours
 * @throws Refusal `unauthenticated`
 */
export async function signIn(
  lrs: Lrs,
  { email, password, tenant: slug }: SignIn,
): Promise<{ token: string; roles: readonly Role[] }> {
  const tenant = await tenantFor(lrs, slug)
  const person = tenant ? await lrs.stores.people.byEmail(tenant, email.toLowerCase()) : null
  const right = await passwordMatches(password, person?.passwordHash ?? NOBODY)
  if (!right || !person || !tenant) throw new Refusal('unauthenticated', 'unknown e-mail or wrong password')
  const now = Math.floor(lrs.clock.now() / 1000)
  const token = jwt.sign(
    { sub: person.id, tenant, iat: now, exp: now + SESSION_HOURS * 3600 },
    lrs.keys.sessions,
    { algorithm: 'HS256' },
  )
  return { token, roles: person.roles }
}

async function tenantFor(lrs: Lrs, slug: string | undefined): Promise<string | null> {
  if (slug !== undefined) return (await lrs.stores.tenants.bySlug(slug))?.id ?? null
  const tenants = await lrs.stores.tenants.list()
  if (tenants.length > 1)
    throw new Refusal('unauthenticated', 'several tenants are here: name yours as «tenant»')
  return tenants[0]?.id ?? null
}
