/** A process that was paused while a job waited for its moment goes on running jobs of that name (rulings 33, 35). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agenda } from 'agenda'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import { loadConfig } from '../../src/config.ts'
import { openStores } from '../../src/engine.ts'
import { withWaitingLocks } from '../../src/jobs/waiting-locks.ts'
import type { Stores } from '../../src/store/ports.ts'
import { storeOf } from '../harness/mongo.ts'

const directory = mkdtempSync(join(tmpdir(), 'rollcall-locks-'))
const store = storeOf(directory)
let stores: Stores
beforeAll(async () => {
  const settings = { ...store.settings, ROLLCALL_DATA: directory, ROLLCALL_READERS: '1' }
  stores = await openStores(loadConfig(settings), systemClock())
})
afterAll(async () => {
  await stores.close()
  await store.drop()
  rmSync(directory, { recursive: true, force: true })
})

/** Longer than a lock lives here. Nothing of this thread happens meanwhile, as after SIGSTOP. */
function paused(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

it('a job whose lock ran out while it waited runs after the pause, and so do later ones', async () => {
  const agenda = new Agenda({
    backend: withWaitingLocks(stores.jobs()),
    processEvery: 500,
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
  // Locked as soon as it is saved, since it is due within one interval of polling; then it waits for its moment.
  await agenda.schedule(new Date(Date.now() + 400), 'counts', {})
  await vi.waitFor(async () => {
    const { lockedJobs, runningJobs } = await agenda.getRunningStats()
    expect([lockedJobs, runningJobs]).toEqual([1, 0])
  })
  paused(1_000)
  await vi.waitFor(() => expect(runs).toBe(1), 5_000)
  await agenda.now('counts', {})
  await vi.waitFor(() => expect(runs).toBe(2), 5_000)
  await agenda.stop()
})
