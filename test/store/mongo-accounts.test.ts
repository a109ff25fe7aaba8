/** MongoDB: the common contract of every port but statements. */
import { describe } from 'vitest'
import { accountStoresContract } from '../contract/account-stores.ts'
import { activityStoreContract } from '../contract/activity-store.ts'
import { cmi5SessionStoreContract } from '../contract/cmi5-session-store.ts'
import { documentStoreContract } from '../contract/document-store.ts'
import { elementStoreContract } from '../contract/element-store.ts'
import { identityStoreContract } from '../contract/identity-store.ts'
import { leaseStoreContract } from '../contract/lease-store.ts'
import { meteringStoreContract } from '../contract/metering-store.ts'
import { profileStoreContract } from '../contract/profile-store.ts'
import { removalStoreContract } from '../contract/removal-store.ts'
import { tenantStoreContract } from '../contract/tenant-store.ts'
import { watchedMongo } from '../harness/watched-mongo.ts'

const open = watchedMongo()

describe('MongoDB', () => {
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
