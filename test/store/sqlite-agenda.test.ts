/** What our backend promises beyond Agenda's own ones. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JobParameters } from 'agenda'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type MovableClock, systemClock } from '../../src/clock.ts'
import { type AgendaParts, createAgendaBackend } from '../../src/store/sqlite/agenda-backend.ts'
import { databaseFile } from '../../src/store/sqlite/database.ts'
import { openSqlite, type SqliteStores } from '../../src/store/sqlite/open.ts'
import { agendaBackendContract, agendas, jobOf, next } from '../contract/agenda-backend.ts'

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
})

describe('AgendaBackend on SQLite', () => {
  const clock = systemClock()
  let opened: { directory: string; stores: SqliteStores; close(): Promise<void> }
  beforeAll(async () => {
    opened = await openTemporary(clock)
  })
  afterAll(() => opened.close())
  const repository = () => opened.stores.jobs().repository
  const start = agendas(() => opened.stores.jobs())
  const aMoment = () => new Promise((resolve) => setTimeout(resolve, 5))

  it.each([
    ['circular data', () => circular(), /circular/i],
    ['a BigInt', () => ({ n: 1n }), /BigInt/],
    ['a function', () => () => 1, /function/],
  ])('refuses %s in one sentence that names the job, and saves nothing', async (_what, data, why) => {
    const job = jobOf({ data: data() })
    const refused = repository().saveJob(job, undefined)
    await expect(refused).rejects.toMatchObject({
      name: 'StoreError',
      code: 'bad-job',
      message: expect.stringMatching(why),
    })
    await expect(refused).rejects.toThrow(job.name)
    expect((await repository().queryJobs({ name: job.name })).total).toBe(0)
  })

  it('refuses a date that is none', async () => {
    const job = jobOf({ nextRunAt: new Date(Number.NaN) })
    await expect(repository().saveJob(job, undefined)).rejects.toThrow('date')
  })

  it('ruling 33: a run whose lock has passed to another can save nothing, nor unlock it', async () => {
    const { name, _id } = await repository().saveJob(jobOf(), undefined)
    const [slow, quick] = [repository(), repository()]
    const lost = (await next(slow, name)) as JobParameters
    await aMoment()
    const current = (await next(quick, name, 1)) as JobParameters
    const { lockedAt: _, ...ended } = lost
    await expect(slow.saveJobState({ ...ended, failReason: 'late' }, undefined)).rejects.toThrow(
      'somebody else',
    )
    await slow.unlockJob(lost)
    await slow.unlockJobs([String(_id)])
    const found = await repository().getJobById(String(_id))
    expect(found?.lockedAt).toEqual(current.lockedAt)
    expect(found?.failReason).toBeUndefined()
    await quick.saveJobState({ ...current, progress: 10 }, undefined)
    expect((await repository().getJobById(String(_id)))?.progress).toBe(10)
  })

  it('a next run saved while the job runs is not lost at its end', async () => {
    const { name } = jobOf()
    const wake = () => repository().saveJob(jobOf({ name, unique: { name } }), undefined)
    const saved = await wake()
    const run = (await next(repository(), name)) as JobParameters
    const begun = { ...run, nextRunAt: null, lastRunAt: new Date() }
    const here = repository()
    await here.saveJobState(begun, undefined)
    const again = await wake()
    expect(again._id).toBe(saved._id)
    const { lockedAt: _, ...ended } = begun
    await here.saveJobState({ ...ended, lastFinishedAt: new Date() }, undefined)
    expect((await next(repository(), name))?._id).toBe(saved._id)
  })

  it('a repeating job that was cut off runs again after its lock, not only at its next turn', async () => {
    const job = jobOf({ type: 'single', repeatInterval: '1 day' })
    await repository().saveJob(job, undefined)
    const run = (await next(repository(), job.name)) as JobParameters
    const tomorrow = new Date(Date.now() + 24 * HOUR)
    await repository().saveJobState({ ...run, lastRunAt: new Date(), nextRunAt: tomorrow }, undefined)
    await aMoment()
    const again = await next(repository(), job.name, 1)
    expect(again?.nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now())
  })

  it('one that was only locked ahead keeps its turn when its lock runs out', async () => {
    const job = await repository().saveJob(jobOf({ nextRunAt: new Date(Date.now() + HOUR) }), undefined)
    await next(repository(), job.name, HOUR, 2 * HOUR)
    await aMoment()
    expect((await next(repository(), job.name, 1))?.nextRunAt).toEqual(job.nextRunAt)
  })

  it('declaring a repeating job again keeps its next run, unless the repetition changed', async () => {
    const job = jobOf({ type: 'single', repeatInterval: '1 day', nextRunAt: new Date(Date.now() + 5 * HOUR) })
    const first = await repository().saveJob(job, undefined)
    const later = { ...job, nextRunAt: new Date(Date.now() + 24 * HOUR) }
    expect((await repository().saveJob(later, undefined)).nextRunAt).toEqual(first.nextRunAt)
    const changed = { ...later, repeatInterval: '2 days' }
    expect((await repository().saveJob(changed, undefined)).nextRunAt).toEqual(later.nextRunAt)
  })

  it('declaring a job again does not enable what an operator disabled', async () => {
    const job = jobOf({ type: 'single', repeatInterval: '1 day' })
    await repository().saveJob(job, undefined)
    await repository().disableJobs({ name: job.name })
    expect((await repository().saveJob(job, undefined)).disabled).toBe(true)
    expect((await repository().saveJob({ ...job, disabled: false }, undefined)).disabled).toBe(false)
  })

  it('leading debounce runs again after its delay', async () => {
    const { name } = jobOf()
    const uniqueOpts = { debounce: { delay: 1, strategy: 'leading' as const } }
    const save = () => repository().saveJob(jobOf({ name, unique: { name }, uniqueOpts }), undefined)
    await save()
    const { lockedAt: _, ...run } = (await next(repository(), name)) as JobParameters
    await repository().saveJobState({ ...run, nextRunAt: null }, undefined)
    await aMoment()
    expect((await save()).nextRunAt).not.toBeNull()
  })

  it('ruling 34: a job saved by one Agenda is picked up by another of the process at once, without polling', async () => {
    const { name } = jobOf()
    const saver = await start()
    const runner = await start({ processEvery: HOUR })
    let ran = 0
    runner.define(name, async () => {
      ran++
    })
    await runner.start()
    await saver.now(name, {})
    await vi.waitFor(() => expect(ran).toBe(1), 5000)
  })

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
      createAgendaBackend({ writes, reads: { jobIsDue: async () => due } as never, clock, channel: 'none' })
    await next(backendWhen(false).repository, 'job')
    expect(asked).toEqual([])
    await next(backendWhen(true).repository, 'job').catch(() => {})
    expect(asked).toEqual(['lock'])
  })

  // Last: nothing moves the clock back.
  it('ruling 35: a job is due by our clock', async () => {
    const { name } = jobOf()
    const agenda = await start()
    let ran = 0
    agenda.define(name, async () => {
      ran++
    })
    await agenda.start()
    const job = await agenda.schedule(new Date(Date.now() + 24 * HOUR), name, {})
    const waiting = await repository().getQueueSize()
    clock.moveBy(25 * HOUR)
    expect(await repository().getQueueSize()).toBeGreaterThan(waiting)
    await vi.waitFor(() => expect(ran).toBe(1), 5000)
    const found = await repository().getJobById(String(job.attrs._id))
    expect(Math.abs(Date.now() - (found?.lastRunAt?.getTime() ?? 0))).toBeLessThan(HOUR)
  })
})

function circular(): object {
  const data: Record<string, unknown> = {}
  data.self = data
  return data
}
