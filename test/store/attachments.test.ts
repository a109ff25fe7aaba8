/** The bytes of attachments on both engines. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { attachmentStoreContract } from '../contract/attachment-store.ts'
import { watchedMongo } from '../harness/watched-mongo.ts'

describe('on SQLite', () => {
  attachmentStoreContract(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'rollcall-'))
    const stores = await openSqlite({ directory, clock: systemClock() })
    return {
      stores,
      close: async () => {
        await stores.close()
        rmSync(directory, { recursive: true })
      },
    }
  })
})

describe('on MongoDB', () => {
  attachmentStoreContract(watchedMongo())
})
