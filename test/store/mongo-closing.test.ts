/** Closed windows, alerts and studies on MongoDB: the common contract. */
import { systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import { adjustmentStoreContract } from '../contract/adjustment-store.ts'
import { alertStoreContract } from '../contract/alert-store.ts'
import type { Opened } from '../contract/opened.ts'
import { snapshotStoreContract } from '../contract/snapshot-store.ts'
import { studyStoreContract } from '../contract/study-store.ts'
import { newDatabase } from '../harness/mongo.ts'

async function openTemporary(): Promise<Opened> {
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

snapshotStoreContract(openTemporary)
adjustmentStoreContract(openTemporary)
alertStoreContract(openTemporary)
studyStoreContract(openTemporary)
