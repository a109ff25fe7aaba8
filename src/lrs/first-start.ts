/** The first start of an installation: a tenant, an administrator and a learner credential, printed once. */
import type { Lrs } from './context.ts'
import { hashPassword, hashSecret, randomSecret } from './secrets.ts'

export interface FirstStart {
  readonly email: string
  readonly password: string
  readonly key: string
  readonly secret: string
}

export interface Given {
  readonly email?: string | undefined
  readonly password?: string | undefined
  readonly key?: string | undefined
  readonly secret?: string | undefined
}

/** @returns what was made, to be shown this once; null when the installation exists already */
export async function firstStart(lrs: Lrs, given: Given): Promise<FirstStart | null> {
  if ((await lrs.stores.tenants.list()).length > 0) return null
  const made: FirstStart = {
    email: (given.email ?? 'admin@rollcall.local').toLowerCase(),
    password: given.password ?? randomSecret().slice(0, 20),
    key: given.key ?? `rc-${randomSecret().slice(0, 22)}`,
    secret: given.secret ?? randomSecret(),
  }
  const created = lrs.clock.now()
  const tenant = { id: lrs.newId(), slug: 'main', name: 'Main', created }
  if ((await lrs.stores.tenants.create(tenant)) === 'taken') return null
  await lrs.stores.people.create(tenant.id, {
    id: lrs.newId(),
    email: made.email,
    name: 'Administrator',
    roles: ['admin'],
    passwordHash: await hashPassword(made.password),
    created,
  })
  await lrs.stores.credentials.create({
    id: lrs.newId(),
    tenant: tenant.id,
    label: 'First credential',
    key: made.key,
    secretHashes: [hashSecret(made.secret, lrs.keys.credentials)],
    purpose: 'learner',
    scopes: ['all'],
    created,
  })
  return made
}
