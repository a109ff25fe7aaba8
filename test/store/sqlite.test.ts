/** The embedded store: the common contract, and what only it promises. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { statementStoreContract } from '../contract/statement-store.ts'

async function openTemporary() {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-'))
  const stores = await openSqlite({ directory, clock: systemClock() })
  return {
    stores,
    close: async () => {
      await stores.close()
      rmSync(directory, { recursive: true })
    },
  }
}

statementStoreContract(openTemporary)
