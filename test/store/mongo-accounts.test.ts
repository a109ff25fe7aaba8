/** MongoDB: the common contract of every port but statements. */
import { describe } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import { accountStoresContract } from '../contract/account-stores.ts'
import { activityStoreContract } from '../contract/activity-store.ts'
import { cmi5SessionStoreContract } from '../contract/cmi5-session-store.ts'
import { elementStoreContract } from '../contract/element-store.ts'
import { identityStoreContract } from '../contract/identity-store.ts'
import { leaseStoreContract } from '../contract/lease-store.ts'
import { meteringStoreContract } from '../contract/metering-store.ts'
import type { Opened } from '../contract/opened.ts'
import { profileStoreContract } from '../contract/profile-store.ts'
import { removalStoreContract } from '../contract/removal-store.ts'
import { tenantStoreContract } from '../contract/tenant-store.ts'
import { newDatabase } from '../harness/mongo.ts'

async function open(): Promise<Opened> {
  const database = newDatabase()
  const stores = await openMongo({ url: database.url, clock: systemClock() })
  return {
    stores,
    close: async () => {
      await stores.close()
      await database.drop()
    },
  }
}

describe('MongoDB', () => {
  tenantStoreContract(open)
  accountStoresContract(open)
  leaseStoreContract(open)
  cmi5SessionStoreContract(open)
  activityStoreContract(open)
  elementStoreContract(open)
  identityStoreContract(open)
  profileStoreContract(open)
  removalStoreContract(open)
  meteringStoreContract(open)
})
