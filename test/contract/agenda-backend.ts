import { randomUUID } from 'node:crypto'
import { Agenda, type AgendaBackend, backoffStrategies, type JobParameters, type JobRepository } from 'agenda'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Open, opened } from './opened.ts'

const MINUTE = 60_000
const fromNow = (ms: number) => new Date(Date.now() + ms)

export function jobOf(given: Partial<JobParameters> = {}): JobParameters {
  return {
    name: `job ${randomUUID()}`,
    priority: 0,
    nextRunAt: fromNow(-1000),
    type: 'normal',
    data: {},
    ...given,
  }
}

/** Locks the next job of that name as Agenda does. */
export function next(repository: JobRepository, name: string, lockLifetime = MINUTE, scanMs = 0) {
  return repository.getNextJobToRun(name, fromNow(scanMs), fromNow(-lockLifetime), undefined, undefined)
}

/** Agendas that are stopped after each test. */
export function agendas(backend: () => AgendaBackend) {
  const running: Agenda[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((agenda) => agenda.stop()))
  })
  return async (options: { processEvery?: number; lockLifetime?: number; name?: string } = {}) => {
    const { processEvery = 20, lockLifetime = MINUTE, name = randomUUID() } = options
    const agenda = new Agenda({ backend: backend(), name, processEvery, defaultLockLifetime: lockLifetime })
    running.push(agenda)
    await agenda.ready
    return agenda
  }
}

export function agendaBackendContract(open: Open): void {
  describe('AgendaBackend: saving', () => {
    const stores = opened(open)
    const repository = () => stores().jobs().repository

    it('gives a new job an id and returns everything that was saved', async () => {
      const job = jobOf({
        priority: 7,
        data: { to: ['a', 'b'], deep: { n: 1.5, none: null } },
        nextRunAt: new Date(1_900_000_000_123),
        repeatInterval: '5 minutes',
        repeatTimezone: 'Europe/Berlin',
        startDate: new Date(1_800_000_000_001),
        endDate: new Date(1_900_000_000_999),
        skipDays: [0, 6],
      })
      const saved = await repository().saveJob(job, { lastModifiedBy: 'me' })
      expect(saved._id).toEqual(expect.any(String))
      const found = await repository().getJobById(String(saved._id))
      expect(found).toMatchObject({ ...job, _id: saved._id, lastModifiedBy: 'me' })
      expect(await repository().getJobById(randomUUID())).toBeNull()
    })

    it('keeps an interval a number or a text, as it was given', async () => {
      for (const repeatInterval of [5000, '5000', '0 3 * * *']) {
        const { _id } = await repository().saveJob(jobOf({ repeatInterval }), undefined)
        expect((await repository().getJobById(String(_id)))?.repeatInterval).toBe(repeatInterval)
      }
    })

    it('saves a job again by its id; one that was removed meanwhile is not brought back', async () => {
      const saved = await repository().saveJob(jobOf({ data: { n: 1 } }), undefined)
      const changed = { ...saved, priority: 20, data: { n: 2 }, nextRunAt: null }
      expect(await repository().saveJob(changed, undefined)).toMatchObject(changed)
      await repository().removeJobs({ id: String(saved._id) })
      await repository().saveJob(changed, undefined)
      expect(await repository().getJobById(String(saved._id))).toBeNull()
    })

    it('a job of type single exists once for its name, however many save it at the same time', async () => {
      const job = jobOf({ type: 'single', nextRunAt: fromNow(MINUTE) })
      const saved = await Promise.all(
        Array.from({ length: 8 }, (_, n) => repository().saveJob({ ...job, data: { n } }, undefined)),
      )
      expect(new Set(saved.map(({ _id }) => _id)).size).toBe(1)
      expect((await repository().queryJobs({ name: job.name })).total).toBe(1)
    })

    it('a unique job is one for what it is unique by; insertOnly leaves the first as it was', async () => {
      const { name } = jobOf()
      const save = (user: unknown, n: number, insertOnly = false) =>
        repository().saveJob(
          jobOf({ name, data: { user, n }, unique: { 'data.user': user }, uniqueOpts: { insertOnly } }),
          undefined,
        )
      const [first, same, other, kind] = [
        await save(1, 1),
        await save(1, 2),
        await save(2, 3),
        await save('1', 4),
      ]
      expect(same._id).toBe(first._id)
      expect(same.data).toEqual({ user: 1, n: 2 })
      expect(new Set([first._id, other._id, kind._id]).size).toBe(3)
      expect((await save(1, 5, true)).data).toEqual({ user: 1, n: 2 })
      expect((await repository().queryJobs({ name })).total).toBe(3)
    })

    it('trailing debounce: each save puts the run off, and only one job is left with the last data', async () => {
      const { name } = jobOf()
      const save = (n: number) =>
        repository().saveJob(
          jobOf({ name, data: { n }, unique: { name }, uniqueOpts: { debounce: { delay: MINUTE } } }),
          undefined,
        )
      const first = await save(1)
      expect(first.nextRunAt?.getTime()).toBeGreaterThan(Date.now() + MINUTE / 2)
      await new Promise((resolve) => setTimeout(resolve, 5))
      const second = await save(2)
      expect(second._id).toBe(first._id)
      expect(second.data).toEqual({ n: 2 })
      expect(second.nextRunAt?.getTime()).toBeGreaterThan(first.nextRunAt?.getTime() ?? Number.NaN)
    })

    it('debounce with maxWait runs at once when it was put off for that long', async () => {
      const { name } = jobOf()
      const uniqueOpts = { debounce: { delay: MINUTE, maxWait: 1 } }
      const save = () => repository().saveJob(jobOf({ name, unique: { name }, uniqueOpts }), undefined)
      await save()
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect((await save()).nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now())
    })

    it('leading debounce: the first save runs at once, the next ones do not move it', async () => {
      const { name } = jobOf()
      const uniqueOpts = { debounce: { delay: MINUTE, strategy: 'leading' as const } }
      const first = await repository().saveJob(jobOf({ name, unique: { name }, uniqueOpts }), undefined)
      expect(first.nextRunAt?.getTime()).toBeLessThanOrEqual(Date.now())
      const later = jobOf({ name, unique: { name }, uniqueOpts, nextRunAt: fromNow(1), data: { n: 2 } })
      const second = await repository().saveJob(later, undefined)
      expect(second.nextRunAt).toEqual(first.nextRunAt)
      expect(second.data).toEqual({ n: 2 })
    })
  })

  describe('AgendaBackend: locking (ruling 33)', () => {
    const stores = opened(open)
    const repository = () => stores().jobs().repository

    it('gives the earliest job first, and of one instant the more important', async () => {
      const { name } = jobOf()
      const at = fromNow(-5000)
      const given = [
        { data: 'late', nextRunAt: fromNow(-1000), priority: 20 },
        { data: 'low', nextRunAt: at, priority: -10 },
        { data: 'high', nextRunAt: at, priority: 10 },
        { data: 'first', nextRunAt: fromNow(-9000), priority: 0 },
      ]
      for (const job of given) await repository().saveJob(jobOf({ name, ...job }), undefined)
      const order: unknown[] = []
      for (let job = await next(repository(), name); job; job = await next(repository(), name))
        order.push(job.data)
      expect(order).toEqual(['first', 'high', 'low', 'late'])
    })

    it('gives nothing that is disabled, of another name, done, or later than the next scan', async () => {
      const { name } = jobOf()
      await repository().saveJob(jobOf({ name, disabled: true }), undefined)
      await repository().saveJob(jobOf({ name: `${name} 2` }), undefined)
      await repository().saveJob(jobOf({ name, nextRunAt: null }), undefined)
      await repository().saveJob(jobOf({ name, nextRunAt: fromNow(MINUTE) }), undefined)
      expect(await next(repository(), name)).toBeUndefined()
      expect(await next(repository(), name, MINUTE, 2 * MINUTE)).toMatchObject({
        name,
        lockedAt: expect.any(Date),
      })
    })

    it('gives each job to exactly one of those who ask at the same time', async () => {
      const { name } = jobOf()
      for (let n = 0; n < 5; n++) await repository().saveJob(jobOf({ name }), undefined)
      const askers = [stores().jobs().repository, stores().jobs().repository]
      const asked = Array.from({ length: 12 }, (_, n) => next(askers[n % 2] as JobRepository, name))
      const given = (await Promise.all(asked)).flatMap((job) => (job ? [job._id] : []))
      expect(given).toHaveLength(5)
      expect(new Set(given).size).toBe(5)
    })

    it('gives a locked job again only when its lock is older than the deadline', async () => {
      const { name } = await repository().saveJob(jobOf(), undefined)
      const first = await next(repository(), name)
      expect(first).toBeDefined()
      expect(await next(repository(), name)).toBeUndefined()
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect((await next(repository(), name, 1))?._id).toBe(first?._id)
    })

    it('the end of a run unlocks, and keeps what the run says of itself', async () => {
      const saved = await repository().saveJob(jobOf(), undefined)
      const run = (await next(repository(), saved.name)) as JobParameters
      const at = new Date(1_700_000_000_123)
      const { lockedAt: _, ...ended } = run
      const state = {
        nextRunAt: null,
        lastRunAt: at,
        lastFinishedAt: at,
        failedAt: at,
        failCount: 2,
        failReason: 'no',
        progress: 50,
      }
      await repository().saveJobState({ ...ended, ...state }, undefined)
      const found = await repository().getJobById(String(saved._id))
      expect(found).toMatchObject(state)
      expect(found?.lockedAt).toBeUndefined()
    })

    it('saving the state of a job that is gone is refused', async () => {
      await repository().saveJob(jobOf(), undefined)
      const { name, _id } = await repository().saveJob(jobOf(), undefined)
      const run = (await next(repository(), name)) as JobParameters
      await repository().removeJobs({ id: String(_id) })
      await expect(repository().saveJobState(run, undefined)).rejects.toThrow(name)
    })

    it('lockJob takes a job that is free and unchanged, once', async () => {
      const saved = await repository().saveJob(jobOf(), undefined)
      const stranger = stores().jobs().repository
      expect(await stranger.lockJob({ ...saved, nextRunAt: fromNow(1) }, undefined)).toBeUndefined()
      expect((await repository().lockJob(saved, undefined))?.lockedAt).toEqual(expect.any(Date))
      expect(await stranger.lockJob(saved, undefined)).toBeUndefined()
    })

    it('unlocked jobs can be taken again', async () => {
      const { name } = await repository().saveJob(jobOf(), undefined)
      const here = repository()
      const first = (await next(here, name)) as JobParameters
      await here.unlockJob(first)
      const second = (await next(here, name)) as JobParameters
      expect(second._id).toBe(first._id)
      await here.unlockJobs([String(second._id)])
      expect(await next(here, name)).toBeDefined()
    })
  })

  describe('AgendaBackend: looking after jobs', () => {
    const stores = opened(open)
    const repository = () => stores().jobs().repository

    it('finds jobs by name, names, id, text, data and state, in pages with the total', async () => {
      const prefix = randomUUID()
      const [a, b] = [`${prefix} Alpha`, `${prefix} beta`]
      const save = (job: Partial<JobParameters>) => repository().saveJob(jobOf(job), undefined)
      const first = await save({ name: a, nextRunAt: fromNow(MINUTE), data: { user: { id: 1 }, x: 1 } })
      await save({ name: a, nextRunAt: fromNow(3 * MINUTE), data: { user: { id: 2 } }, disabled: true })
      await save({ name: b, nextRunAt: fromNow(-MINUTE), data: 'text' })
      await save({ name: b, nextRunAt: null })
      const total = async (options: object) => (await repository().queryJobs(options)).total
      const names = { names: [a, b] }
      expect(await total({ name: a })).toBe(2)
      expect(await total(names)).toBe(4)
      expect(await total({ id: String(first._id) })).toBe(1)
      expect(await total({ search: `${prefix} ALPHA` })).toBe(2)
      expect(await total({ ...names, data: { user: { id: 1 } } })).toBe(1)
      expect(await total({ ...names, includeDisabled: false })).toBe(3)
      for (const [state, count] of Object.entries({
        scheduled: 2,
        queued: 1,
        completed: 1,
        paused: 1,
        running: 0,
      })) {
        expect(await total({ ...names, state }), state).toBe(count)
      }
      const page = await repository().queryJobs({ ...names, sort: { nextRunAt: 'asc' }, skip: 1, limit: 2 })
      expect(page.total).toBe(4)
      expect(page.jobs.map(({ name, state }) => [name, state])).toEqual([
        [a, 'scheduled'],
        [a, 'scheduled'],
      ])
      const newest = await repository().queryJobs(names)
      expect(newest.jobs.map(({ nextRunAt }) => nextRunAt?.getTime() ?? null)).toEqual(
        [...newest.jobs.map(({ nextRunAt }) => nextRunAt?.getTime() ?? null)].sort(
          (x, y) => Number(y) - Number(x),
        ),
      )
    })

    it('counts states by name, and what is waiting', async () => {
      const waiting = await repository().getQueueSize()
      const { name } = await repository().saveJob(jobOf(), undefined)
      await repository().saveJob(jobOf({ name, nextRunAt: fromNow(MINUTE), disabled: true }), undefined)
      await repository().saveJob(jobOf({ name, nextRunAt: fromNow(-MINUTE) }), undefined)
      await next(repository(), name)
      const overview = (await repository().getJobsOverview()).find((one) => one.name === name)
      expect(overview).toMatchObject({ total: 3, running: 1, queued: 1, scheduled: 1, paused: 1, failed: 0 })
      expect(await repository().getDistinctJobNames()).toContain(name)
      expect(await repository().getQueueSize()).toBe(waiting + 2)
    })

    it('removes, disables and enables what a filter names, and says how many', async () => {
      const [a, b] = [jobOf().name, jobOf().name]
      const jobs = []
      for (const name of [a, a, b])
        jobs.push(await repository().saveJob(jobOf({ name, data: { for: name } }), undefined))
      expect(await repository().disableJobs({ name: a })).toBe(2)
      expect(await next(repository(), a)).toBeUndefined()
      expect(await repository().enableJobs({ id: String(jobs[0]?._id) })).toBe(1)
      expect((await next(repository(), a))?._id).toBe(jobs[0]?._id)
      expect(await repository().removeJobs({ name: a, data: { for: b } })).toBe(0)
      expect(await repository().removeJobs({ data: { for: b } })).toBe(1)
      expect(await repository().removeJobs({ ids: jobs.map(({ _id }) => String(_id)) })).toBe(2)
      expect(await repository().removeJobs({ name: a })).toBe(0)
    })

    it('a filter that names nothing removes and disables nothing', async () => {
      const saved = await repository().saveJob(jobOf(), undefined)
      expect(await repository().removeJobs({})).toBe(0)
      expect(await repository().disableJobs({})).toBe(0)
      expect(await repository().getJobById(String(saved._id))).toMatchObject({ name: saved.name })
    })

    it('removes what has none of the names: jobs nobody defines any more', async () => {
      const [kept, orphan] = [
        await repository().saveJob(jobOf(), undefined),
        await repository().saveJob(jobOf(), undefined),
      ]
      expect(await repository().removeJobs({ notNames: [] })).toBe(0)
      expect(await repository().removeJobs({ notNames: [kept.name] })).toBeGreaterThan(0)
      expect(await repository().getDistinctJobNames()).toEqual([kept.name])
      expect(await repository().getJobById(String(orphan._id))).toBeNull()
    })

    it('purging takes all', async () => {
      await repository().saveJob(jobOf(), undefined)
      expect(await repository().purgeAllJobs()).toBeGreaterThan(0)
      expect((await repository().queryJobs()).total).toBe(0)
    })
  })

  describe('AgendaBackend: under Agenda', () => {
    const stores = opened(open)
    const start = agendas(() => stores().jobs())

    it('with two Agendas every job runs once, one after the other', async () => {
      const { name } = jobOf()
      const ran: unknown[] = []
      let running = 0
      let most = 0
      const [one, two] = [await start(), await start()]
      for (const agenda of [one, two]) {
        agenda.define(
          name,
          async (job) => {
            running++
            most = Math.max(most, running)
            await new Promise((resolve) => setTimeout(resolve, 5))
            ran.push(job.attrs.data)
            running--
          },
          { concurrency: 3 },
        )
      }
      for (let n = 0; n < 20; n++) await one.now(name, { n })
      await Promise.all([one.start(), two.start()])
      await vi.waitFor(() => expect(ran).toHaveLength(20), 10_000)
      expect(new Set(ran.map((data) => JSON.stringify(data))).size).toBe(20)
      expect(most).toBeGreaterThan(1)
    })

    it('`every` is one job although two processes declare it, and it runs again and again', async () => {
      const { name } = jobOf()
      const turns: unknown[] = []
      let [running, most] = [0, 0]
      const [one, two] = [await start(), await start()]
      for (const agenda of [one, two]) {
        agenda.define(name, async (job) => {
          running++
          most = Math.max(most, running)
          await new Promise((resolve) => setTimeout(resolve, 5))
          turns.push(job.attrs.lastRunAt?.getTime())
          running--
        })
        await agenda.every(30, name)
      }
      expect((await one.queryJobs({ name })).total).toBe(1)
      await Promise.all([one.start(), two.start()])
      await vi.waitFor(() => expect(turns.length).toBeGreaterThan(4), 10_000)
      expect(most).toBe(1)
      // No turn was taken by both.
      expect(new Set(turns).size).toBe(turns.length)
      expect((await one.queryJobs({ name })).total).toBe(1)
    })

    it('a job whose process died runs again when its lock is too old: not before, and within 5 s after', async () => {
      const LIFE = 1_000
      const { name, _id } = await stores().jobs().repository.saveJob(jobOf(), undefined)
      // What a process does before it dies: lock, and save that the run has begun.
      const dead = stores().jobs().repository
      const run = (await next(dead, name)) as JobParameters
      await dead.saveJobState({ ...run, lastRunAt: new Date(), nextRunAt: null }, undefined)
      const locked = run.lockedAt?.getTime() ?? Number.NaN
      // As often as the product asks (src/jobs/jobs.ts).
      const agenda = await start({ lockLifetime: LIFE, processEvery: 500 })
      let again = 0
      agenda.define(name, async () => {
        again = Date.now()
      })
      await agenda.start()
      await vi.waitFor(() => expect(again).toBeGreaterThan(0), LIFE + 5_000)
      expect(again - locked).toBeGreaterThanOrEqual(LIFE)
      await vi.waitFor(async () => {
        const [job] = (await agenda.queryJobs({ id: String(_id) })).jobs
        expect(job).toMatchObject({ state: 'completed' })
      })
    })

    it('a failing job is seen with its reason, and is tried again when asked for', async () => {
      const { name } = jobOf()
      const agenda = await start()
      let tries = 0
      agenda.define(
        name,
        async () => {
          tries++
          if (tries < 3) throw new Error(`try ${tries}`)
        },
        { backoff: backoffStrategies.constant({ delay: 10, maxRetries: 5 }) },
      )
      const seen: unknown[] = []
      agenda.on(`fail:${name}`, (_error, job) => seen.push([job.attrs.failCount, job.attrs.failReason]))
      await agenda.start()
      const job = await agenda.now(name, {})
      await vi.waitFor(() => expect(tries).toBe(3), 10_000)
      expect(seen).toEqual([
        [1, 'try 1'],
        [2, 'try 2'],
      ])
      await vi.waitFor(async () => {
        const found = (await agenda.queryJobs({ id: String(job.attrs._id) })).jobs[0]
        expect(found).toMatchObject({ failCount: 0, failReason: 'try 2', lastFinishedAt: expect.any(Date) })
      })
    })

    it('a failing job waits longer before each retry, and ends up visible when there are no more', async () => {
      const { name } = jobOf()
      const agenda = await start()
      const tries: number[] = []
      agenda.define(
        name,
        async () => {
          tries.push(Date.now())
          throw new Error('store gone')
        },
        { backoff: backoffStrategies.exponential({ delay: 20, factor: 4, maxRetries: 3 }) },
      )
      await agenda.start()
      const job = await agenda.now(name, {})
      await vi.waitFor(() => expect(tries).toHaveLength(4), 10_000)
      await vi.waitFor(async () => {
        const { jobs } = await agenda.queryJobs({ id: String(job.attrs._id), state: 'failed' })
        expect(jobs[0]).toMatchObject({ failCount: 4, failReason: 'store gone', nextRunAt: null })
      }, 10_000)
      const waits = tries.slice(1).map((at, n) => at - (tries[n] ?? 0))
      for (const [n, least] of [20, 80, 320].entries()) expect(waits[n]).toBeGreaterThanOrEqual(least)
    })

    it('one that fails for good keeps failCount and failReason', async () => {
      const { name } = jobOf()
      const agenda = await start()
      agenda.define(name, async () => {
        throw new Error('disk full')
      })
      await agenda.start()
      const job = await agenda.now(name, {})
      await vi.waitFor(async () => {
        const found = (await agenda.queryJobs({ id: String(job.attrs._id) })).jobs[0]
        expect(found).toMatchObject({ state: 'failed', failCount: 1, failReason: 'disk full' })
      }, 10_000)
    })

    it('stopping unlocks what was locked ahead, for others to run', async () => {
      const { name } = jobOf()
      const first = await start()
      first.define(name, async () => {}, { concurrency: 1 })
      const job = await first.schedule(fromNow(400), name, {})
      await first.stop()
      const holder = await start({ processEvery: 60_000 })
      holder.define(name, async () => {})
      await holder.start()
      // The store has the lock a moment before Agenda knows of it.
      await vi.waitFor(async () => expect((await holder.getRunningStats()).lockedJobs).toBe(1))
      expect((await holder.queryJobs({ id: String(job.attrs._id) })).jobs[0]?.lockedAt).toBeDefined()
      await holder.stop()
      expect((await first.queryJobs({ id: String(job.attrs._id) })).jobs[0]?.lockedAt).toBeUndefined()
    })

    it('removeOnComplete and cancel leave no job behind', async () => {
      const { name } = jobOf()
      const agenda = await start()
      agenda.define(name, async () => {}, { removeOnComplete: true })
      const later = await agenda.schedule(fromNow(60 * MINUTE), name, {})
      await agenda.start()
      await agenda.now(name, {})
      await vi.waitFor(async () => expect((await agenda.queryJobs({ name })).total).toBe(1), 10_000)
      expect(await agenda.cancel({ id: String(later.attrs._id) })).toBe(1)
      expect((await agenda.queryJobs({ name })).total).toBe(0)
    })
  })
}
