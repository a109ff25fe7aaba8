/** Closed windows, alerts and studies on the embedded store: the common contract. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { adjustmentStoreContract } from '../contract/adjustment-store.ts'
import { alertStoreContract } from '../contract/alert-store.ts'
import type { Opened } from '../contract/opened.ts'
import { snapshotStoreContract } from '../contract/snapshot-store.ts'
import { studyStoreContract } from '../contract/study-store.ts'

async function openTemporary(): Promise<Opened> {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-closing-'))
  const stores = await openSqlite({ directory, clock: systemClock(), readers: 1 })
  return {
    stores,
    close: async () => {
      await stores.close()
      rmSync(directory, { recursive: true })
    },
  }
}

snapshotStoreContract(openTemporary)
adjustmentStoreContract(openTemporary)
alertStoreContract(openTemporary)
studyStoreContract(openTemporary)
