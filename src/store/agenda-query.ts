/** Listing jobs for people: states, order, pages and totals, as Agenda's own backends give them. */
import {
  computeJobState,
  type JobParameters,
  type JobsOverview,
  type JobsQueryOptions,
  type JobsResult,
  type JobsSort,
  type JobWithState,
} from 'agenda'

const NEWEST_FIRST: JobsSort = { nextRunAt: 'desc', lastRunAt: 'desc' }

/** @param now of the same time as the jobs' dates */
export function listJobs(jobs: readonly JobParameters[], options: JobsQueryOptions, now: Date): JobsResult {
  const { search, includeDisabled = true, state, skip = 0, limit = 0 } = options
  const found = jobs
    .filter((job) => includeDisabled || !job.disabled)
    .filter((job) => !search || job.name.toLowerCase().includes(search.toLowerCase()))
    .map((job) => ({ ...job, state: computeJobState(job, now) }) as JobWithState)
    .filter(
      (job) => state === undefined || (state === 'paused' ? job.disabled === true : job.state === state),
    )
    .sort(orderOf(options.sort ?? NEWEST_FIRST))
  return { jobs: found.slice(skip, limit > 0 ? skip + limit : undefined), total: found.length }
}

export function overviewOf(jobs: readonly JobParameters[], now: Date): JobsOverview[] {
  const byName = new Map<string, JobsOverview>()
  for (const job of [...jobs].sort((a, b) => compare(a.name, b.name))) {
    const overview = byName.get(job.name) ?? emptyOverview(job.name)
    byName.set(job.name, overview)
    overview.total++
    overview[computeJobState(job, now)]++
    if (job.disabled) overview.paused++
  }
  return [...byName.values()]
}

function emptyOverview(name: string): JobsOverview {
  return {
    name,
    total: 0,
    running: 0,
    scheduled: 0,
    queued: 0,
    completed: 0,
    failed: 0,
    repeating: 0,
    paused: 0,
  }
}

/** In the order in which the members of `sort` are given. */
function orderOf(sort: JobsSort): (a: JobWithState, b: JobWithState) => number {
  const by = Object.entries(sort) as [keyof JobsSort, 'asc' | 'desc'][]
  return (a, b) => {
    for (const [member, direction] of by) {
      const order = inOrder(sortable(a[member]), sortable(b[member]), direction)
      if (order !== 0) return order
    }
    return compare(a._id, b._id)
  }
}

type Sortable = string | number | undefined

/** A missing value comes last in both directions. */
function inOrder(a: Sortable, b: Sortable, direction: 'asc' | 'desc'): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return direction === 'asc' ? compare(a, b) : compare(b, a)
}

function sortable(value: unknown): Sortable {
  if (value === null || value === undefined) return undefined
  if (value instanceof Date) return value.getTime()
  return typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : Number(a > b)
}
