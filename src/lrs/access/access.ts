/** Who calls, and what they may do. */
import type { LaunchMode, Purpose } from '../../attempts/fact.ts'
import type { Role, TenantId } from '../../store/ports.ts'
import { Refusal } from '../refusal.ts'

/** Scopes of xAPI resources (1.0.3 Communication §4.0, 2.0.0 §4.1.11) and of our API (ruling 22). */
export const SCOPES = [
  'statements/write',
  'statements/read/mine',
  'statements/read',
  'state',
  'profile',
  'define',
  'all/read',
  'all',
  'elements',
  'aliases',
  'learners',
  'launches',
  'reports',
] as const
export type Scope = (typeof SCOPES)[number]

export const PURPOSES = ['learner', 'preview', 'lms', 'report'] as const satisfies readonly Purpose[]
export const ROLES = ['admin', 'licence', 'compliance', 'integrator'] as const satisfies readonly Role[]

/** What a cmi5 session was launched for, and all that its content may touch. */
export interface SessionBounds {
  readonly id: string
  /** Canonical identifier. */
  readonly learner: string
  /** Lower case. */
  readonly registration: string
  readonly activity: string
  readonly mode: LaunchMode
}

export interface CredentialCaller {
  readonly kind: 'credential'
  readonly tenant: TenantId
  readonly id: string
  readonly key: string
  readonly label: string
  readonly purpose: Purpose
  readonly scopes: readonly string[]
  /** The content of one cmi5 launch (lrs/cmi5/bounds.ts). */
  readonly session?: SessionBounds
  /** Ruling 7: written into the facts of what it sends. */
  readonly subAccount?: string
}

interface PersonCaller {
  readonly kind: 'person'
  readonly tenant: TenantId
  readonly id: string
  readonly email: string
  readonly roles: readonly Role[]
}

export type Caller = CredentialCaller | PersonCaller

/** What an operation asks for. One row says who has it: scopes of credentials, roles of people (admin has everything). */
interface Grant {
  readonly scopes: readonly Scope[]
  readonly purposes?: readonly Purpose[]
  readonly roles: readonly Role[]
}

const GRANTS = {
  'write statements': { scopes: ['statements/write', 'all'], roles: [] },
  'read statements': { scopes: ['statements/read', 'all/read', 'all'], roles: ['compliance'] },
  'read own statements': {
    scopes: ['statements/read/mine', 'statements/read', 'all/read', 'all'],
    roles: ['compliance'],
  },
  'read state': { scopes: ['state', 'all/read', 'all'], roles: ['compliance'] },
  'write state': { scopes: ['state', 'all'], roles: [] },
  'read profiles': { scopes: ['profile', 'all/read', 'all'], roles: ['compliance'] },
  'write profiles': { scopes: ['profile', 'all'], roles: [] },
  /** Whoever reads statements, or works with documents, may know what they are about. */
  'look up activities and agents': {
    scopes: ['statements/read/mine', 'statements/read', 'state', 'profile', 'define', 'all/read', 'all'],
    roles: ['compliance'],
  },
  /** Ruling 20. */
  'see merged identities': { scopes: ['all/read', 'all'], roles: ['compliance'] },
  /** What a statement says of Activities and Agents is kept only of who may say it (1.0.3 Communication §4.0). */
  'define activities': { scopes: ['define', 'all'], roles: [] },
  'check statements': { scopes: ['statements/write', 'all'], roles: ['integrator', 'compliance', 'licence'] },
  'manage elements': { scopes: ['elements'], roles: ['integrator'] },
  'manage aliases': { scopes: ['aliases'], roles: ['integrator'] },
  'manage learners': { scopes: ['learners'], roles: ['integrator'] },
  /** Ruling 21: only a credential of purpose `lms` may say where a launch came from. */
  'record launches': { scopes: ['launches', 'all'], purposes: ['lms'], roles: ['integrator'] },
  /** Physically deleted attempts are gone for ever (A24). */
  'delete attempts': { scopes: [], roles: ['compliance'] },
  'launch cmi5 sessions': { scopes: ['launches', 'all'], purposes: ['lms'], roles: ['integrator'] },
  'read reports': { scopes: ['reports'], roles: ['licence', 'compliance', 'integrator'] },
  'manage policies': { scopes: [], roles: ['licence'] },
  'close windows': { scopes: [], roles: ['licence'] },
  'adjust counts': { scopes: [], roles: ['licence'] },
  'dispute counts': { scopes: [], roles: ['licence', 'compliance', 'integrator'] },
  'manage webhooks': { scopes: [], roles: ['licence', 'integrator'] },
  'read acts': { scopes: [], roles: ['licence', 'compliance'] },
  'manage credentials': { scopes: [], roles: ['integrator'] },
  'manage people': { scopes: [], roles: [] },
} as const satisfies Record<string, Grant>

export type Permission = keyof typeof GRANTS

export function may(caller: Caller, permission: Permission): boolean {
  const grant: Grant = GRANTS[permission]
  if (caller.kind === 'person') {
    return caller.roles.includes('admin') || grant.roles.some((role) => caller.roles.includes(role))
  }
  if (grant.purposes && !grant.purposes.includes(caller.purpose)) return false
  return grant.scopes.some((scope) => caller.scopes.includes(scope))
}

/** @throws Refusal `forbidden` that says which scope or role is missing. */
export function demand(caller: Caller, permission: Permission): void {
  if (may(caller, permission)) return
  const grant: Grant = GRANTS[permission]
  const needs =
    caller.kind === 'credential'
      ? [
          ...(grant.purposes ? [`purpose ${grant.purposes.join(' or ')}`] : []),
          grant.scopes.length > 0 ? `one of the scopes ${grant.scopes.join(', ')}` : 'a person’s session',
        ].join(' and ')
      : `one of the roles ${['admin', ...grant.roles].join(', ')}`
  throw new Refusal('forbidden', `this ${caller.kind} may not ${permission}: it needs ${needs}`)
}

/** May void statements of other credentials (ruling 23). */
export function voidsOthers(caller: CredentialCaller): boolean {
  return caller.purpose === 'lms' || caller.scopes.includes('all')
}

/** The credential behind a statement: people read, credentials write. */
export function credentialOf(caller: Caller): CredentialCaller {
  if (caller.kind === 'credential') return caller
  throw new Refusal('forbidden', 'statements are written with a credential, not with a person’s session')
}
