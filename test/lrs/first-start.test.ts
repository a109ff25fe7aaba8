import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { newSigningKey } from '../../src/evidence/seal.ts'
import { authenticate, signIn } from '../../src/lrs/access/authenticate.ts'
import { firstStart } from '../../src/lrs/access/first-start.ts'
import type { Lrs } from '../../src/lrs/context.ts'
import { createCatalogues } from '../../src/lrs/counting/catalogue.ts'
import type { Stores } from '../../src/store/ports.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { basic } from '../harness/running.ts'

let directory: string
let stores: Stores
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'rollcall-first-'))
  stores = await openSqlite({ directory, clock: systemClock(), readers: 1 })
})
afterEach(async () => {
  await stores.close()
  rmSync(directory, { recursive: true, force: true })
})

function lrsOn(some: Stores): Lrs {
  const keys = { credentials: 'a', sessions: 'b', cursors: 'c', signing: newSigningKey() }
  const catalogueOf = createCatalogues(some)
  const wake = () => undefined
  return {
    stores: some,
    clock: systemClock(),
    catalogueOf,
    newId: randomUUID,
    keys,
    home: 'http://localhost',
    wake,
  }
}

it('makes an administrator and a credential that work, once', async () => {
  const lrs = lrsOn(stores)
  const made = await firstStart(lrs, {})
  if (!made) throw new Error('nothing was made')
  expect(await signIn(lrs, made)).toMatchObject({ roles: ['admin'] })
  expect(await authenticate(lrs, basic(made.key, made.secret))).toMatchObject({
    purpose: 'learner',
    scopes: ['all'],
  })
  expect(await firstStart(lrs, {})).toBeNull()
})

it.each(['people', 'credentials', 'tenants'] as const)(
  'that was cut off before %s is made again by the next',
  async (port) => {
    const cut = { ...stores, [port]: { ...stores[port], create: () => Promise.reject(new Error('killed')) } }
    const given = {
      key: 'the-key',
      secret: 'the-secret',
      email: 'you@example.org',
      password: 'first password',
    }
    await expect(firstStart(lrsOn(cut), given)).rejects.toThrow('killed')
    const lrs = lrsOn({
      ...stores,
      leases: { ...stores.leases, acquire: async (name, holder) => ({ name, holder, fence: 1 }) },
    })
    const again = await firstStart(lrs, { ...given, password: 'second password' })
    expect(again).toMatchObject({ key: 'the-key', password: 'second password' })
    expect(await signIn(lrs, { email: given.email, password: 'second password' })).toMatchObject({
      roles: ['admin'],
    })
    expect(await stores.credentials.byKey('the-key')).toMatchObject({ scopes: ['all'] })
  },
)
