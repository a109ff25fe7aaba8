/** MongoDB: the common contract of statements, and what only it promises about its start and its readers. */
import { systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import type { Opened } from '../contract/opened.ts'
import { statementStoreContract } from '../contract/statement-store.ts'
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

statementStoreContract(openTemporary)
