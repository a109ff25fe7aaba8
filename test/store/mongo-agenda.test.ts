/** MongoDB: the common contract of Agenda's backends, and what only this one promises. */
import { describe } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import { agendaBackendContract } from '../contract/agenda-backend.ts'
import { agendaPromisesContract } from '../contract/agenda-promises.ts'
import type { Opened } from '../contract/opened.ts'
import { newDatabase } from '../harness/mongo.ts'

async function open(clock: MovableClock = systemClock()): Promise<Opened> {
  const database = newDatabase()
  const stores = await openMongo({ url: database.url, clock })
  return {
    stores,
    close: async () => {
      await stores.close()
      await database.drop()
    },
  }
}

describe('MongoDB', () => {
  agendaBackendContract(open)
  agendaPromisesContract(open)
})
