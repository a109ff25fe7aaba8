import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { accountStoresContract } from '../contract/account-stores.ts'
import { activityStoreContract } from '../contract/activity-store.ts'
import { cmi5SessionStoreContract } from '../contract/cmi5-session-store.ts'
import { documentStoreContract } from '../contract/document-store.ts'
import { elementStoreContract } from '../contract/element-store.ts'
import { identityStoreContract } from '../contract/identity-store.ts'
import { leaseStoreContract } from '../contract/lease-store.ts'
import { meteringStoreContract } from '../contract/metering-store.ts'
import type { Opened } from '../contract/opened.ts'
import { profileStoreContract } from '../contract/profile-store.ts'
import { removalStoreContract } from '../contract/removal-store.ts'
import { tenantStoreContract } from '../contract/tenant-store.ts'

async function open(): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-accounts-'))
  const stores = await openSqlite({ directory, clock: systemClock() })
  return {
    stores,
    close: async () => {
      await stores.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

describe('SQLite', () => {
  tenantStoreContract(open)
  accountStoresContract(open)
  leaseStoreContract(open)
  cmi5SessionStoreContract(open)
  activityStoreContract(open)
  documentStoreContract(open)
  elementStoreContract(open)
  identityStoreContract(open)
  profileStoreContract(open)
  removalStoreContract(open)
  meteringStoreContract(open)
})
