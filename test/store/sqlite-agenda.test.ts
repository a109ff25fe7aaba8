/** Agenda on the embedded store. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { type AgendaParts, createAgendaBackend } from '../../src/store/sqlite/jobs/agenda-backend.ts'
import { openSqlite, type SqliteStores } from '../../src/store/sqlite/open.ts'
import { agendaBackendContract, agendas, jobOf, next } from '../contract/agenda-backend.ts'
import { agendaPromisesContract } from '../contract/agenda-promises.ts'

const HOUR = 3_600_000

async function openTemporary(clock: MovableClock = systemClock()) {
  const directory = mkdtempSync(join(tmpdir(), 'rollcall-agenda-'))
  const stores = await openSqlite({ directory, clock })
  const close = async () => {
    await stores.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return { directory, stores, close }
}

describe('SQLite', () => {
  agendaBackendContract(openTemporary)
  agendaPromisesContract(openTemporary)
})

describe('AgendaBackend on SQLite', () => {
  let opened: { directory: string; stores: SqliteStores; close(): Promise<void> }
  beforeAll(async () => {
    opened = await openTemporary()
  })
  afterAll(() => opened.close())
  const start = agendas(() => opened.stores.jobs())

  it('polling writes nothing while there is nothing to do', async () => {
    const agenda = await start({ processEvery: 5 })
    const { name } = jobOf()
    agenda.define(name, async () => {})
    await agenda.start()
    await agenda.schedule(new Date(Date.now() + HOUR), name, {})
    const db = new Database(databaseFile(opened.directory), { readonly: true })
    const version = () => db.pragma('data_version', { simple: true })
    const before = version()
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(version()).toBe(before)
    await agenda.now(name, {})
    expect(version()).not.toBe(before)
    db.close()
  })

  it('asks the writer for a lock only when a reader has seen a job that is due', async () => {
    const asked: string[] = []
    const writes = { lockNextJob: async () => void asked.push('lock') } as unknown as AgendaParts['writes']
    const backendWhen = (due: boolean) =>
      createAgendaBackend({
        writes,
        reads: { jobIsDue: async () => due } as never,
        clock: systemClock(),
        channel: 'none',
      })
    await next(backendWhen(false).repository, 'job')
    expect(asked).toEqual([])
    await next(backendWhen(true).repository, 'job').catch(() => {})
    expect(asked).toEqual(['lock'])
  })
})
