/**
 * Between Agenda's jobs and rows. Agenda reads the system's time; rows carry our clock's (ruling 35), so dates are shifted by
 * the difference at this border. It is zero but in tests; an interval then runs by our clock, a cron expression is still
 * evaluated by Agenda on the system's calendar.
 */
import { randomUUID } from 'node:crypto'
import { type JobParameters, type RemoveJobsOptions, toJobId } from 'agenda'
import { jsonOf } from '../../agenda-jobs.ts'
import { StoreError } from '../../store-error.ts'
import type { JobFilter, UniqueQuery } from './agenda-filter.ts'
import type { JobDefinitionRow, JobRow, JobStateRow } from './agenda-rows.ts'
import type { JobToSave } from './agenda-save.ts'

/** @throws StoreError `bad-job` for data that JSON cannot carry, or an invalid date */
export function jobToSave(job: JobParameters, by: string | null, shift: number): JobToSave {
  const ms = millis(job.name, shift)
  const definition: JobDefinitionRow = {
    name: job.name,
    priority: job.priority,
    type: job.type,
    nextRunAt: ms(job.nextRunAt),
    repeatInterval: jsonOf(job.name, job.repeatInterval),
    repeatTimezone: job.repeatTimezone ?? null,
    repeatAt: job.repeatAt ?? null,
    startDate: ms(job.startDate),
    endDate: ms(job.endDate),
    skipDays: jsonOf(job.name, job.skipDays),
    data: jsonOf(job.name, job.data),
    fork: Number(job.fork ?? false),
    lastModifiedBy: by,
  }
  return {
    id: job._id ?? null,
    freshId: randomUUID(),
    job: definition,
    given: givenMembers(job, ms),
    unique: job.unique === undefined ? null : uniqueQuery(job, ms),
    insertOnly: job.uniqueOpts?.insertOnly ?? false,
    debounce: job.uniqueOpts?.debounce ?? null,
  }
}

function givenMembers(job: JobParameters, ms: Millis): JobToSave['given'] {
  return {
    ...(job.disabled !== undefined && { disabled: Number(job.disabled) }),
    ...(job.failedAt !== undefined && { failedAt: ms(job.failedAt) }),
    ...(job.failCount !== undefined && { failCount: job.failCount }),
    ...(job.failReason !== undefined && { failReason: job.failReason }),
    ...(job.lastRunAt !== undefined && { lastRunAt: ms(job.lastRunAt) }),
    ...(job.lastFinishedAt !== undefined && { lastFinishedAt: ms(job.lastFinishedAt) }),
  }
}

export function stateOf(job: JobParameters, shift: number): JobStateRow {
  const ms = millis(job.name, shift)
  return {
    lockedAt: ms(job.lockedAt),
    nextRunAt: ms(job.nextRunAt),
    lastRunAt: ms(job.lastRunAt),
    lastFinishedAt: ms(job.lastFinishedAt),
    failedAt: ms(job.failedAt),
    failCount: job.failCount ?? null,
    failReason: job.failReason ?? null,
    progress: job.progress ?? null,
  }
}

/** Absent members are absent, as in a job that was never stored. */
export function jobOf<Data = unknown>(row: JobRow, shift: number): JobParameters<Data> {
  const date = (at: number | null) => (at === null ? undefined : new Date(at - shift))
  const members = {
    lockedAt: date(row.lockedAt),
    lastRunAt: date(row.lastRunAt),
    lastFinishedAt: date(row.lastFinishedAt),
    failedAt: date(row.failedAt),
    startDate: date(row.startDate),
    endDate: date(row.endDate),
    debounceStartedAt: date(row.debounceStartedAt),
    failCount: row.failCount ?? undefined,
    failReason: row.failReason ?? undefined,
    repeatInterval: row.repeatInterval === null ? undefined : JSON.parse(row.repeatInterval),
    repeatTimezone: row.repeatTimezone ?? undefined,
    repeatAt: row.repeatAt ?? undefined,
    skipDays: row.skipDays === null ? undefined : JSON.parse(row.skipDays),
    progress: row.progress ?? undefined,
    fork: row.fork === 1 ? true : undefined,
    lastModifiedBy: row.lastModifiedBy ?? undefined,
  }
  return {
    ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)),
    _id: toJobId(row.id),
    name: row.name,
    priority: row.priority,
    type: row.type,
    nextRunAt: date(row.nextRunAt) ?? null,
    disabled: row.disabled === 1,
    data: (row.data === null ? undefined : JSON.parse(row.data)) as Data,
  }
}

type FilterOptions = RemoveJobsOptions

/** `id` goes before `ids`, `name` before `names`, as in Agenda's own backends. */
export function filterOf(options: FilterOptions): JobFilter {
  const ids = options.id === undefined ? options.ids : [options.id]
  const names = options.name === undefined ? options.names : [options.name]
  return {
    ...(ids && { ids: ids.map(String) }),
    ...(names && { names }),
    ...(options.notNames && { notNames: options.notNames }),
    ...(options.data !== undefined && { data: plain(options.data) }),
  }
}

function uniqueQuery(job: JobParameters, ms: Millis): UniqueQuery {
  const values = Object.entries(job.unique ?? {}).map(([path, value]) => {
    const isDate = value instanceof Date && !path.startsWith('data.')
    return [path, isDate ? ms(value) : plain(value)]
  })
  return Object.fromEntries(values)
}

type Millis = (date: Date | null | undefined) => number | null

function millis(name: string, shift: number): Millis {
  return (date) => {
    if (date === null || date === undefined) return null
    const at = new Date(date).getTime()
    if (Number.isNaN(at)) throw new StoreError('bad-job', `job «${name}» has a date that is none`)
    return at + shift
  }
}

/** As it is after being stored: dates as text, no undefined members. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? 'null')
}
