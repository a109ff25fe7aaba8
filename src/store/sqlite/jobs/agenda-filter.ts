/** Which jobs an Agenda filter means. A filter that names nothing means none: only purging takes all. */
import { isDeepStrictEqual } from 'node:util'
import type { Database } from '../database.ts'
import { JOB_COLUMNS, type JobRow } from './agenda-rows.ts'

export interface JobFilter {
  readonly ids?: readonly string[]
  readonly names?: readonly string[]
  readonly notNames?: readonly string[]
  /** Matches when the job's data contains it: every member of an object, in any depth. */
  readonly data?: unknown
}

/** The jobs that fit, by name and id where given; an empty list names no job. */
export function jobFinder(db: Database): (filter: JobFilter) => readonly JobRow[] {
  const byId = db.prepare<[string], JobRow>(`SELECT ${JOB_COLUMNS} FROM agenda_job WHERE id = ?`)
  const byName = db.prepare<[string], JobRow>(`SELECT ${JOB_COLUMNS} FROM agenda_job WHERE name = ?`)
  const all = db.prepare<[], JobRow>(`SELECT ${JOB_COLUMNS} FROM agenda_job`)
  const candidates = ({ ids, names }: JobFilter): readonly JobRow[] => {
    if (ids) return [...new Set(ids)].flatMap((id) => byId.all(id))
    if (names) return [...new Set(names)].flatMap((name) => byName.all(name))
    return all.all()
  }
  return (filter) => candidates(filter).filter((row) => fits(row, filter))
}

/** False when it names nothing; then nothing may be removed, enabled or disabled by it. */
export function namesSomething({ ids, names, notNames, data }: JobFilter): boolean {
  return ids !== undefined || names !== undefined || (notNames?.length ?? 0) > 0 || data !== undefined
}

function fits(row: JobRow, { names, notNames, data }: JobFilter): boolean {
  if (names && !names.includes(row.name)) return false
  if (notNames?.includes(row.name)) return false
  return data === undefined || contains(dataOf(row), data)
}

function dataOf({ data }: Pick<JobRow, 'data'>): unknown {
  return data === null ? undefined : JSON.parse(data)
}

function contains(actual: unknown, wanted: unknown): boolean {
  if (!isObject(wanted) || !isObject(actual)) return isDeepStrictEqual(actual, wanted)
  return Object.entries(wanted).every(([key, value]) => contains(actual[key], value))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Paths with values, e.g. `{'data.user': 7}`; values are plain JSON. */
export type UniqueQuery = Readonly<Record<string, unknown>>

/** The job of that name that a `unique` query means, if there is one. */
export function uniqueFinder(db: Database): (name: string, unique: UniqueQuery) => JobRow | undefined {
  const find = jobFinder(db)
  return (name, unique) =>
    find({ names: [name] }).find((row) => {
      const job = { ...row, data: dataOf(row) }
      return Object.entries(unique).every(([path, value]) => isDeepStrictEqual(at(job, path), value))
    })
}

function at(value: unknown, path: string): unknown {
  let found: unknown = value
  for (const step of path.split('.')) found = isObject(found) ? found[step] : undefined
  return found
}
