/** Saving a job: by id, as the only one of its name or of a `unique` query, or as a new one. */
import type { JobParameters } from 'agenda'
import { type Collection, type Filter, ObjectId, type UpdateFilter } from 'mongodb'
import { firstDebounce, keptNextRun, nextDebounce } from '../../agenda-next-run.ts'
import { isDuplicate, retried } from '../driver/writing.ts'
import {
  type Definition,
  definitionOf,
  givenMembers,
  type JobDoc,
  msOf,
  onlyOf,
  repeatingOf,
} from './agenda-documents.ts'

interface Saving {
  readonly job: JobParameters
  readonly definition: Definition
  readonly given: Partial<JobDoc>
  /** ms of our clock. */
  readonly now: number
}

type Times = Partial<Record<'nextRunAt' | 'debounceStartedAt', number | null>>

/** @returns null when it has an id and is gone: one that was removed meanwhile is not brought back */
export type SaveJob = (
  job: JobParameters,
  by: string | null,
  shift: number,
  now: number,
) => Promise<JobDoc | null>

export function createJobSaver(jobs: Collection<JobDoc>): SaveJob {
  /** Null when it changed since it was read. */
  const update = async (which: Partial<JobDoc>, { definition, given }: Saving, times: Times = {}) => {
    // The run that holds the lock will save its own next run; this one must survive it.
    const $set = { ...definition, ...given, ...datesOf(times), rescheduled: true }
    const change = { $set } as UpdateFilter<JobDoc>
    return retried(() => jobs.findOneAndUpdate(which as Filter<JobDoc>, change, { returnDocument: 'after' }))
  }
  /** Null when another one is what this is the only one of. */
  const insert = async ({ definition, given }: Saving, only: string | null, times: Times = {}) => {
    const _id = new ObjectId()
    const fresh = { ...definition, ...given, ...datesOf(times), lockedAt: null, ...(only && { only }) }
    try {
      await retried(() => jobs.insertOne({ _id, ...fresh } as JobDoc))
    } catch (error) {
      if (!isDuplicate(error)) throw error
      // Ours, if the answer to the first try was lost.
      return jobs.findOne({ _id })
    }
    return { _id, ...fresh } as JobDoc
  }
  const saveAgain = async (found: JobDoc, saving: Saving): Promise<JobDoc | null> => {
    const { insertOnly, debounce } = saving.job.uniqueOpts ?? {}
    if (insertOnly && !debounce) return found
    // Nobody else's save in between: their next run would be lost.
    const same = { _id: found._id, nextRunAt: found.nextRunAt }
    return update(same, saving, timesAgain(found, saving))
  }
  const saveOnly = async (saving: Saving, only: string): Promise<JobDoc> => {
    for (;;) {
      const found = await jobs.findOne({ only })
      const saved = found ? await saveAgain(found, saving) : await insert(saving, only, firstTimes(saving))
      if (saved) return saved
    }
  }
  return async (job, by, shift, now) => {
    const saving = { job, definition: definitionOf(job, by, shift), given: givenMembers(job, shift), now }
    if (job._id) return update({ _id: new ObjectId(String(job._id)), name: job.name }, saving)
    const only = onlyOf(job)
    return only === null ? insert(saving, null) : saveOnly(saving, only)
  }
}

function firstTimes({ job, definition, now }: Saving): Times {
  const debounce = job.type === 'single' ? undefined : job.uniqueOpts?.debounce
  return debounce ? firstDebounce({ nextRunAt: msOf(definition.nextRunAt) }, debounce, now) : {}
}

function timesAgain(found: JobDoc, { job, definition, now }: Saving): Times {
  if (job.type === 'single') return keptNextRun(repeatingOf(found), repeatingOf(definition), now)
  const debounce = job.uniqueOpts?.debounce
  if (!debounce) return {}
  const existing = { nextRunAt: msOf(found.nextRunAt), debounceStartedAt: msOf(found.debounceStartedAt) }
  return nextDebounce(existing, { nextRunAt: msOf(definition.nextRunAt) }, debounce, now)
}

function datesOf(times: Times): Partial<JobDoc> {
  const dates = Object.entries(times).map(([member, at]) => [member, at === null ? null : new Date(at)])
  return Object.fromEntries(dates)
}
