/** A lock that runs out while its job waits, as in a process that was paused, does not end the turns of that job (rulings 33, 35). */
import { Agenda } from 'agenda'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { withWaitingLocks } from '../../src/jobs/waiting-locks.ts'
import type { Stores } from '../../src/store/ports.ts'
import { newDirectory, removeDirectory, storeOf } from '../harness/mongo.ts'

const directory = newDirectory('locks')
const store = storeOf(directory)
let stores: Stores
beforeAll(async () => {
  const settings = { ...store.settings, ROLLCALL_DATA: directory, ROLLCALL_READERS: '1' }
  stores = await openStores(loadConfig(settings), systemClock())
})
afterAll(async () => {
  await stores.close()
  await removeDirectory(directory)
})

it('a job whose lock ran out while it waited for its moment runs all the same, and so do later ones', async () => {
  const agenda = new Agenda({
    backend: withWaitingLocks(stores.jobs()),
    processEvery: 3_000,
    defaultConcurrency: 1,
    defaultLockLimit: 1,
    defaultLockLifetime: 200,
  })
  let runs = 0
  // biome-ignore lint/nursery/noMisusedPromises: Agenda awaits the promise of a handler.
  agenda.define('counts', async () => {
    runs += 1
  })
  await agenda.start()
  // Locked as soon as it is saved, since it is due before the next poll; then it waits, longer than its lock lives.
  await agenda.schedule(new Date(Date.now() + 1_500), 'counts', {})
  await vi.waitFor(() => expect(runs).toBe(1), 20_000)
  await agenda.now('counts', {})
  await vi.waitFor(() => expect(runs).toBe(2), 20_000)
  await agenda.stop()
})
