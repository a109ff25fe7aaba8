/** The embedded store: the common contract, and what only it promises about its directory, its threads and its clock. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import SqliteDatabase from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import type { Opened } from '../contract/opened.ts'
import { batchOf, selectionOf, statementAbout, statementOf } from '../contract/statement-fixtures.ts'
import { statementStoreContract } from '../contract/statement-store.ts'

const DIST = new URL('../../dist/src/', import.meta.url).href

function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'rollcall-'))
}

async function openTemporary(): Promise<Opened> {
  const directory = temporaryDirectory()
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

describe('the embedded store', () => {
  let directory: string
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })
  const open = (clock: MovableClock = systemClock()) => openSqlite({ directory, clock })

  it('keeps everything over a restart, and goes on numbering where it stopped', async () => {
    const [a, b] = [statementAbout('account:https://lms.example.org|ana'), statementOf({ terms: ['t'] })]
    const first = await open()
    await first.statements.insert('t', batchOf([a]))
    const learner = (await first.identities.byIfi('t', 'account:https://lms.example.org|ana'))?.learner
    await first.close()

    const second = await open()
    await second.statements.insert('t', batchOf([b]))
    const all = await second.statements.scan('t', 0, 10)
    expect(all.map(({ id, seq }) => [id, seq])).toEqual([
      [a.id, 1],
      [b.id, 2],
    ])
    expect((await second.identities.byIfi('t', 'account:https://lms.example.org|ana'))?.learner).toBe(learner)
    expect((await second.statements.select('t', selectionOf({ terms: a.terms }))).items).toHaveLength(1)
    await second.close()
  })

  it('stores later than before when the clock was set back, running or over a restart (ruling 27)', async () => {
    const clock = systemClock()
    const first = await open(clock)
    const insert = async (store: typeof first) => {
      const outcome = await store.statements.insert('t', batchOf([statementOf()]))
      return outcome.outcome === 'stored' ? outcome.stored : 0
    }
    const before = await insert(first)
    clock.moveBy(-3_600_000)
    const after = await insert(first)
    expect(after).toBeGreaterThan(before)
    clock.moveBy(7_200_000)
    // Answered from the clock: the next process must not store before it either.
    const horizon = await first.statements.consistentThrough()
    await first.close()

    clock.moveBy(-7_200_000)
    const second = await open(clock)
    expect(await insert(second)).toBeGreaterThan(Math.max(after, horizon))
    await second.close()
  })

  it('refuses a second opening in one sentence that names the directory, until the first is closed (ruling 27)', async () => {
    const first = await open()
    await expect(open()).rejects.toMatchObject({
      code: 'locked',
      message: `The data directory ${directory} is in use by another Rollcall process.`,
    })
    await first.close()
    await (await open()).close()
  })

  it('refuses data of a newer schema in one sentence, and leaves it as it is', async () => {
    await (await open()).close()
    const db = new SqliteDatabase(databaseFile(directory))
    db.pragma('user_version = 99')
    await expect(open()).rejects.toMatchObject({
      code: 'newer-schema',
      message: expect.stringMatching(/^The data has schema version 99, this Rollcall knows \d+: .*\.$/),
    })
    expect(db.pragma('user_version', { simple: true })).toBe(99)
    db.close()
  })

  it('lets calls fail that come after closing, instead of leaving them without an answer', async () => {
    const stores = await open()
    await stores.close()
    await expect(stores.statements.insert('t', batchOf([statementOf()]))).rejects.toMatchObject({
      code: 'unavailable',
    })
    await expect(stores.statements.lastSeq('t')).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('answers what is being written before it closes', async () => {
    const stores = await open()
    const writing = Array.from({ length: 20 }, () => stores.statements.insert('t', batchOf([statementOf()])))
    await stores.close()
    const outcomes = await Promise.all(writing)
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 20 }, () => 'stored'))
    const again = await open()
    expect(await again.statements.scan('t', 0, 100)).toHaveLength(20)
    await again.close()
  })

  it('serves another thread of the same process, which sees and writes the same', async () => {
    const stores = await open()
    const [mine, theirs] = [statementOf(), statementOf()]
    await stores.statements.insert('t', batchOf([mine]))
    const { handle, transfer } = stores.share()
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(workerData.module).then(async ({ connectSqlite }) => {
        const stores = await connectSqlite(workerData.handle)
        const found = await stores.statements.find('t', workerData.mine)
        const outcome = await stores.statements.insert('t', workerData.batch)
        const horizon = await stores.statements.consistentThrough()
        await stores.close()
        parentPort.postMessage({ found, outcome, horizon })
      })`
    const module = `${DIST}store/sqlite/open.js`
    const workerData = { handle, module, mine: mine.id, batch: batchOf([theirs]) }
    const thread = new Worker(code, { eval: true, workerData, transferList: [...transfer] })
    // Both may come in one go: wait for the second from the start.
    const ended = once(thread, 'exit')
    const [{ found, outcome, horizon }] = await once(thread, 'message')
    await ended
    expect(found.raw).toBe(mine.raw)
    expect(await stores.statements.find('t', theirs.id)).toMatchObject({ stored: outcome.stored })
    expect(await stores.statements.consistentThrough()).toBeGreaterThanOrEqual(horizon)
    await stores.close()
  })

  it('has every answered batch, whole, and no half of any other, after kill -9; and the lock is free at once', async () => {
    const script = join(directory, 'child.mjs')
    writeFileSync(script, WRITING_CHILD)
    const child = spawn(process.execPath, [script, DIST, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
    const answered: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      answered.push(line)
      if (answered.length === 40) child.kill('SIGKILL')
    }
    expect(answered.length).toBeGreaterThanOrEqual(40)

    const stores = await open()
    const all = await stores.statements.scan('t', 0, 100_000)
    const perBatch = new Map<string, number>()
    for (const { raw } of all) {
      const { batch } = JSON.parse(raw) as { batch: string }
      perBatch.set(batch, (perBatch.get(batch) ?? 0) + 1)
    }
    expect([...new Set(perBatch.values())]).toEqual([25])
    expect(answered.filter((batch) => !perBatch.has(batch))).toEqual([])
    const indexed = await stores.statements.select('t', selectionOf({ terms: ['t'], limit: 100_000 }))
    expect(indexed.items).toHaveLength(all.length)
    await stores.close()
  })
})

/** Writes batches of 25 from 8 callers at once, and prints the name of each that was answered. */
const WRITING_CHILD = `
  import { randomUUID } from 'node:crypto'
  const [dist, directory] = process.argv.slice(2)
  const { openSqlite } = await import(dist + 'store/sqlite/open.js')
  const { systemClock } = await import(dist + 'clock.js')
  const stores = await openSqlite({ directory, clock: systemClock() })
  const statementOf = (batch) => {
    const id = randomUUID()
    return { id, raw: JSON.stringify({ id, batch }), timestamp: null, version: '1.0.3', terms: ['t'], voids: null, facts: [] }
  }
  const caller = async () => {
    for (;;) {
      const batch = randomUUID()
      const statements = Array.from({ length: 25 }, () => statementOf(batch))
      await stores.statements.insert('t', { credential: 'c', authority: '{}', voidsOthers: false, version: '1.0.3', statements })
      process.stdout.write(batch + '\\n')
    }
  }
  await Promise.all(Array.from({ length: 8 }, caller))
`
