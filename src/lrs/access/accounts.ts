/** Tenants, credentials and people. */
import { z } from 'zod'
import type { Credential, Person, Tenant } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { parseInput } from '../parse-input.ts'
import { Refusal } from '../refusal.ts'
import { type Caller, demand, PURPOSES, ROLES, SCOPES } from './access.ts'
import { hashPassword, hashSecret, randomSecret } from './secrets.ts'

const newCredential = z.strictObject({
  label: z.string().min(1),
  purpose: z.enum(PURPOSES),
  scopes: z.array(z.enum(SCOPES)).min(1),
  subAccount: z.string().min(1).optional(),
})

const newPerson = z.strictObject({
  email: z.email().toLowerCase(),
  name: z.string().min(1).optional(),
  password: z.string().min(10, 'at least 10 characters'),
  roles: z.array(z.enum(ROLES)).min(1),
})

const newTenant = z.strictObject({
  slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes'),
  name: z.string().min(1),
})

export type CredentialView = Omit<Credential, 'secretHashes' | 'tenant' | 'created'> & {
  readonly created: string
  readonly liveSecrets: number
}
export type PersonView = Omit<Person, 'passwordHash' | 'created'> & { readonly created: string }

/** @returns the secret, this once; only its hash is kept */
export async function createCredential(
  lrs: Lrs,
  caller: Caller,
  input: unknown,
): Promise<{ id: string; key: string; secret: string }> {
  demand(caller, 'manage credentials')
  const { label, purpose, scopes, subAccount } = parseInput(newCredential, input, 'POST /credentials')
  const secret = randomSecret()
  const credential: Credential = {
    id: lrs.newId(),
    tenant: caller.tenant,
    label,
    key: `rc-${randomSecret().slice(0, 22)}`,
    secretHashes: [hashSecret(secret, lrs.keys.credentials)],
    purpose,
    scopes,
    ...(subAccount === undefined ? {} : { subAccount }),
    created: lrs.clock.now(),
  }
  await lrs.stores.credentials.create(credential)
  return { id: credential.id, key: credential.key, secret }
}

export async function listCredentials(lrs: Lrs, caller: Caller): Promise<readonly CredentialView[]> {
  demand(caller, 'manage credentials')
  const credentials = await lrs.stores.credentials.list(caller.tenant)
  return credentials.map(({ secretHashes, tenant: _, created, ...rest }) => ({
    ...rest,
    created: new Date(created).toISOString(),
    liveSecrets: secretHashes.length,
  }))
}

export async function removeCredential(lrs: Lrs, caller: Caller, id: string): Promise<void> {
  demand(caller, 'manage credentials')
  if (!(await lrs.stores.credentials.remove(caller.tenant, id))) {
    throw new Refusal('not-found', `there is no credential «${id}»`)
  }
}

const rotation = z.strictObject({ revoke: z.boolean().default(false) })

/**
 * A new secret for a credential, shown this once. The one before goes on working until `retireSecrets`, so that senders can be
 * changed one after the other; with `revoke` (it leaked) it ends at once.
 * @throws Refusal `conflict` while two are live: a third would cut off somebody nobody knows
 */
export async function rotateCredential(
  lrs: Lrs,
  caller: Caller,
  id: string,
  input: unknown,
): Promise<{ id: string; key: string; secret: string; liveSecrets: number }> {
  demand(caller, 'manage credentials')
  const { revoke } = parseInput(rotation, input, 'POST /credentials/{id}/secrets')
  const { key, secretHashes } = await credentialById(lrs, caller, id)
  if (secretHashes.length > 1 && !revoke) {
    throw new Refusal('conflict', 'two secrets are live: retire the older one first, or revoke both')
  }
  const secret = randomSecret()
  const live = [hashSecret(secret, lrs.keys.credentials), ...(revoke ? [] : secretHashes)]
  await lrs.stores.credentials.setSecrets(caller.tenant, id, live)
  return { id, key, secret, liveSecrets: live.length }
}

/** Ends a rotation: only the newest secret goes on working. */
export async function retireSecrets(lrs: Lrs, caller: Caller, id: string): Promise<void> {
  demand(caller, 'manage credentials')
  const { secretHashes } = await credentialById(lrs, caller, id)
  await lrs.stores.credentials.setSecrets(caller.tenant, id, secretHashes.slice(0, 1))
}

async function credentialById(lrs: Lrs, caller: Caller, id: string): Promise<Credential> {
  const found = (await lrs.stores.credentials.list(caller.tenant)).find((one) => one.id === id)
  if (!found) throw new Refusal('not-found', `there is no credential «${id}»`)
  return found
}

export async function createPerson(lrs: Lrs, caller: Caller, input: unknown): Promise<PersonView> {
  demand(caller, 'manage people')
  const { email, name, password, roles } = parseInput(newPerson, input, 'POST /users')
  const person: Person = {
    id: lrs.newId(),
    email,
    name: name ?? email,
    roles,
    passwordHash: await hashPassword(password),
    created: lrs.clock.now(),
  }
  if ((await lrs.stores.people.create(caller.tenant, person)) === 'taken') {
    throw new Refusal('conflict', `${email} is a user already`)
  }
  return personView(person)
}

export async function listPeople(lrs: Lrs, caller: Caller): Promise<readonly PersonView[]> {
  demand(caller, 'manage people')
  return (await lrs.stores.people.list(caller.tenant)).map(personView)
}

export async function removePerson(lrs: Lrs, caller: Caller, id: string): Promise<void> {
  demand(caller, 'manage people')
  if (!(await lrs.stores.people.remove(caller.tenant, id)))
    throw new Refusal('not-found', `there is no user «${id}»`)
}

function personView({ passwordHash: _, created, ...rest }: Person): PersonView {
  return { ...rest, created: new Date(created).toISOString() }
}

/** Only for the operator at the command line: no caller of one tenant makes another. */
export async function createTenant(lrs: Lrs, input: unknown): Promise<Tenant> {
  const { slug, name } = parseInput(newTenant, input, 'tenant')
  const tenant: Tenant = { id: lrs.newId(), slug, name, created: lrs.clock.now() }
  if ((await lrs.stores.tenants.create(tenant)) === 'taken') {
    throw new Refusal('conflict', `a tenant «${slug}» exists already`)
  }
  return tenant
}

/** The operator at the command line acts for a tenant with every right a person can have. */
export function operatorOf(tenant: Tenant): Caller {
  return { kind: 'person', tenant: tenant.id, id: 'operator', email: 'operator', roles: ['admin'] }
}
