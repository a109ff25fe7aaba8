/** The first start of an installation: a tenant, an administrator and a learner credential, printed once. */
import type { Lease } from '../../store/ports.ts'
import type { Lrs } from '../context.ts'
import { hashPassword, hashSecret, randomSecret } from './secrets.ts'

const FIRST = { id: 'main', slug: 'main', name: 'Main' }

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

const LEASE = 'first-start'
const LEASE_MS = 5_000

/**
 * The tenant comes last: a start that was killed in between has made nothing that counts, and the next one does it again.
 * @returns what was made, to be shown this once; null when the installation exists already
 */
export async function firstStart(lrs: Lrs, given: Given): Promise<FirstStart | null> {
  const { stores } = lrs
  let lease: Lease | null = null
  while (!lease) {
    if ((await stores.tenants.list()).length > 0) return null
    lease = await stores.leases.acquire(LEASE, lrs.newId(), LEASE_MS)
    // Another process is at it, or was and has been killed: its lease runs out.
    if (!lease) await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const made: FirstStart = {
    email: (given.email ?? 'admin@rollcall.local').toLowerCase(),
    password: given.password ?? randomSecret().slice(0, 20),
    key: given.key ?? `rc-${randomSecret().slice(0, 22)}`,
    secret: given.secret ?? randomSecret(),
  }
  await makeAgain(lrs, made, await hashPassword(made.password))
  await stores.tenants.create({ ...FIRST, created: lrs.clock.now() })
  await stores.leases.release(lease)
  return made
}

/** What an earlier start left behind is replaced: nobody has seen its secrets. */
async function makeAgain(lrs: Lrs, { email, key, secret }: FirstStart, passwordHash: string): Promise<void> {
  const { people, credentials } = lrs.stores
  const created = lrs.clock.now()
  for (const { id } of await people.list(FIRST.id)) await people.remove(FIRST.id, id)
  for (const { id } of await credentials.list(FIRST.id)) await credentials.remove(FIRST.id, id)
  const administrator = { id: lrs.newId(), email, name: 'Administrator', passwordHash, created }
  await people.create(FIRST.id, { ...administrator, roles: ['admin'] })
  await credentials.create({
    id: lrs.newId(),
    tenant: FIRST.id,
    label: 'First credential',
    key,
    secretHashes: [hashSecret(secret, lrs.keys.credentials)],
    purpose: 'learner',
    scopes: ['all'],
    created,
  })
}
