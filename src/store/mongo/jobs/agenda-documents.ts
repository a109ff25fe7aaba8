/**
 * Agenda's jobs as documents, in the layout of its own MongoDB backend, with a few members of ours. Agenda reads the
 * system's time; documents carry our clock's (ruling 35), so dates are shifted by the difference at this border. It is zero
 * but in tests.
 */
import { createHash } from 'node:crypto'
import { type JobParameters, toJobId } from 'agenda'
import type { Collection, Db, IndexDescription, ObjectId } from 'mongodb'
import { jsonOf } from '../../agenda-jobs.ts'
import type { Repeating } from '../../agenda-next-run.ts'
import { StoreError } from '../../store-error.ts'

type DateMember =
  | 'nextRunAt'
  | 'lockedAt'
  | 'lastRunAt'
  | 'lastFinishedAt'
  | 'failedAt'
  | 'startDate'
  | 'endDate'
  | 'debounceStartedAt'

const DATES: readonly DateMember[] = [
  'nextRunAt',
  'lockedAt',
  'lastRunAt',
  'lastFinishedAt',
  'failedAt',
  'startDate',
  'endDate',
  'debounceStartedAt',
]

type Kept = Omit<JobParameters, '_id' | 'unique' | 'uniqueOpts'>

export type JobDoc = { readonly [Member in keyof Kept]: Kept[Member] | null } & {
  readonly _id: ObjectId
  /** What it is the only one of: of its name, or of its `unique` query. */
  readonly only?: string
  /** Each locking has its own: a run whose lock has passed to another can save nothing any more (ruling 33). */
  readonly lockToken?: string
  /** Saved with a next run since it was locked. */
  readonly rescheduled?: boolean
}

export const JOBS = 'agenda_jobs'

export const JOB_COLLECTIONS = {
  [JOBS]: [
    { key: { name: 1, nextRunAt: 1, priority: -1 } },
    { key: { name: 1, lockedAt: 1 } },
    { key: { nextRunAt: 1 } },
    // Sparse, not partial: a job that is not the only one of anything has no such member.
    { key: { only: 1 }, unique: true, sparse: true },
  ],
} as const satisfies Readonly<Record<string, readonly IndexDescription[]>>

export function jobCollection(db: Db): Collection<JobDoc> {
  return db.collection(JOBS)
}

/** The dates of a job, moved; absent ones stay absent. @throws StoreError `bad-job` for a date that is none */
export function shifted<Job extends object>(job: Job, ms: number, name = ''): Job {
  const moved = DATES.flatMap((member) => {
    const date = (job as Partial<Record<DateMember, Date | null>>)[member]
    if (date === null || date === undefined) return []
    const at = new Date(date).getTime()
    if (Number.isNaN(at)) throw new StoreError('bad-job', `job «${name}» has a date that is none`)
    return [[member, new Date(at + ms)]]
  })
  return { ...job, ...Object.fromEntries(moved) }
}

/** Absent members are absent, as in a job that was never stored. */
export function jobOf({ _id, ...doc }: JobDoc, shift: number): JobParameters {
  const { only: _only, lockToken: _token, rescheduled: _rescheduled, nextRunAt, data, ...rest } = doc
  const present = Object.entries(rest).filter(([, value]) => value !== null && value !== undefined)
  const job = {
    ...Object.fromEntries(present),
    nextRunAt,
    data: data ?? undefined,
    disabled: doc.disabled ?? false,
  }
  return { ...shifted(job, -shift), _id: toJobId(_id.toHexString()) } as JobParameters
}

/** What a save gives in full each time. @throws StoreError `bad-job` for data that JSON cannot carry, or an invalid date */
export function definitionOf(job: JobParameters, by: string | null, shift: number) {
  const { name, priority, type, nextRunAt, startDate, endDate } = shifted(job, shift, job.name)
  const text = jsonOf(name, job.data)
  return {
    name,
    priority,
    type,
    nextRunAt: nextRunAt ?? null,
    repeatInterval: job.repeatInterval ?? null,
    repeatTimezone: job.repeatTimezone ?? null,
    repeatAt: job.repeatAt ?? null,
    startDate: startDate ?? null,
    endDate: endDate ?? null,
    skipDays: job.skipDays ?? null,
    fork: job.fork ?? null,
    data: text === null ? null : (JSON.parse(text) as unknown),
    lastModifiedBy: by,
  }
}

export type Definition = ReturnType<typeof definitionOf>

/** Only what was given: a save does not enable what somebody disabled, nor unlock what runs. */
export function givenMembers(job: JobParameters, shift: number): Partial<JobDoc> {
  const { disabled, failedAt, failCount, failReason, lastRunAt, lastFinishedAt } = shifted(
    job,
    shift,
    job.name,
  )
  const members = { disabled, failedAt, failCount, failReason, lastRunAt, lastFinishedAt }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** What running a job changes. */
export function stateOf(job: JobParameters, by: string | null, shift: number) {
  const { lockedAt, nextRunAt, lastRunAt, lastFinishedAt, failedAt } = shifted(job, shift, job.name)
  return {
    lockedAt: lockedAt ?? null,
    nextRunAt: nextRunAt ?? null,
    lastRunAt: lastRunAt ?? null,
    lastFinishedAt: lastFinishedAt ?? null,
    failedAt: failedAt ?? null,
    failCount: job.failCount ?? null,
    failReason: job.failReason ?? null,
    progress: job.progress ?? null,
    lastModifiedBy: by,
  }
}

/** What the job is the only one of; null for one of which there may be many. */
export function onlyOf({ type, name, unique }: JobParameters): string | null {
  if (type === 'single') return digestOf(['single', name])
  if (unique === undefined) return null
  const query = Object.entries(unique).sort(([a], [b]) => (a < b ? -1 : 1))
  return digestOf(['unique', name, query])
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url')
}

export function repeatingOf(job: Definition | JobDoc): Repeating {
  const text = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))
  return {
    nextRunAt: msOf(job.nextRunAt),
    repeatInterval: text(job.repeatInterval),
    repeatTimezone: job.repeatTimezone ?? null,
    repeatAt: job.repeatAt ?? null,
    startDate: msOf(job.startDate),
    endDate: msOf(job.endDate),
    skipDays: text(job.skipDays),
  }
}

export function msOf(date: Date | null | undefined): number | null {
  return date ? date.getTime() : null
}
